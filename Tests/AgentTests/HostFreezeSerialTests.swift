import AgentProtocol
import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent

/// `host.freeze` by the real agent, on a host with its own pid namespace. No test freezes the machine that runs it.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct HostFreezeSerialTests {
  /// A frozen host with one program that ran before, and one that was stopped before.
  private final class Frozen {
    let host: AgentHost
    let agent: AgentClient
    let runs: ProcessIdentity
    let stopped: ProcessIdentity

    init(_ host: AgentHost, for duration: Nanoseconds = .seconds(600)) throws {
      self.host = host
      agent = try host.agent()
      (runs, stopped) = (try Self.sleeper(on: host, "600"), try Self.sleeper(on: host, "601"))
      #expect(try stopped.signal(SIGSTOP))
      let stopped = stopped
      try eventually("it is stopped") { try stopped.state() == "T" }
      try agent.reply(
        to: .arm(lease: "a1", order: try order("host.freeze").spec, begins: .zero, duration: duration)
      ).armed()
      #expect(try runs.state() == "S")
      try agent.reply(to: .inject(lease: "a1")).effective()
      try host.awaitEffect(of: "a1")
      #expect(try runs.state() == "T")
    }

    private static func sleeper(on host: AgentHost, _ seconds: String) throws -> ProcessIdentity {
      _ = try host.start(["sleep", seconds])
      var found: Int32?
      try eventually("sleep \(seconds) runs") {
        found = host.processes { $0 == ["sleep", seconds] }.first
        return found != nil
      }
      return try ProcessIdentity(pid: try #require(found))
    }

    /// Expects that the program runs again, and that the one that was stopped before stays so.
    func expectThawed() throws {
      let (runs, stopped, host) = (runs, stopped, host)
      try eventually("the program continues") { try runs.state() == "S" }
      #expect(try stopped.state() == "T")
      try eventually("no process of the lease is left") {
        host.processes { $0.dropFirst().first == "perform" }.isEmpty
      }
      #expect(try runs.state() == "S")
      for process in [runs, stopped] { _ = try process.signal(SIGKILL) }
    }
  }

  /// What happens to the processes of a lease.
  enum Loss: CaseIterable, Sendable {
    case none, deadline, agentKilled, agentStopped, agentAndWatchdogKilled, all
  }

  @Test("All programs are stopped but Murphy's, and continue after any loss", arguments: Loss.allCases)
  func losses(loss: Loss) async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let isShort = [.deadline, .agentStopped].contains(loss)
        let frozen = try Frozen(host, for: isShort ? .seconds(3) : .seconds(600))
        let process = try host.process(of: frozen.agent)
        let watchdog = try host.watchdog(of: "a1")
        switch loss {
        case .none:
          guard case .reverted(let revert) = try frozen.agent.reply(to: .revert(lease: "a1")) else {
            throw NeverHappened("it is reverted")
          }
          #expect(revert.residue == [])
        case .deadline: break
        case .agentKilled: kill(process, SIGKILL)
        case .agentStopped: try host.stop(process)
        case .agentAndWatchdogKilled, .all:
          let performers = host.processes { $0.dropFirst().first == "perform" }
          try #require(performers.count == 1)
          let killed = [watchdog, process] + (loss == .all ? performers : [])
          for pid in killed { try host.stop(pid) }
          for pid in killed { kill(pid, SIGKILL) }
          if loss == .all {
            #expect(try frozen.runs.state() == "T")
            #expect(try host.recover().code == 0)
          }
        }
        try frozen.expectThawed()
        if loss == .agentStopped { kill(process, SIGCONT) }
        if [.none, .deadline, .agentStopped].contains(loss) { frozen.agent.hangUp() }
        try eventually("no process is left") { host.agents().isEmpty }
        #expect(try host.recover().code == 0)
      }
    }
  }

  @Test("A program that another one continues ends the fault early") func continued() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let frozen = try Frozen(host)
        let runs = frozen.runs
        #expect(try runs.signal(SIGCONT))
        // The fault's process may look for programs once more after the effect was seen, and stop it again.
        let continuing = Task.detached {
          while !Task.isCancelled {
            _ = try? runs.signal(SIGCONT)
            usleep(20_000)
          }
        }
        defer { continuing.cancel() }
        let notice = try frozen.agent.notice()
        guard case .ended("a1", let end) = notice else {
          throw NeverHappened("an end is reported: \(notice)")
        }
        #expect(end.cause == .others && end.reason.contains("runs (state "))
        _ = try frozen.agent.reply(to: .revert(lease: "a1"))
        try frozen.expectThawed()
        frozen.agent.hangUp()
      }
    }
  }
}
