import Agent
import AgentProtocol
import Faults
import IsolatedHost
import Linux
import Scenario

/// The measurements, in sequence, on this machine's monotonic clock.
struct Bench {
  private let cases: [MeasuredFault]
  private let bare: BareCalls
  private let processes: ToolProcesses
  private let agents: [AgentSession]
  private var figures = Figures()

  /// Starts three agents on three hosts; the first host is this process's own.
  init() throws {
    cases = try MeasuredFault.all()
    bare = try BareCalls()
    processes = try ToolProcesses(bare)
    let anotherHost = [
      "unshare", "--net", "--mount", try programPath(), "faults", "--stage", FaultBench.Stage.host.rawValue,
    ]
    agents = [
      try AgentSession([try IsolatedHost.agent()], run: "bench"), try AgentSession(anotherHost, run: "bench"),
      try AgentSession(anotherHost, run: "bench"),
    ]
  }

  /// Performs all measurements.
  mutating func measure(count: Int) throws -> Figures {
    for round in 1...count {
      // The compared cases alternate, so that other load on the machine affects all alike.
      for fault in cases { try measureEffect(of: fault, round) }
      try bare.measure(into: &figures)
      try processes.measure(into: &figures)
      report("time to effect", round, of: count)
    }
    let times = max(1, count / 5)
    for round in 1...times {
      try measureSpread(of: cases[0], round)
      report("three hosts at once", round, of: times)
    }
    // The larger one of both kinds, links and tables.
    let leases = max(1, count / 10)
    for round in 1...leases {
      for fault in cases.prefix(2) { try measureLateness(of: fault, round) }
      report("reverts at the deadline", round, of: leases)
    }
    for agent in agents { try agent.end() }
    return figures
  }

  private mutating func measureEffect(of fault: MeasuredFault, _ round: Int) throws {
    let lease = "effect_\(fault.tag)_\(round)"
    let agent = agents[0]
    try agent.ask(.arm(lease: lease, order: try fault.order.spec, begins: .zero, duration: .seconds(60)))
    figures.add(
      .effect, fault.name, limit: fault.limit,
      try agent.effect(of: try agent.send(.inject(lease: lease))).took)
    try agent.ask(.revert(lease: lease))
    try agent.ask(.forget(lease: lease))
  }

  private mutating func measureSpread(of fault: MeasuredFault, _ round: Int) throws {
    let lease = "spread_\(round)"
    for agent in agents {
      try agent.ask(.arm(lease: lease, order: try fault.order.spec, begins: .zero, duration: .seconds(60)))
    }
    let asked = try agents.map { try $0.send(.inject(lease: lease)) }
    let effects = try zip(agents, asked).map { try $0.effect(of: $1).at }
    if let first = effects.min(), let last = effects.max() { figures.add(.spread, fault.name, last - first) }
    for agent in agents {
      try agent.ask(.revert(lease: lease))
      try agent.ask(.forget(lease: lease))
    }
  }

  private mutating func measureLateness(of fault: MeasuredFault, _ round: Int) throws {
    let lease = "late_\(fault.tag)_\(round)"
    let agent = agents[0]
    try agent.ask(
      .arm(lease: lease, order: try fault.order.spec, begins: .zero, duration: .milliseconds(300)))
    let deadline = try LeaseFolder.standard.read(lease).deadline
    try agent.ask(.inject(lease: lease))
    let revert = try agent.revert(of: lease)
    // Deadlines are on the clock that includes suspension of the machine; reverts are not.
    let suspended = Nanoseconds(Clock.boottime.now - Clock.monotonic.now)
    figures.add(.revert, fault.name, revert.at + suspended - deadline)
    try agent.ask(.forget(lease: lease))
  }

  private func report(_ what: String, _ round: Int, of count: Int) {
    if round == count || round % max(1, count / 10) == 0 {
      printToStandardError("\(what): \(round) of \(count)")
    }
  }
}
