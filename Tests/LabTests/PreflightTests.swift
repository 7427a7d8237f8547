import Testing

@testable import Lab

@Suite struct PreflightTests {
  @Test func namesThePackageOfEachMissingProgram() {
    let lines = Lab.missingPrograms { !$0.hasSuffix("/tini") && !$0.hasSuffix("/virsh") }
    #expect(lines == ["no tini: apt-get install tini", "no virsh: apt-get install libvirt-clients"])
    #expect(Lab.missingPrograms { $0.hasPrefix("/usr/sbin/") || $0.hasPrefix("/usr/bin/") }.isEmpty)
  }

  @Test func readsAvailableMemoryInBytes() {
    #expect(Lab.availableMemory(meminfo: "MemTotal: 9 kB\nMemAvailable:    2048 kB\n") == 2 << 20)
    #expect(Lab.availableMemory(meminfo: "MemTotal: 9 kB\n") == nil)
  }
}
