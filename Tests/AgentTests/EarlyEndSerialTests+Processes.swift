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

/// Process faults that another program ends.
extension EarlyEndSerialTests {
  /// The faults of processes that these tests end.
  static let endedOnProcess: Set = ["process.stop"]

  /// An act of another program on the process of a fault.
  enum ProcessHand: String, CaseIterable, Sendable {
    /// It continues the process.
    case resume
    /// It kills the process.
    case kill
    /// It restarts the unit, so another process replaces the process.
    case restart

    var shows: String {
      switch self {
      case .resume: "runs (state S)"
      case .kill, .restart: "is gone"
      }
    }
  }

  /// A host with a unit whose main process sleeps. Its systemd is a script.
  private struct UnitHost {
    let host: AgentHost
    let agent: AgentClient
    private let mark = "600.\(UInt32.random(in: 1...UInt32.max))"

    init(_ host: AgentHost) throws {
      self.host = host
      let cover = try host.start(["mount", "-t", "tmpfs", "tmpfs", "/usr/local/sbin"])
      try #require(try cover.exitCode() == 0)
      try DurableFile.makeFolder(host.path("/run/systemd"))
      try DurableFile.makeFolder(host.path("/run/systemd/system"))
      try withTemporaryFolder { folder in
        let script = """
          #!/bin/sh
          printf 'LoadState=loaded\\nActiveState=active\\nRestart=always\\nMainPID=%s\\n' "$(cat /run/unit.pid)"

          """
        // A host with systemd starts watchdogs as units.
        let starter = """
          #!/bin/sh
          while case $1 in --*) true ;; *) false ;; esac; do shift; done
          exec "$@"

          """
        for (name, text) in [("systemctl", script), ("systemd-run", starter)] {
          try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
          try installProgram("\(folder)/\(name)", at: host.path("/usr/local/sbin/\(name)"))
        }
      }
      agent = try host.agent()
      try start()
    }

    /// Starts the unit's process; returns once systemd shows it.
    func start() throws {
      _ = try host.start(["sh", "-c", "echo $$ > /run/unit.pid; exec sleep \(mark)"])
      try eventually("the unit's process sleeps") {
        try processes().count == 1 && state() == "S"
      }
    }

    private func processes() -> [Int32] { host.processes { $0 == ["sleep", mark] } }

    func identity() throws -> ProcessIdentity {
      try ProcessIdentity(pid: try #require(processes().first))
    }

    func state() throws -> Character? { try identity().state() }

    func inject(_ fault: String, _ words: [String: String] = [:]) throws {
      let site = TrialSite(
        host: .init(name: "falco", ssh: "falco", links: [:]), network: "internal",
        peer: .init(name: "excelsior", ssh: "excelsior", links: [:]))
      let step = Step(
        name: "step-1", trigger: .at(.zero), fault: fault, target: .host(.named("falco")),
        duration: .seconds(600),
        parameters: words.mapValues { .word($0) }.merging(["unit": .text("sleeper")]) { $1 })
      let order = try Catalogue.order(for: step, on: site.host, in: site.fleet)
      try agent.reply(
        to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(600))
      ).armed()
      try agent.reply(to: .inject(lease: "a1")).effective()
      try host.awaitEffect(of: "a1")
    }

    func perform(_ hand: ProcessHand, on process: ProcessIdentity) throws {
      _ = try process.signal(hand == .resume ? SIGCONT : SIGKILL)
      if hand == .restart {
        try eventually("the process is gone") { processes().isEmpty }
        try start()
      }
    }

    func status() throws -> LeaseStatus { try host.leases.status(of: try host.leases.read("a1")) }
  }

  private func onUnitHost(_ body: @escaping @Sendable (UnitHost) throws -> Void) async throws {
    try await inNetworkNamespace { try AgentHost.run { try body(try UnitHost($0)) } }
  }

  @Test(
    "If another program continues, kills or restarts a stopped process, this is reported at once, and the revert hits no other process",
    arguments: ProcessHand.allCases)
  func stopped(hand: ProcessHand) async throws {
    try await onUnitHost { bench in
      try bench.inject("process.stop")
      let process = try bench.identity()
      #expect(try process.state() == "T")
      try bench.perform(hand, on: process)
      guard case .ended("a1", let end) = try bench.agent.notice() else {
        throw NeverHappened("an end is reported")
      }
      #expect(end.cause == .others && end.reason.contains(hand.shows), "\(end.reason)")
      #expect(try #require(end.lastActive) <= end.firstEnded)
      // The process that runs now is not the one that was stopped.
      if hand == .restart { #expect(try bench.identity() != process) }
      let reply = try bench.agent.reply(to: .revert(lease: "a1"))
      guard case .reverted(let revert) = reply else { throw NeverHappened("it is reverted: \(reply)") }
      #expect(revert.lastObservation?.ended == end && revert.residue == [])
      if hand != .kill { #expect(try bench.state() == "S") }
      bench.agent.hangUp()
      #expect(try bench.agent.exitCode() == 0)
    }
  }

  @Test(
    "If the agent has died, the watchdog's last observation detects that another program ended the stop",
    arguments: ProcessHand.allCases)
  func stoppedUnobserved(hand: ProcessHand) async throws {
    try await onUnitHost { bench in
      try bench.inject("process.stop")
      let process = try bench.identity()
      let agent = try bench.host.process(of: bench.agent)
      try bench.host.stop(agent)
      try bench.perform(hand, on: process)
      kill(agent, SIGKILL)
      try eventually("the revert is noted") { try bench.status().revert != nil }
      let revert = try #require(try bench.status().revert)
      let end = try #require(revert.lastObservation?.ended)
      #expect(revert.cause == .watchdog && end.cause == .others && end.reason.contains(hand.shows))
      if hand != .kill { #expect(try bench.state() == "S") }
    }
  }

  @Test("If the unit of a killed process is restarted, the revert doesn't hit the new process")
  func killedAndRestarted() async throws {
    try await onUnitHost { bench in
      let process = try bench.identity()
      try bench.inject("process.kill", ["restart": "unit"])
      #expect(try process.state() == nil)
      try eventually("the process is gone") { try process.state() == nil }
      try bench.start()
      let reply = try bench.agent.reply(to: .revert(lease: "a1"))
      guard case .reverted(let revert) = reply else { throw NeverHappened("it is reverted: \(reply)") }
      #expect(revert.lastObservation?.ended == nil && revert.residue == [])
      #expect(try bench.state() == "S")
      bench.agent.hangUp()
      #expect(try bench.agent.exitCode() == 0)
    }
  }
}
