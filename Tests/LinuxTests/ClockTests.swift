import Glibc
import Linux
import Testing

struct ClockTests {
  @Test("Clocks never go back, and CLOCK_BOOTTIME is not behind CLOCK_MONOTONIC")
  func clocksDoNotGoBack() {
    for clock in [Clock.monotonic, .boottime] {
      let first = clock.now
      #expect(clock.now >= first)
    }
    // Only one of them includes the time of a suspended machine.
    let monotonic = Clock.monotonic.now
    #expect(Clock.boottime.now >= monotonic)
  }

  @Test("A boot has an identity that doesn't change")
  func aBootIsKnownByItsIdentity() throws {
    let identity = try Clock.bootIdentity()
    #expect(identity.count == 36 && identity.split(separator: "-").count == 5)
    #expect(try Clock.bootIdentity() == identity)
  }

  @Test("A missing namespace, or one with another inode, isn't entered")
  func aNamespaceThatIsAnotherIsNotEntered() {
    func enter(_ path: String, inode: UInt64?) throws {
      try restart(inNetworkNamespace: path, inode: inode, marker: "MARK")
    }
    #expect(throws: SystemError("open", "/no/such/namespace", errno: ENOENT)) {
      try enter("/no/such/namespace", inode: nil)
    }
    #expect(throws: SystemError("open", "/proc/self/ns/net", errno: ESTALE)) {
      try enter("/proc/self/ns/net", inode: 1)
    }
  }
}
