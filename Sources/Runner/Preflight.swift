import Agent
import Conductor
import Faults
import Journal
import Linux
import Scenario

/// Asks every host what a scenario would do there. Hosts are asked and nothing else: no lease, no lock that outlives
/// the question, no change.
public final class Preflight {
  private let scenario: Scenario
  private let fleet: Fleet
  private let seed: UInt64
  private let mailbox: Mailbox<(host: String, arrival: AgentConnection.Arrival)>
  private var warnings: [String] = []
  private var printed: [String: String] = [:]
  /// Why connections have ended, by host: nothing more is asked there.
  private var ended: [String: String] = [:]

  /// A question about a scenario.
  public init(scenario: Scenario, fleet: Fleet, seed: UInt64) throws(SystemError) {
    self.scenario = scenario
    self.fleet = fleet
    self.seed = seed
    mailbox = try Mailbox()
  }

  /// Asks, for at most 20 s.
  public func perform() throws -> PlanSheet {
    var sheet = PlanSheet(scenario: scenario.name, title: scenario.title)
    let budget = HostBudget(scenario, in: fleet)
    sheet.hosts = .init(taken: budget.taken, left: budget.left, quorum: budget.quorum)
    let once = scenario.steady.duration + budget.lasts
    sheet.time = .init(
      atLeast: (once + scenario.recovery.stable) * Int64(scenario.trials),
      atMost: (once + scenario.recovery.cap) * Int64(scenario.trials))
    if !budget.isKept, !scenario.beyondQuorum {
      sheet.refusals.append(
        "at most \(budget.taken) hosts are taken at once, which leaves \(budget.left); quorum is \(budget.quorum)"
      )
    }
    var connections: [String: AgentConnection] = [:]
    defer { for connection in connections.values { connection.finish() } }
    for host in fleet.hosts {
      let name = host.name
      let mailbox = mailbox
      connections[name] = try AgentConnection(to: host, configuration: fleet.sshConfig) {
        mailbox.post((name, $0))
      }
      try connections[name]?.send(.init(id: 1, request: .survey(volume: nil)))
    }
    var running: [String: Set<String>] = [:]
    let answers = try collect(from: Set(fleet.hosts.map(\.name)), id: 1)
    for host in fleet.hosts {
      switch answers[host.name] {
      case .success(.survey(_, let domains)): running[host.name] = Set(domains)
      case .failure(let reason): sheet.refusals.append("\(host.name): \(reason.text)")
      default: sheet.refusals.append("\(host.name): no answer over ssh \(host.ssh)")
      }
    }
    for host in running.keys { try connections[host]?.send(.init(id: 0, request: .admission)) }
    let admissions = try collect(from: Set(running.keys), id: 0)
    for host in fleet.hosts where running[host.name] != nil {
      switch admissions[host.name] {
      case .success(.admission(let refusals)): sheet.refusals += refusals.map { "\(host.name): \($0)" }
      case .failure(let reason): sheet.refusals.append("\(host.name): \(reason.text)")
      default: sheet.refusals.append("\(host.name): no answer over ssh \(host.ssh)")
      }
    }
    var random = SeededGenerator(seed: seed)
    for (index, step) in scenario.timeline.enumerated() {
      do throws(StepRefused) {
        let choice = try TargetChoice(step, in: fleet, running: running, using: &random)
        for (host, order) in choice.orders {
          sheet.steps.append(try planned(step, choice.how, host, order, 2 + index, connections[host]))
        }
      } catch {
        sheet.refusals.append("\(error)")
      }
    }
    sheet.remarks = fleet.hosts.compactMap { host in
      printed[host.name].map { "\(host.name): its login shell prints: \($0)" }
    }
    sheet.remarks += warnings
    for step in sheet.steps { sheet.refusals += step.missing.map { "\(step.step) on \(step.host): \($0)" } }
    return sheet
  }

  private func planned(
    _ step: Step, _ how: String, _ host: String, _ order: FaultOrder, _ id: Int,
    _ connection: AgentConnection?
  ) throws(StepRefused) -> PlanSheet.Step {
    var planned = PlanSheet.Step(
      step: step.name, fault: order.name, host: host, chosen: how, object: order.fault.object,
      begins: "\(step.trigger)", holds: step.duration, undoing: order.fault.undoing,
      withoutMurphy: order.fault.kernelLift.description)
    // Named already, as a refusal of the host's.
    if ended[host] != nil { return planned }
    do {
      try connection?.send(.init(id: id, request: .check(order, duration: step.duration)))
      switch try collect(from: [host], id: id)[host] {
      case .success(.checked(let cuts, let missing)):
        planned.cutsControlPath = cuts
        planned.missing = missing
      case .failure(let reason): planned.missing = [reason.text]
      default: planned.missing = ["no answer"]
      }
    } catch {
      planned.missing = ["\(error)"]
    }
    return planned
  }

  private struct Refusal: Error { var text: String }

  /// The replies with this number, from these hosts, as far as they come in time.
  private func collect(from hosts: Set<String>, id: Int) throws -> [String: Result<Reply, Refusal>] {
    var answers = ended.mapValues { Result<Reply, Refusal>.failure(Refusal(text: $0)) }
    let deadline = Clock.monotonic.now + 20_000_000_000
    while !hosts.isSubset(of: answers.keys), Clock.monotonic.now < deadline {
      mailbox.wait(nanoseconds: deadline - Clock.monotonic.now)
      for (host, arrival) in mailbox.take() {
        switch arrival {
        case .line(.reply(id, let reply)): answers[host] = .success(reply)
        case .line(.refusal(id, let reason)): answers[host] = .failure(Refusal(text: reason))
        case .line(.notice(.warning(let text))): warnings.append("\(host): \(text)")
        case .ended(let end):
          ended[host] = end.reason
          answers[host] = answers[host] ?? .failure(Refusal(text: end.reason))
        case .printed(let text): printed[host] = text
        case .line: break
        }
      }
    }
    return answers
  }
}
