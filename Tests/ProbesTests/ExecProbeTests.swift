import Glibc
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Probes

struct ExecProbeTests {
  private func exec(
    _ command: [String], every: Nanoseconds = .milliseconds(100), timeout: Nanoseconds = .seconds(1)
  ) -> Fleet.Probe {
    .init(
      name: "service", kind: .exec, target: command.joined(separator: " "), every: every, timeout: timeout,
      options: ["exec": .array(command.map { .string($0) })])
  }

  @Test(
    "The exit code of a program gives the result",
    arguments: [
      ("exit 0", "ok ok"), ("exit 1", "fail warning"), ("exit 2", "fail critical"),
      ("exit 3", "unknown unknown"), ("exit 4", "unknown exit-4"), ("kill -9 $$", "unknown signal-9"),
    ])
  func codes(_ script: String, _ expected: String) async throws {
    let samples = try await onOwnThread {
      try probe(exec(["sh", "-c", script], every: .seconds(2), timeout: .seconds(30)))
    }
    let seen = samples.filter { $0.status != "stopped" }.map { "\($0.verdict.rawValue) \($0.status)" }
    #expect(Set(seen) == [expected])
  }

  @Test("A program that can't be started gives an unknown sample")
  func missing() async throws {
    let samples = try await onOwnThread { try probe(exec(["/nonexistent/program"])) }
    #expect(samples.allSatisfy { $0.verdict == .unknown && $0.status == "unsent" })
  }

  @Test("A program that runs too long is killed with the processes that it started")
  func killed() async throws {
    let (samples, rest) = try await onOwnThread {
      let mark = "31.\(getpid())"
      let samples = try probe(
        exec(["sh", "-c", "sleep \(mark) & sleep \(mark)"], timeout: .milliseconds(300))
      ) { $0.count { $0.verdict == .fail } >= 2 }
      // The end of the probes kills the other processes too. The kernel may take a moment.
      var rest = "?"
      for _ in 0..<500 where !rest.isEmpty {
        rest = try ChildProcess.run(["pgrep", "-f", "^sleep \(mark)"]).outputText
        if !rest.isEmpty { usleep(10_000) }
      }
      return (samples, rest)
    }
    #expect(samples.contains { $0.verdict == .fail && $0.status == "timeout" })
    #expect(rest == "")
  }

  @Test("A probe that would need too many runs at the same time is refused before the start")
  func tooMany() {
    let probe = exec(["true"], every: .milliseconds(100), timeout: .seconds(2))
    #expect(Probes.problem(probe) != nil)
    #expect(throws: ProbeRefused.self) { try Prober([probe], trial: 1, origin: 0) { _ in } }
    #expect(Probes.problem(exec(["true"], every: .milliseconds(100), timeout: .milliseconds(1600))) == nil)
    #expect(Probes.problem(exec(["../true"])) != nil)
  }
}
