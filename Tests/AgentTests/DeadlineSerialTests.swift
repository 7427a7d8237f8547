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
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct DeadlineSerialTests {
  /// Long enough to inject and to stop processes in, on a busy machine as well.
  private static let brief = Nanoseconds.seconds(5)

  @Test(arguments: HeldFault.all) func theDeadlineReverts(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held, duration: Self.brief) { rehearsal in
        // So that it is the agent that does it.
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        try rehearsal.host.stop(watchdog)
        let deadline = try rehearsal.host.leases.read("a1").deadline
        try rehearsal.expectHolds()
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

  @Test(arguments: HeldFault.all) func theWatchdogRevertsWhenTheAgentHangs(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held, duration: Self.brief) { rehearsal in
        let agent = try rehearsal.host.process(of: rehearsal.agent)
        try rehearsal.host.stop(agent)
        try rehearsal.expectHolds()
        #expect(try rehearsal.revert().cause == .watchdog)
        try rehearsal.expectReverted()
        // It wakes up, learns what happened, and says so.
        for pid in [agent, rehearsal.agent.pid] { kill(pid, SIGCONT) }
        let revert = try rehearsal.agent.notice().reverted("a1")
        #expect(revert.cause == .watchdog)
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
      }
    }
  }

  /// A fault that cuts the controller's own path outlives the path, to its deadline.
  @Test func theEndOfAPathThatIsCutRevertsNothing() async throws {
    try await inNetworkNamespace {
      let ssh = ["SSH_CONNECTION": "10.0.1.9 50000 10.0.1.1 22"]
      try Rehearsal.run(HeldFault.all[0], duration: Self.brief, environment: ssh) { rehearsal in
        // So that it is the agent that does it.
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        try rehearsal.host.stop(watchdog)
        rehearsal.agent.hangUp()
        try rehearsal.expectHolds()
        #expect(try rehearsal.revert().cause == .deadline)
        #expect(try rehearsal.agent.exitCode() == 0)
        kill(watchdog, SIGCONT)
      }
    }
  }

  /// A lease that is over before it is complete: its watchdog finds that at once, and what the agent makes after
  /// that must not stay either.
  @Test func aLeaseThatEndsWhileItIsTakenLeavesNothing() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        for number in 1...10 {
          // It takes longer than this to start a watchdog.
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
