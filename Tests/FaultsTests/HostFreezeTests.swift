import FoundationEssentials
import Glibc
import HostTesting
import Linux
import Scenario
import Testing

@testable import Faults

/// The values of `host.freeze`, without its acts: `HostFreezeSerialTests` has them, on a separate host.
struct HostFreezeTests {
  @Test("The plan shows what is stopped, and the policy must allow all processes") func words() throws {
    let fault = try order("host.freeze").fault
    #expect(fault.object == "all programs" && fault.footprint == [Resource(.process, "*")])
    #expect(fault.reversal == .restore && fault.undoing.contains("SIGCONT"))
    #expect(!fault.traits.cuts(ControlPath(links: ["eth0"], port: 22)))
    guard case .never = fault.kernelRevert else {
      Issue.record("the kernel reverts nothing")
      return
    }
    #expect(try fault.remarks(using: Instruments()).first?.contains("PID 1") == true)
  }

  @Test("A host that another lease has frozen is refused") func secondLease() throws {
    let order = try order("host.freeze")
    let undo = HostFreeze.Undo(
      process: LeaseProcess(of: "a1"), running: [], stopped: [], claim: "/nonexistent/a1")
    let bytes = try JSONEncoder().encode(undo)
    let instruments = Instruments()
    instruments.otherFaults = { [ActiveFault(order: order, undo: bytes)] }
    #expect(order.fault.missing(using: instruments).count == 1)
    // Without its claim, a revert continues nothing.
    try order.revert(bytes, using: instruments)
    #expect(try order.residue(bytes, using: instruments) == [])
  }
}
