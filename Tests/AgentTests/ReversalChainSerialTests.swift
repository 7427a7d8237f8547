import Leases
import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// The ways in which a fault is reverted without a deadline, whichever process dies, on the real kernel.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct ReversalChainSerialTests {
  @Test(arguments: HeldFault.all) func theControllerReverts(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        let revert = try rehearsal.agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.cause == .controller)
        try rehearsal.expectReverted()
        rehearsal.agent.hangUp()
      }
    }
  }

  @Test(arguments: HeldFault.all) func theEndOfTheControllerReverts(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
        #expect(try rehearsal.revert().cause == .stdin)
      }
    }
  }

  @Test(arguments: HeldFault.all) func theWatchdogRevertsWhenTheAgentDies(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        kill(try rehearsal.host.process(of: rehearsal.agent), SIGKILL)
        let revert = try rehearsal.revert()
        #expect(revert.cause == .watchdog && revert.lastObservation?.ended == nil)
        // It observed the effect before the undo: until then the fault was active.
        let effect = try #require(try rehearsal.status().effect)
        let last = try #require(revert.lastObservation?.lastActive)
        #expect(effect.at < last && last < revert.at)
        try rehearsal.expectReverted()
      }
    }
  }

  /// What an agent does by itself is done or never will be once it is dead: no process waits for it.
  @Test func theWatchdogDoesNotDoubtADeadAgentsOwnAct() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault(fault: "host.unplug", words: ["mode": "carrier"])) { rehearsal in
        let process = try rehearsal.host.process(of: rehearsal.agent)
        try rehearsal.host.stop(process)
        // As if it had died before it could note the effect.
        let log = rehearsal.host.leases.log("a1")
        try DurableFile.write(try WireCoding.line(LeaseHappening.injecting), to: log)
        let death = Nanoseconds(Clock.monotonic.now)
        kill(process, SIGKILL)
        let revert = try rehearsal.revert()
        #expect(revert.cause == .watchdog)
        // Doubt lasts for 35 s, and the end of a lease is noted after it.
        #expect(revert.at - death < .seconds(30))
      }
    }
  }

  @Test(arguments: HeldFault.all) func theAgentRevertsWhenTheWatchdogDies(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        kill(try rehearsal.host.watchdog(of: "a1"), SIGKILL)
        let revert = try rehearsal.agent.notice().reverted("a1")
        #expect(revert.cause == .agent && revert.residue == [])
        try rehearsal.expectReverted()
        rehearsal.agent.hangUp()
      }
    }
  }

  /// An agent that dies between arming and injecting leaves an inert table, and the watchdog takes it away.
  @Test func whatIsOnlyArmedIsTakenAwayToo() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault.all[1]) { rehearsal in
        let second = try order("firewall.lock")
        _ = try rehearsal.agent.reply(
          to: .arm(lease: "a2", order: try second.spec, begins: .seconds(60), duration: .seconds(60)))
        kill(try rehearsal.host.process(of: rehearsal.agent), SIGKILL)
        #expect(try rehearsal.revert().cause == .watchdog)
        try rehearsal.expectReverted()
      }
    }
  }

  /// A signal meant to end the agent is no reason to leave a fault.
  @Test func signalsDoNotEndTheAgent() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault.all[0]) { rehearsal in
        let agent = try rehearsal.host.process(of: rehearsal.agent)
        for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { kill(agent, signal) }
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        for signal in [SIGHUP, SIGINT, SIGPIPE] { kill(watchdog, signal) }
        try rehearsal.agent.reply(to: .clock).clock()
        try rehearsal.expectHolds()
        let revert = try rehearsal.agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.cause == .controller)
        rehearsal.agent.hangUp()
      }
    }
  }
}
