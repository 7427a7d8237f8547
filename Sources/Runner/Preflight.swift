import AgentProtocol
import Conductor
import Journal
import Linux
import Probes
import Scenario
import Views

/// Asks every host what a scenario would do there, and queries each view. Hosts only answer questions: they get no
/// lease, no lock that outlives a question, and no change.
///
/// The same `Admission` as in a run decides whether a run would begin.
package final class Preflight {
  private struct Question: Hashable {
    var host: String
    var id: Int
  }

  private enum Answer {
    case reply(Reply)
    /// The agent refuses, or its connection ended, for this reason.
    case refusal(String)
  }

  private let scenario: Scenario
  private let fleet: Fleet
  private let catalogue: FaultCatalogue
  private let seed: UInt64
  private let draws: TrialDraws
  private let mailbox: Mailbox<(host: String, arrival: AgentConnection.Arrival)>
  private var connections: [String: AgentConnection] = [:]
  /// The hosts that are not connected yet, and the questions that wait for that.
  private var unconnected: ArraySlice<Fleet.Host>
  private var queued: [String: [RequestLine]] = [:]
  /// The hosts whose connections are being made.
  private var connecting: Set<String> = []
  private var answers: [Question: Answer] = [:]
  private var ended: [String: String] = [:]
  private var nextID = 0
  private var warnings: [String] = []
  /// The hosts' answers about the control path, by step and host.
  private var cutsControlPath: [String: [String: Bool]] = [:]

  /// A question about a scenario.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, seed: UInt64, trialsPerTarget: Int = 1
  ) throws(SystemError) {
    self.scenario = scenario
    self.fleet = fleet
    self.catalogue = catalogue
    self.seed = seed
    draws = TrialDraws(seed: seed, trialsPerTarget: trialsPerTarget)
    unconnected = fleet.hosts[...]
    mailbox = try Mailbox()
  }

  /// Collects the answers, for at most `Admission`'s `preparePatience`.
  package func perform() throws -> PlanSheet {
    defer { for connection in connections.values { connection.finish() } }
    let start = Clock.monotonic.now
    var admission = Admission(
      scenario: scenario, fleet: fleet, catalogue: catalogue, draws: draws,
      reachedThrough: try JumpHosts.ask(fleet))
    let end = start + admission.preparePatience.count
    let hosts = fleet.hosts.map(\.name)
    let controller = Site.controller.name
    if admission.sites.contains(controller) {
      let mailbox = mailbox
      do throws(SystemError) {
        connections[controller] = try AgentConnection(toController: fleet.controller ?? .standard) {
          mailbox.post((controller, $0))
        }
      } catch {
        admission.take(refusal: "\(error)", of: controller)
      }
    }
    let sites = admission.sites.filter { $0 != controller || connections[controller] != nil }
    let admissions = try sites.map { try ask($0, .admission) }
    let surveys = try hosts.map { try ask($0, .survey(views: [])) }
    try wait(for: admissions, until: start + admission.connectPatience.count)
    for question in admissions { take(admission: question, &admission) }
    admission.refuseSilentHosts()

    let answered = Set(admissions.filter(hasReply).map(\.host))
    let answering = surveys.filter { answers[$0] != nil || answered.contains($0.host) }
    try wait(for: answering, until: end)
    var running: [String: Set<String>] = [:]
    for question in answering {
      switch answers[question] {
      case .reply(.survey(_, let domains)): running[question.host] = Set(domains)
      case .refusal(let reason): admission.take(refusal: reason, of: question.host)
      default: admission.refuseUnsurveyed(question.host)
      }
    }

    let checks = admission.checks(running: running)
    let asked = try checks.map { try ask($0.host, .check($0.assignment.spec, duration: $0.step.duration)) }
    let fileChecks = admission.fileChecks()
    let fileQuestions = try fileChecks.map { try ask($0.host, .checkFiles(paths: $0.paths)) }
    let queries = try askViews(of: hosts.filter { running[$0] != nil }, running)
    try wait(for: asked + fileQuestions + queries.map(\.question), until: end)
    for (check, question) in zip(checks, asked) { take(check, answers[question], &admission) }
    for (check, question) in zip(fileChecks, fileQuestions) { take(check, answers[question], &admission) }
    admission.refuseUnchecked()

    var sheet = PlanSheet(scenario: scenario.name, title: scenario.title, seed: seed)
    countHostsAndTime(&sheet)
    sheet.refusals = admission.refusals
    if !running.isEmpty { sheet.refusals += baseline(queries, admission) }
    for step in scenario.timeline {
      do throws(StepRefused) {
        let choice = try admission.choice(of: step, trial: 1, running: running)
        for assignment in choice.assignments {
          sheet.steps.append(planned(step, choice.how, assignment, admission, running))
        }
      } catch {
        // The refusals already have this reason.
        continue
      }
    }
    sheet.warnings = warnings
    return sheet
  }

  // MARK: Questions

  private func ask(_ host: String, _ request: Request) throws -> Question {
    nextID += 1
    let line = RequestLine(id: nextID, request: request)
    if let connection = connections[host] {
      try connection.send(line)
    } else {
      queued[host, default: []].append(line)
    }
    return Question(host: host, id: nextID)
  }

  /// Connects further hosts, as far as not too many connections are being made.
  private func connect() throws {
    while connecting.count < Admission.mostDials, let host = unconnected.popFirst() {
      let name = host.name
      let mailbox = mailbox
      let connection = try AgentConnection(to: host, configuration: fleet.sshConfig) {
        mailbox.post((name, $0))
      }
      connections[name] = connection
      connecting.insert(name)
      for line in queued.removeValue(forKey: name) ?? [] { try connection.send(line) }
    }
  }

  /// Waits until all questions are answered or the time is over.
  private func wait(for questions: [Question], until deadline: Int64) throws {
    var open = Set(questions.filter { answers[$0] == nil && ended[$0.host] == nil })
    while !open.isEmpty, Clock.monotonic.now < deadline {
      try connect()
      mailbox.wait(nanoseconds: deadline - Clock.monotonic.now)
      for (host, arrival) in mailbox.take() {
        connecting.remove(host)
        switch arrival {
        case .line(.reply(let id, let reply)):
          answers[Question(host: host, id: id)] = .reply(reply)
          open.remove(Question(host: host, id: id))
        case .line(.refusal(let id, let refusal)):
          answers[Question(host: host, id: id)] = .refusal("\(refusal)")
          open.remove(Question(host: host, id: id))
        case .line(.notice(.warning(let text))):
          // Several steps on one host have the same warning.
          if !warnings.contains("\(host): \(text)") { warnings.append("\(host): \(text)") }
        case .line(let line):
          if let difference = line.versionDifference { warnings.append("\(host): \(difference)") }
        case .printed(let text): warnings.append("\(host): its login shell prints: \(text)")
        case .ended(let end):
          ended[host] = end.reason
          open = open.filter { $0.host != host }
        }
      }
    }
    for question in questions where answers[question] == nil {
      if let reason = ended[question.host] { answers[question] = .refusal(reason) }
    }
  }

  private func hasReply(_ question: Question) -> Bool {
    if case .reply = answers[question] { true } else { false }
  }

  private func take(admission question: Question, _ admission: inout Admission) {
    switch answers[question] {
    case .reply(.admission(let refusals)):
      admission.take(answerOf: question.host)
      for refusal in refusals { admission.take(refusal: "\(refusal)", of: question.host) }
    case .refusal(let reason): admission.take(refusal: reason, of: question.host)
    case .reply, nil: break
    }
  }

  private func take(_ check: Admission.Check, _ answer: Answer?, _ admission: inout Admission) {
    let (cuts, missing): (Bool, [String])
    switch answer {
    case .reply(.checked(let answered, let lines)):
      (cuts, missing) = (answered, lines)
      cutsControlPath[check.step.name, default: [:]][check.host] = answered
    case .refusal(let reason): (cuts, missing) = (true, [reason])
    case .reply, nil: return
    }
    admission.take(check: check.step.name, on: check.host, cutsControlPath: cuts, missing: missing)
  }

  private func take(_ check: Admission.FileCheck, _ answer: Answer?, _ admission: inout Admission) {
    let missing: [String]
    switch answer {
    case .reply(.checked(_, let lines)): missing = lines
    case .refusal(let reason): missing = [reason]
    case .reply, nil: return
    }
    admission.take(check: check.probe, on: check.host, cutsControlPath: false, missing: missing)
  }

  /// Queries each view once, on the hosts that a run would query. The run would use the belief of the first of them.
  private func askViews(
    of hosts: [String], _ running: [String: Set<String>]
  ) throws -> [(view: Fleet.View, question: Question)] {
    try fleet.views.flatMap { view in
      let asked =
        switch view.vantage {
        case .controller: [String]()
        case .anyHost:
          Array(
            hosts.filter { host in view.kind.domain.map { running[host]?.contains($0) == true } ?? true }
              .prefix(1))
        case .everyHost: hosts
        case .host(let name): [name]
        }
      return try asked.enumerated().map { index, host in
        var view = view
        view.kind.isAside = view.vantage == .everyHost && index > 0
        return (view, try ask(host, .query(view.kind)))
      }
    }
  }

  private func baseline(
    _ queries: [(view: Fleet.View, question: Question)], _ admission: Admission
  ) -> [String] {
    var views = PlatformViews(of: fleet)
    for (view, question) in queries {
      let belief: Belief? =
        switch answers[question] {
        case .reply(.queried(let answers)): view.kind.belief(answers)
        case .refusal(let reason): view.kind.belief(unknown: reason)
        case .reply, nil: nil
        }
      let isAside = view.vantage == .everyHost && views.beliefs[view.name] != nil
      if let belief { _ = views.take(belief, of: view.name, from: question.host, isAside: isAside) }
    }
    for view in fleet.views where view.vantage == .anyHost && view.kind.domain != nil {
      // No host runs its domain.
      guard !queries.contains(where: { $0.view.name == view.name }), let belief = view.kind.belief([])
      else { continue }
      _ = views.take(belief, of: view.name)
    }
    for view in fleet.views where view.vantage == .controller {
      let belief: Belief?
      do throws(ViewRefused) {
        belief = try LookResult(asking: view.kind)?.belief(view)
      } catch {
        belief = view.kind.belief(unknown: "\(error)")
      }
      if let belief { _ = views.take(belief, of: view.name) }
    }
    // Hosts that don't answer refuse the run for that reason.
    let broken = BrokenHosts(of: fleet, silent: [], views: views)
    return admission.baseline(views, silent: [], broken: broken).map(Admission.refusal(ofBaseline:))
  }

  // MARK: The sheet

  private func countHostsAndTime(_ sheet: inout PlanSheet) {
    let budget = HostBudget(scenario, in: fleet, of: catalogue)
    sheet.hosts = .init(taken: budget.taken, left: budget.left, quorum: budget.quorum)
    let steady = scenario.steady
    let count = Int64(scenario.trials)
    sheet.time = .init(
      atLeast: (steady.duration + budget.lasts + scenario.recovery.stable) * count,
      atMost: ((steady.longest ?? steady.duration) + budget.lasts + scenario.recovery.cap) * count)
    sheet.moment = steady.longest.map { longest in
      .init(
        atLeast: steady.duration, atMost: longest,
        drawn: (1...scenario.trials).map { draws.length(of: steady, in: $0) })
    }
  }

  private func planned(
    _ step: Step, _ how: String, _ assignment: Assignment, _ admission: Admission,
    _ running: [String: Set<String>]
  ) -> PlanSheet.Step {
    let host = assignment.site.name
    let traits = assignment.traits
    let isReverted = traits.reversal == .restore
    var planned = PlanSheet.Step(
      step: step.name, fault: assignment.spec.fault, host: host,
      chosen: how + laterTrials(step, admission, running),
      object: traits.object, begins: "\(step.trigger)", holds: isReverted ? step.duration : nil,
      isInstant: step.isInstant, undoing: traits.undoing, reversal: traits.reversal,
      withoutMurphy: isReverted ? traits.kernelRevert.description : nil)
    if assignment.site == .controller, !assignment.takes.isEmpty {
      planned.target = assignment.takes.sorted().joined(separator: ", ")
    }
    planned.cutsControlPath = cutsControlPath[step.name]?[host]
    planned.missing = admission.missing(step.name, on: host)
    if !assignment.takes.isEmpty {
      planned.behind = fleet.hosts.map(\.name).filter {
        !assignment.takes.isDisjoint(with: admission.reachedThrough[$0] ?? [])
      }
    }
    return planned
  }

  /// The random choices in further trials.
  private func laterTrials(_ step: Step, _ admission: Admission, _ running: [String: Set<String>]) -> String {
    guard step.isLeftToChance, scenario.trials > 1 else { return "" }
    let hosts = (2...min(scenario.trials, 9)).map { trial -> String in
      do throws(StepRefused) {
        return try admission.choice(of: step, trial: trial, running: running).assignments.map(\.site.name)
          .joined(separator: " and ")
      } catch {
        return "none"
      }
    }
    return "; in later trials \(hosts.joined(separator: ", "))" + (scenario.trials > 9 ? ", …" : "")
  }
}
