import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// The ways in which a fault is reverted at its deadline, each with the other ways blocked.
///
/// If a test must show which process reverts a fault, the others are stopped: nothing here depends on which is faster.
///
/// They mostly wait for the deadline, so they run side by side in a separate process; see the Makefile's WAITING.
@Suite(
  .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct DeadlineSerialTests {
  /// Long enough to inject a fault and stop processes, also on a busy machine. The tests wait for it at the same time.
  static let brief = Nanoseconds.seconds(10)

  @Test("The agent reverts a fault at its deadline", arguments: HeldFault.all)
  func theDeadlineReverts(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held, duration: Self.brief) { rehearsal in
        // The watchdog is stopped, so the agent must revert the fault.
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        try rehearsal.host.stop(watchdog)
        let deadline = try rehearsal.host.leases.read("a1").deadline
        try rehearsal.expectHolds()
        rehearsal.turn.end()
        let revert = try rehearsal.agent.notice().reverted("a1")
        #expect(revert.cause == .deadline && revert.residue == [])
        // It was active until its deadline, and had no early end; the clocks differ by the time of suspension.
        let suspended = Nanoseconds(Clock.boottime.now - Clock.monotonic.now)
        #expect(revert.lastObservation?.ended == nil)
        #expect(try #require(revert.lastObservation?.lastActive) + suspended >= deadline - .milliseconds(1))
        try rehearsal.expectReverted()
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
        kill(watchdog, SIGCONT)
      }
    }
  }

  @Test("The watchdog reverts a fault at its deadline when the agent is stopped", arguments: HeldFault.all)
  func theWatchdogRevertsWhenTheAgentHangs(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held, duration: Self.brief) { rehearsal in
        let agent = try rehearsal.host.process(of: rehearsal.agent)
        try rehearsal.host.stop(agent)
        try rehearsal.expectHolds()
        rehearsal.turn.end()
        #expect(try rehearsal.revert().cause == .watchdog)
        try rehearsal.expectReverted()
        // The agent continues, reads the watchdog's revert, and reports it.
        for pid in [agent, rehearsal.agent.pid] { kill(pid, SIGCONT) }
        let revert = try rehearsal.agent.notice().reverted("a1")
        #expect(revert.cause == .watchdog)
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
      }
    }
  }

  @Test("A fault that cuts its own control path stays active until its deadline")
  func theEndOfAPathThatIsCutRevertsNothing() async throws {
    try await inNetworkNamespace {
      let ssh = ["SSH_CONNECTION": "10.0.1.9 50000 10.0.1.1 22"]
      try Rehearsal.run(HeldFault.all[0], duration: Self.brief, environment: ssh) { rehearsal in
        // The watchdog is stopped, so the agent must revert the fault.
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        try rehearsal.host.stop(watchdog)
        rehearsal.agent.hangUp()
        try rehearsal.expectHolds()
        rehearsal.turn.end()
        #expect(try rehearsal.revert().cause == .deadline)
        #expect(try rehearsal.agent.exitCode() == 0)
        kill(watchdog, SIGCONT)
      }
    }
  }

  /// The watchdog of such a lease ends it before its preparations are complete. Preparations that the agent makes
  /// afterwards must be removed too.
  @Test("A lease that ends while it is armed leaves no nft table")
  func aLeaseThatEndsWhileItIsTakenLeavesNothing() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        for number in 1...10 {
          // Starting a watchdog takes longer than this.
          _ = try agent.ask(
            .arm(
              lease: "a\(number)", order: try order("firewall.lock").spec, begins: .zero,
              duration: .milliseconds(2)))
        }
        try eventually("no nft table is left") { try nft.ruleset() == [] }
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
        #expect(try nft.ruleset() == [])
      }
    }
  }
}
