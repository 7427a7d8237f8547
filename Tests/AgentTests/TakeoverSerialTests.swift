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

/// Two controllers on one host, and one controller that connects twice.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct TakeoverSerialTests {
  private static let carrier = HeldFault.all[0]

  @Test("A second run is refused until the first has ended")
  func anotherRunWaitsForTheFirstToEnd() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(Self.carrier) { rehearsal in
        let other = try rehearsal.host.start([AgentHost.program])
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        // A session that was refused can't arm a lease either.
        let lock = try order("firewall.lock")
        #expect(
          try other.refusal(
            of: .arm(lease: "b1", order: try lock.spec, begins: .zero, duration: .seconds(60))
          ) == .noRun)
        try rehearsal.expectHolds()
        rehearsal.agent.hangUp()
        #expect(try rehearsal.agent.exitCode() == 0)
        // The record is of the first run, and reverted: no foreign lease.
        let welcome = try other.reply(to: .hello(run: "run-2")).welcome()
        #expect(welcome.foreignLeases.isEmpty)
        let statuses = try other.reply(to: .leases).leases()
        #expect(statuses.isEmpty)
        other.hangUp()
      }
    }
  }

  @Test("The next run gets the leases of a run that was killed, and can revert them")
  func foreignLeasesAreReported() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(Self.carrier) { rehearsal in
        let both = [
          try rehearsal.host.process(of: rehearsal.agent), try rehearsal.host.watchdog(of: "a1"),
        ]
        for pid in both { try rehearsal.host.stop(pid) }
        for pid in both { kill(pid, SIGKILL) }
        try eventually("no process is left") { rehearsal.host.agents().isEmpty }
        let other = try rehearsal.host.start([AgentHost.program])
        let welcome = try other.reply(to: .hello(run: "run-2")).welcome()
        #expect(welcome.foreignLeases.map(\.lease) == ["a1"])
        #expect(welcome.foreignLeases.first?.run == "run-1")
        #expect(welcome.foreignLeases.first?.object == "eth0, eth1 (carrier)")
        try rehearsal.expectHolds()
        // Any controller may revert it.
        let revert = try other.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.cause == .controller && revert.residue == [])
        try rehearsal.expectReverted()
        _ = try other.reply(to: .forget(lease: "a1"))
        other.hangUp()
        #expect(try other.exitCode() == 0)
      }
    }
  }

  /// A controller whose path was cut reconnects while the first session still has the cut.
  @Test("A second session of the same run is accepted while the first still has a lease")
  func theSameRunTakesOver() async throws {
    try await inNetworkNamespace {
      let ssh = ["SSH_CONNECTION": "10.0.1.9 50000 10.0.1.1 22"]
      try Rehearsal.run(Self.carrier, duration: .seconds(6), environment: ssh) { rehearsal in
        let second = try rehearsal.host.agent()
        guard case .leases(let statuses, isComplete: false) = try second.reply(to: .leases) else {
          throw NeverHappened("a list that the first session may still change")
        }
        #expect(statuses.map(\.lease) == ["a1"] && statuses.first?.revert == nil)
        // The first session keeps its lease until the lease ends.
        try rehearsal.expectHolds()
        try rehearsal.agent.notice().reverted("a1")
        #expect(try rehearsal.agent.exitCode() == 0)
        try rehearsal.expectReverted()
        // The second session now holds the host lock against other runs.
        guard case .leases(let after, isComplete: true) = try second.reply(to: .leases) else {
          throw NeverHappened("a complete list")
        }
        #expect(after.first?.revert?.residue == [])
        _ = try second.reply(to: .forget(lease: "a1"))
        let other = try rehearsal.host.start([AgentHost.program])
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        other.hangUp()
        second.hangUp()
        #expect(try second.exitCode() == 0)
      }
    }
  }

  /// The second session reverts a lease that the first session still has. The first must not undo it again, since
  /// another lease may use the link by then.
  @Test("A lease that the second session reverted is not undone again by the first")
  func whatTheSecondSessionRevertedStaysReverted() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(Self.carrier, duration: .seconds(600)) { rehearsal in
        let second = try rehearsal.host.agent()
        let revert = try second.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.cause == .controller && revert.residue == [])
        try rehearsal.expectReverted()
        // The same links.
        _ = try second.reply(
          to: .arm(
            lease: "b1", order: try order("host.unplug").spec, begins: .zero, duration: .seconds(600)))
        _ = try second.reply(to: .inject(lease: "b1"))
        try rehearsal.expectHolds()
        // The first session ends long before its deadline, so that the record can be deleted. It reports the lease as
        // reverted, without an earlier notice that another program ended it.
        let past = try rehearsal.agent.notice().reverted("a1")
        #expect(
          past == revert && revert.lastObservation?.lastActive != nil && revert.lastObservation?.ended == nil)
        #expect(try rehearsal.agent.exitCode() == 0)
        try eventually("the first's watchdog is gone") {
          rehearsal.host.agents { $0.contains("watch") && $0.contains("a1") }.isEmpty
        }
        try rehearsal.expectHolds()
        try second.reply(to: .revert(lease: "b1")).reverted()
        for lease in ["a1", "b1"] { _ = try second.reply(to: .forget(lease: lease)) }
        second.hangUp()
        #expect(try second.exitCode() == 0)
      }
    }
  }

  @Test("The end of a session also reverts leases that an earlier session of its run left active")
  func adoptedLeasesEndWithTheSession() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(Self.carrier) { rehearsal in
        let watchdog = try rehearsal.host.watchdog(of: "a1")
        let first = try rehearsal.host.process(of: rehearsal.agent)
        for pid in [watchdog, first] { try rehearsal.host.stop(pid) }
        for pid in [watchdog, first] { kill(pid, SIGKILL) }
        try eventually("no process is left") { rehearsal.host.agents().isEmpty }
        // An unreadable lease prevents no other revert.
        try rehearsal.host.write("{", to: "/var/lib/murphy/leases/a0.lease")
        let second = try rehearsal.host.start([AgentHost.program])
        #expect(try second.refusal(of: .hello(run: "run-1")).isOfUnreadableLease("a0"))
        try rehearsal.expectHolds()
        second.hangUp()
        #expect(try second.exitCode() == 0)
        try rehearsal.expectReverted()
        #expect(try rehearsal.revert().cause == .stdin)
        try DurableFile.remove(rehearsal.host.path("/var/lib/murphy/leases/a0.lease"))
      }
    }
  }
}
