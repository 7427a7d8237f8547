import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// The last ways in which a fault is reverted: the kernel's own timeouts, and recovery from disk. They run side by side, as
/// those of `DeadlineSerialTests` do.
@Suite(
  .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct DeathOfAllSerialTests {
  @Test(
    "When agent and watchdog die, the kernel removes set elements and recovery reverts the rest",
    arguments: HeldFault.all)
  func theKernelAndRecoveryRevertWhenAllDie(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held, duration: DeadlineSerialTests.brief) { rehearsal in
        let both = [
          try rehearsal.host.process(of: rehearsal.agent), try rehearsal.host.watchdog(of: "a1"),
        ]
        // Both are stopped first, since otherwise one would react to the death of the other.
        for pid in both { try rehearsal.host.stop(pid) }
        for pid in both { kill(pid, SIGKILL) }
        try rehearsal.expectHolds()
        rehearsal.turn.end()
        try eventually("no process is left") { rehearsal.host.agents().isEmpty }
        if held.isKernels {
          try rehearsal.expectAllPasses()
        } else {
          // No process is left that could revert it.
          try rehearsal.expectHolds()
        }
        #expect(try rehearsal.host.leases.status(of: try rehearsal.host.leases.read("a1")).revert == nil)
        let recovered = try rehearsal.host.recover()
        #expect(recovered.code == 0)
        try #require(recovered.results.count == 1, "\(recovered.results)")
        guard case .reverted(held.fault, _, run: "run-1", cause: .recover) = recovered.results[0] else {
          throw NeverHappened("the fault is reverted by recover: \(recovered.results)")
        }
        try rehearsal.expectReverted()
        #expect(try DurableFile.list(rehearsal.host.leases.path) == [])
      }
    }
  }
}
