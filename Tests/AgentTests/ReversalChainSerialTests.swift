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

/// The reverts of a fault before its deadline, with each process dying, on the real kernel.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct ReversalChainSerialTests {
  @Test("The controller's request reverts a fault", arguments: HeldFault.all)
  func theControllerReverts(held: HeldFault) async throws {
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

  @Test("The end of the agent's input reverts a fault", arguments: HeldFault.all)
  func theEndOfTheControllerReverts(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
        #expect(try rehearsal.revert().cause == .stdin)
      }
    }
  }

  @Test("The watchdog observes and reverts a fault when the agent dies", arguments: HeldFault.all)
  func theWatchdogRevertsWhenTheAgentDies(held: HeldFault) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(held) { rehearsal in
        try rehearsal.expectHolds()
        kill(try rehearsal.host.process(of: rehearsal.agent), SIGKILL)
        let revert = try rehearsal.revert()
        #expect(revert.cause == .watchdog && revert.lastObservation?.ended == nil)
        // The watchdog observed the effect before the undo: until then the fault was active.
        let effect = try #require(try rehearsal.status().effect)
        let last = try #require(revert.lastObservation?.lastActive)
        #expect(effect.at < last && last < revert.at)
        try rehearsal.expectReverted()
      }
    }
  }

  /// An act that an agent performs without a daemon can't happen after the agent's death, so no process waits for it.
  @Test("The watchdog doesn't repeat the undo of an act that only the dead agent performed")
  func theWatchdogDoesNotDoubtADeadAgentsOwnAct() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault.all[0]) { rehearsal in
        let process = try rehearsal.host.process(of: rehearsal.agent)
        try rehearsal.host.stop(process)
        // As if the agent had died before it could log the effect.
        let log = rehearsal.host.leases.log("a1")
        try DurableFile.write(try WireCoding.line(LeaseHappening.injecting), to: log)
        let death = Nanoseconds(Clock.monotonic.now)
        kill(process, SIGKILL)
        let revert = try rehearsal.revert()
        #expect(revert.cause == .watchdog)
        // Doubt lasts for 35 s, and the end of a lease is logged after it.
        #expect(revert.at - death < .seconds(30))
      }
    }
  }

  @Test("The agent reverts a fault when its watchdog dies", arguments: HeldFault.all)
  func theAgentRevertsWhenTheWatchdogDies(held: HeldFault) async throws {
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

  /// An agent that dies between arming and injecting leaves a table without effect, and the watchdog deletes it.
  @Test("The watchdog removes the nft table of a lease that was armed and never injected")
  func onlyArmed() async throws {
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

  /// These signals would end a program that doesn't handle them, and would leave the fault active.
  @Test("SIGHUP, SIGINT, SIGTERM and SIGPIPE don't end the agent")
  func signalsDoNotEndTheAgent() async throws {
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
