import Testing

@testable import Lab

@Suite struct PreflightTests {
  @Test("The available memory is read in bytes")
  func readsAvailableMemoryInBytes() {
    #expect(Lab.availableMemory(meminfo: "MemTotal: 9 kB\nMemAvailable:    2048 kB\n") == 2 << 20)
    #expect(Lab.availableMemory(meminfo: "MemTotal: 9 kB\n") == nil)
  }
}
