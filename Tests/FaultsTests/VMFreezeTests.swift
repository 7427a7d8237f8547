import FoundationEssentials
import Glibc
import HostTesting
import Libvirt
import Linux
import Scenario
import Testing

@testable import Faults

/// `vm.freeze` without libvirt, and its undo on a process. The agent's tests use a real guest.
struct VMFreezeTests {
  private let nowhere = Instruments(hypervisorURI: "qemu+unix:///system?socket=/no/such/socket")

  @Test("A freeze is refused if libvirt doesn't answer", arguments: ["pause", "hang"])
  func withoutLibvirtItIsRefused(mode: String) throws {
    let freeze = try order("vm.freeze", ["mode": mode])
    let missing = freeze.fault.missing(using: nowhere)
    #expect(missing.count == 1)
    #expect(missing.first?.hasPrefix("domain guest: ") == true)
    #expect(throws: LibvirtError.self) { _ = try freeze.snapshot(for: "a1", using: nowhere) }
  }

  @Test("A libvirt that is too old is named")
  func aLibvirtThatIsTooOldIsNamed() {
    for (version, isTooOld) in [
      (Version(major: 0, minor: 9, release: 12), true), (HostRequirements.leastLibvirt, false),
      (Version(major: 9, minor: 0, release: 0), false),
    ] {
      let lines = HostRequirements.libvirt(version)
      #expect(lines == (isTooOld ? ["libvirt 0.9.12 is too old: 0.9.13 or later is needed"] : []))
    }
  }

  @Test("A pause doesn't count as reverted while libvirt doesn't answer")
  func withoutLibvirtAPauseStays() throws {
    let freeze = try order("vm.freeze")
    let undo = try JSONEncoder().encode(VMFreeze.Undo(uuid: UUID(), name: "guest"))
    #expect(throws: LibvirtError.self) { try freeze.revert(undo, using: nowhere) }
    #expect(throws: LibvirtError.self) { _ = try freeze.residue(undo, using: nowhere) }
  }

  @Test("A hang is reverted while libvirt doesn't answer")
  func aHangIsRevertedWithoutLibvirt() throws {
    let freeze = try order("vm.freeze", ["mode": "hang"])
    let child = try ChildProcess(["/bin/sleep", "600"])
    let pid = child.pid
    defer { child.kill() }
    let process = child.identity
    let undo = try JSONEncoder().encode(VMFreeze.Undo(uuid: UUID(), name: "guest", process: process))
    let trigger = try freeze.trigger(undo, for: "a1", using: nowhere)
    #expect(try trigger.effect().evidence == nil)
    #expect(try freeze.residue(undo, using: nowhere) == [])

    try trigger.inject(.seconds(600))
    try eventually("its effect is seen") { try trigger.effect().evidence != nil }
    #expect(try freeze.residue(undo, using: nowhere) == ["QEMU's process \(pid) of guest is stopped"])

    // Something else has stopped it, as far as a second lease can see.
    #expect(throws: ProcessStopped(pid: pid, name: "guest")) { try trigger.inject(.seconds(600)) }
    let other = Instruments()
    other.otherFaults = { [ActiveFault(order: freeze, undo: undo)] }
    try freeze.revert(undo, using: other)
    #expect(try process.state() == "T" && freeze.residue(undo, using: other) == [])

    for _ in 0..<2 { try freeze.revert(undo, using: nowhere) }
    try eventually("it continues") { try freeze.residue(undo, using: nowhere) == [] }
    #expect(try trigger.effect().evidence == nil)
  }

  @Test("A process that has a reused process id is not frozen")
  func aProcessWithTheSameIdIsNotFrozen() throws {
    let freeze = try order("vm.freeze", ["mode": "hang"])
    var process = try ProcessIdentity(pid: getpid())
    process.started += 1
    let undo = try JSONEncoder().encode(VMFreeze.Undo(uuid: UUID(), name: "guest", process: process))
    #expect(throws: DomainNotRunning(name: "guest", state: "gone")) {
      try freeze.trigger(undo, for: "a1", using: nowhere).inject(.seconds(600))
    }
    try freeze.revert(undo, using: nowhere)
    #expect(try freeze.residue(undo, using: nowhere) == [])
  }
}
