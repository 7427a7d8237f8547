import Journal
import Scenario

/// Whether a run may begin. `murphy plan` and `murphy run` use this one rule.
///
/// It collects the answers of hosts and views, and lists all reasons against the run.
package struct Admission: Sendable {
  /// A question to a host: what would a step's fault cut there, and what does the host lack for it?
  package struct Check: Sendable {
    /// The step, with a named host as its target.
    package var step: Step
    package var host: String
    package var assignment: Assignment
  }

  private struct Question: Hashable {
    var step: String
    var host: String
  }

  private let scenario: Scenario
  private let fleet: Fleet
  private let catalogue: FaultCatalogue
  private let draws: TrialDraws
  /// For each host, the hosts of the fleet through which ssh reaches it. Hosts that ssh reaches directly aren't listed.
  package let reachedThrough: [String: [String]]
  /// Hosts that have answered.
  private(set) var answering: Set<String> = []
  private var hostReasons: [String: [String]] = [:]
  private var otherReasons: [String] = []
  /// Steps without a possible target.
  private var stepReasons: [String: [String]] = [:]
  private var missing: [Question: [String]] = [:]
  private var cuts: [Question: Bool] = [:]
  /// The number of awaited answers. For a step that may hit any of several hosts, the controller is asked for each
  /// host.
  private var asked: [Question: Int] = [:]
  /// The sites that may have leases: the hosts, and the controller if a step needs it.
  package let sites: [String]

  /// How long a host may take to answer at the start.
  package static let connectPatience = Nanoseconds.seconds(20)
  /// How long after the start a host may take for survey and checks, if all hosts are connected at once.
  private static let preparePatience = Nanoseconds.seconds(60)
  /// The number of hosts that are connected at once at the start.
  package static let mostDials = 32
  /// How long after the start all hosts must have answered: enough for each of them to have its turn.
  package let connectPatience: Nanoseconds
  /// How long after the start hosts may take for survey and checks.
  package let preparePatience: Nanoseconds

  /// The admission of a run that has asked no question yet.
  ///
  /// - Parameters:
  ///   - draws: decides every choice that the scenario leaves open.
  ///   - reachedThrough: for each host, the hosts of the fleet through which ssh reaches it.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, draws: TrialDraws,
    reachedThrough: [String: [String]]
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.catalogue = catalogue
    self.draws = draws
    self.reachedThrough = reachedThrough
    let needsController = scenario.timeline.contains { step in
      step.possibleAssignments(in: fleet, of: catalogue).contains { $0.site == .controller }
    }
    sites = fleet.hosts.map(\.name) + (needsController ? [Site.controller.name] : [])
    let turns = max(1, (sites.count + Self.mostDials - 1) / Self.mostDials)
    connectPatience = Self.connectPatience * Int64(turns)
    preparePatience = Self.preparePatience + connectPatience - Self.connectPatience
  }

  // MARK: Hosts

  /// A host has answered.
  package mutating func take(answerOf host: String) { answering.insert(host) }

  /// Records that a host refuses the run, or can't be reached.
  package mutating func take(refusal: String, of host: String) {
    hostReasons[host, default: []].append(refusal)
  }

  /// Records a reason that concerns no single host or step.
  package mutating func refuse(_ reason: String) { otherReasons.append(reason) }

  /// Refuses hosts that have neither answered nor refused.
  package mutating func refuseSilentHosts() {
    for host in fleet.hosts where !answering.contains(host.name) && hostReasons[host.name] == nil {
      take(refusal: "no answer within \(connectPatience) over ssh \(host.ssh)", of: host.name)
    }
    let controller = Site.controller.name
    if sites.contains(controller), !answering.contains(controller), hostReasons[controller] == nil {
      take(refusal: "no answer from the murphy-agent here within \(connectPatience)", of: controller)
    }
  }

  /// Refuses a host whose survey hasn't arrived.
  package mutating func refuseUnsurveyed(_ host: String) {
    take(refusal: "no answer to its survey within \(preparePatience)", of: host)
  }

  // MARK: Steps

  /// The target of a step in a trial.
  ///
  /// - Parameter running: the domains that each host runs, according to its libvirt.
  /// - Throws: `StepRefused` if no target is possible.
  package func choice(
    of step: Step, trial: Int, running: [String: Set<String>]
  ) throws(StepRefused) -> TargetChoice {
    let index = scenario.timeline.firstIndex { $0.name == step.name } ?? 0
    return try TargetChoice(step, in: fleet, of: catalogue, running: running) { hosts in
      draws.host(ofStep: index, in: trial, among: hosts)
    }
  }

  /// The questions to ask before the first fault: each step on every host that it may hit, as far as hosts answer.
  package mutating func checks(running: [String: Set<String>]) -> [Check] {
    var checks: [Check] = []
    for step in scenario.timeline {
      for candidate in step.candidates(in: fleet, of: catalogue) {
        do throws(StepRefused) {
          let choice = try choice(of: candidate, trial: 1, running: running)
          for assignment in choice.assignments where answering.contains(assignment.site.name) {
            asked[Question(step: step.name, host: assignment.site.name), default: 0] += 1
            checks.append(Check(step: candidate, host: assignment.site.name, assignment: assignment))
          }
        } catch {
          // The domains of a host that doesn't answer are unknown. That host is already named as a reason.
          if answering.isSuperset(of: fleet.hosts.map(\.name)) || !candidate.asksWhereDomainsRun {
            stepReasons[step.name, default: []].append("\(error)")
          }
        }
      }
    }
    return checks
  }

  /// Files that a host must be able to read.
  package struct FileCheck: Sendable {
    package var probe: String
    package var host: String
    package var paths: [String]
  }

  /// The questions about the files with the records of the scenario's probes.
  package mutating func fileChecks() -> [FileCheck] {
    var checks: [FileCheck] = []
    for probe in recordProbes {
      let places = fleet.probe(probe)?.recordPlaces ?? []
      for host in fleet.hosts.map(\.name) where answering.contains(host) {
        let paths = places.filter { $0.host == host }.compactMap(\.path)
        if paths.isEmpty { continue }
        asked[Question(step: probe, host: host), default: 0] += 1
        checks.append(FileCheck(probe: probe, host: host, paths: paths))
      }
    }
    return checks
  }

  private var recordProbes: [String] {
    scenario.steady.probes.filter { fleet.probe($0)?.kind == .append }
  }

  /// Takes a host's answer to a check.
  package mutating func take(
    check step: String, on host: String, cutsControlPath: Bool, missing lines: [String]
  ) {
    let question = Question(step: step, host: host)
    if let left = asked[question] { asked[question] = left > 1 ? left - 1 : nil }
    cuts[question] = cutsControlPath || cuts[question] == true
    missing[question, default: []] += lines
  }

  /// Whether answers to checks are awaited.
  package var isChecking: Bool { !asked.isEmpty }

  /// Refuses the questions that were not answered.
  package mutating func refuseUnchecked() {
    for question in asked.keys {
      asked[question] = nil
      take(
        check: question.step, on: question.host, cutsControlPath: true,
        missing: ["no answer to its check within \(preparePatience)"])
    }
  }

  /// Whether a step's fault cuts the control path to its host; nil if that question wasn't asked.
  package func cutsControlPath(_ step: String, on host: String) -> Bool? {
    cuts[Question(step: step, host: host)]
  }

  /// What a host lacks for a step.
  package func missing(_ step: String, on host: String) -> [String] {
    missing[Question(step: step, host: host)] ?? []
  }

  // MARK: Reasons

  /// All reasons against the run that are known before its baseline: those of the file, then those of hosts in the
  /// fleet's order, then those of steps in the timeline's order.
  package var refusals: [String] {
    func lacking(_ name: String) -> [String] {
      sites.flatMap { site in
        (missing[Question(step: name, host: site)] ?? []).map { "\(name) on \(site): \($0)" }
      }
    }
    let steps =
      scenario.timeline.flatMap { (stepReasons[$0.name] ?? []) + lacking($0.name) }
      + recordProbes.flatMap(lacking)
    let hosts = sites.flatMap { site in (hostReasons[site] ?? []).map { "\(site): \($0)" } }
    return quorumByFile + hosts + otherReasons + steps + unreachableLeases
  }

  private var quorumByFile: [String] {
    let budget = HostBudget(scenario, in: fleet, of: catalogue)
    if budget.isKept || scenario.beyondQuorum { return [] }
    let reason = RunReason.tooManyHosts(
      taken: budget.taken, of: fleet.hosts.count, left: budget.left, quorum: budget.quorum)
    return ["\(reason)"]
  }

  /// Leases that could not be armed, because another step has cut the path to their host by then.
  private var unreachableLeases: [String] {
    scenario.timeline.flatMap { step -> [String] in
      guard case .at(let due) = step.trigger else { return [] }
      return scenario.timeline.flatMap { other -> [String] in
        guard case .at(let start) = other.trigger, start < due, due < start + other.duration else {
          return []
        }
        let cuts = namedAssignments(of: other).flatMap { assignment -> [String] in
          // A host without power has no agent.
          if assignment.site == .controller { return assignment.takes.sorted() }
          return cutsControlPath(other.name, on: assignment.site.name) == true ? [assignment.site.name] : []
        }
        return namedAssignments(of: step).map(\.site.name).flatMap { host in
          cuts.filter { $0 == host || reachedThrough[host]?.contains($0) == true }.map { cut in
            let reason = RunReason.cutOff(
              step: step.name, host: host, due: due, by: other.name, cut: cut,
              during: start..<start + other.duration)
            return "\(reason)"
          }
        }
      }
    }
  }

  /// A step's leases, if the scenario names their targets.
  private func namedAssignments(of step: Step) -> [Assignment] {
    let host = step.namedHost.flatMap { fleet.host($0) }
    if case .sides = step.target {} else if host == nil { return [] }
    do throws(StepRefused) {
      return try catalogue.assignments(for: step, on: host, in: fleet)
    } catch {
      // The step's choice of its target has this reason too.
      return []
    }
  }

  /// The reasons why the platform isn't healthy before the first fault, from every source except the probes.
  ///
  /// - Parameter silent: hosts that have stopped answering.
  package func baseline(_ views: PlatformViews, silent: [String], broken: BrokenHosts) -> [String] {
    scenario.steady.views.compactMap { views.unwell($0) } + silent.map { "\($0): no answer" }
      + (quorumLoss(beside: broken).map { [$0] } ?? []) + views.unknownObjects(of: scenario)
  }

  /// The text with which a reason of the baseline refuses the run.
  package static func refusal(ofBaseline reason: String) -> String { "\(RunReason.baseline(reason))" }

  /// Why the scenario would lose quorum, given the hosts that are already down; nil if it keeps quorum, or may lose it.
  private func quorumLoss(beside broken: BrokenHosts) -> String? {
    if scenario.beyondQuorum || broken.isEmpty { return nil }
    let budget = HostBudget(
      scenario, in: fleet, of: catalogue, broken: Set(broken.named.keys), others: broken.others.count)
    if budget.isKept, budget.taken == 0 || broken.withoutQuorum.isEmpty { return nil }
    let reason = RunReason.tooManyHostsBeside(
      broken: "\(broken)", taken: budget.taken, of: fleet.hosts.count, left: budget.left,
      quorum: budget.quorum)
    return "\(reason)"
  }
}
