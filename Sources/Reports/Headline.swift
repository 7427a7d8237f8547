import Journal
import Metrics
import Scenario

/// The summary of a run in a few sentences: its verdict and the reasons.
struct Headline {
  /// A symbol for the verdict that doesn't depend on colour.
  let mark: String
  /// The verdict in a few words.
  let verdict: String
  let tone: Tone
  /// The reasons of a refused run, or the faults that may still be active.
  let items: [String]
  let sentences: [String]

  enum Tone: String {
    case good, bad
    /// There is damage, or there may be.
    case damage
    /// The measurement can't decide the verdict.
    case unsure
    /// The run has no judgement.
    case open
  }

  init(_ began: RunBegan, _ metrics: RunMetrics) {
    let outcome = metrics.verdict.outcome
    (mark, tone) = Self.sign(outcome)
    verdict = Self.words(outcome, metrics)
    items = metrics.verdict.reasons.filter { [.refused, .faultActive].contains($0.outcome) }.compactMap(
      \.text)
    let isRefused = metrics.verdict.reasons.contains { $0.outcome == .refused }
    var sentences = Self.damage(metrics) + Self.left(metrics) + Self.end(metrics, outcome)
    sentences += Self.void(metrics)
    sentences += metrics.verdict.reasons.filter { $0.subject == "recovery" }.map {
      "\(Self.inTrial($0.trial, metrics))the platform did not recover: \($0.text ?? "").".capitalizedFirst
    }
    let judged = metrics.trials.filter { $0.void == nil }
    for trial in judged {
      for shortfall in trial.leases.compactMap(\.shortfall) {
        let which = metrics.trials.count == 1 ? "" : "Trial \(trial.trial): "
        sentences.append("\(which)\(shortfall); the scenario accepts that.")
      }
    }
    if !judged.isEmpty {
      var covered: Set<String> = []
      for probe in began.scenario.steady.probes {
        let objective = metrics.objectives.first {
          $0.objective.subject == probe && $0.objective.metric == .downtime
        }
        let appends = began.fleet.probe(probe)?.kind == .append
        if appends, objective == nil { continue }
        if let objective { covered.insert(objective.objective.key) }
        sentences.append(Self.downtime(probe, judged, objective))
      }
      if let sentence = LostTime(judged, began)?.sentence { sentences.append(sentence) }
      sentences += began.scenario.steady.probes.compactMap { ServiceLevel.shares($0, judged) }
      sentences += ServiceLevel.sentences(judged)
      sentences += WrongBelief.sentences(judged)
      sentences += Self.objectives(metrics, besides: covered)
    }
    if !isRefused { sentences += Self.safety(metrics) }
    // With a more severe outcome, that one explains the exit code.
    if outcome == .undecided {
      sentences.append("Undecided counts as not met: exit code 1.")
    }
    if let alternation = began.alternation {
      sentences.append(
        "Two settings took turns: \(alternation.name(of: .a)) and \(alternation.name(of: .b)). murphy compare "
          + "\(began.run) compares them.")
    }
    sentences += (metrics.resumptions ?? []).map(Self.resumption)
    if let unknown = metrics.unknownEvents { sentences.append(Self.unknown(unknown)) }
    self.sentences = sentences
  }

  private static func resumption(_ resumed: RunResumed) -> String {
    let place =
      resumed.interrupted.map { "in trial \($0), which is void" }
      ?? (resumed.completed == 0 ? "before the first trial" : "after trial \(resumed.completed)")
    return "The controller ended \(place); the run was resumed at \(resumed.wall)."
  }

  private static func unknown(_ kinds: [String: Int]) -> String {
    let words = kinds.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    return
      "The journal has events that this version does not have: \(words). The version that wrote it, or a newer "
      + "one, may judge the run differently."
  }

  /// The whole summary in one line.
  var line: String {
    "\(verdict). " + (items.isEmpty ? "" : items.joined(separator: "; ") + ". ")
      + sentences.joined(separator: " ")
  }

  private static func sign(_ outcome: RunVerdict.Outcome) -> (String, Tone) {
    switch outcome {
    case .damage, .faultActive: ("▲", .damage)
    case .aborted: ("■", .open)
    case .refused, .void: ("–", .open)
    case .unfinished: ("…", .open)
    case .missed: ("✕", .bad)
    case .undecided: ("?", .unsure)
    case .met: ("✓", .good)
    }
  }

  private static func words(_ outcome: RunVerdict.Outcome, _ metrics: RunMetrics) -> String {
    let total = metrics.objectives.count
    func of(_ count: Int) -> String { "\(count) of \(Figures.things(total, "objective"))" }
    switch outcome {
    case .damage:
      let kinds = Safety.Kind.allCases.filter { kind in
        metrics.trials.contains { $0.safety.contains { $0.kind == kind && $0.outcome == .broken } }
      }
      let isActive = metrics.verdict.reasons.contains { $0.outcome == .faultActive }
      return "Damage done: " + kinds.map(Wording.damage).joined(separator: ", ")
        + (isActive ? "; and a fault may still be active" : "")
    case .faultActive: return "A fault may still be active"
    case .aborted:
      return "Aborted: \(metrics.verdict.reasons.first { $0.outcome == .aborted }?.text ?? "")"
    case .refused: return "Refused before any fault"
    case .unfinished: return "Unfinished: \(metrics.verdict.reasons.first?.text ?? "")"
    case .missed:
      let missed = metrics.objectives.count { $0.missed > 0 }
      if missed == 0 { return "The platform did not recover" }
      return total == 1 ? "The objective was missed" : "\(of(missed)) missed"
    case .void:
      let void = metrics.trials.count { $0.void != nil }
      if void == metrics.trials.count { return "Void" }
      if void > 0 { return "Void in \(void) of \(metrics.trials.count) trials" }
      let unmeasured = metrics.objectives.count { $0.void > 0 }
      return unmeasured > 0 ? "Not measured: \(of(unmeasured))" : "Not all trials were completed"
    case .undecided:
      let undecided = metrics.objectives.count { $0.undecided > 0 }
      if undecided == 0 { return "Not known whether there is damage" }
      return total == 1
        ? "The objective is undecided" : "\(of(undecided)) undecided"
    case .met:
      return total == 0
        ? "No objectives, and no damage"
        : total == 1
          ? "The objective was met" : total == 2 ? "Both objectives met" : "All \(total) objectives met"
    }
  }

  /// For example `in trial 2 `; empty if there is only one trial.
  private static func inTrial(_ trial: Int?, _ metrics: RunMetrics) -> String {
    guard let trial, metrics.trials.count > 1 else { return "" }
    return "in trial \(trial) "
  }

  /// The permanent damage of instant faults, once for all trials.
  private static func left(_ metrics: RunMetrics) -> [String] {
    var sentences: [String] = []
    for lease in metrics.trials.flatMap(\.leases) {
      guard let damage = Wording.damage(of: lease), !sentences.contains(damage) else { continue }
      sentences.append(damage)
    }
    return sentences
  }

  // MARK: Ends

  /// How the run ended, if it did not complete.
  private static func end(_ metrics: RunMetrics, _ outcome: RunVerdict.Outcome) -> [String] {
    let reasons = Dictionary(grouping: metrics.verdict.reasons.filter { $0.subject == "run" }, by: \.outcome)
      .mapValues { $0.compactMap(\.text) }
    var sentences: [String] = []
    if reasons[.faultActive] != nil {
      sentences.append(
        "To revert a fault that may still be active: murphy recover, or on the host murphy-agent recover.")
    }
    if let text = reasons[.aborted]?.first {
      sentences.append(
        outcome == .aborted
          ? "Every fault was reverted." : "The run was aborted, and every fault reverted: \(text).")
    }
    if reasons[.refused] != nil { sentences.append("No fault was injected.") }
    if outcome != .unfinished { sentences += (reasons[.unfinished] ?? []).map { "\($0.capitalizedFirst)." } }
    return sentences
  }

  private static func void(_ metrics: RunMetrics) -> [String] {
    // Undecided safety promises have their own sentences.
    let unknown = Set(
      metrics.verdict.reasons.filter { $0.outcome == .undecided && $0.text != nil }.map(\.subject))
    return metrics.verdict.reasons.filter { $0.outcome == .void && !unknown.contains($0.subject) }.map {
      reason in
      let text = reason.text ?? ""
      return switch reason.subject {
      case "trial":
        "\(metrics.trials.count == 1 ? "The trial" : "Trial \(reason.trial ?? 0)") is void: \(text)."
      case "run": "\(text.capitalizedFirst)."
      default: "Not measured: \(reason.subject): \(text)."
      }
    }
  }

  // MARK: Objectives

  private static func downtime(_ probe: String, _ trials: [TrialMetrics], _ summary: ObjectiveSummary?)
    -> String
  {
    let spans = trials.compactMap { trial in trial.probes.first { $0.probe == probe }?.downtime }
    let what: String
    if trials.count == 1, let span = spans.first {
      what =
        switch span {
        case .measured(let interval):
          interval.estimate == .zero
            ? "\(probe) stayed up\(interval.high > .zero ? ", as far as observed" : "")"
            : "\(probe) was down for \(Figures.interval(interval))"
        case .censored(let bound):
          "\(probe) was down for more than \(Figures.time(bound)), and the end of its outage was not observed"
        case .notObserved(let reason): "No result for \(probe): \(reason)"
        }
    } else {
      let sorted = spans.compactMap(\.interval).map(\.estimate).sorted()
      let open = spans.count - sorted.count
      let range =
        if let least = sorted.first, let most = sorted.last {
          least == most ? Figures.time(least) : "\(Figures.time(least)) to \(Figures.time(most))"
        } else {
          "an unknown time"
        }
      what =
        "In \(trials.count) trials \(probe) was down for \(range)"
        + (open > 0 ? ", and in \(open) the end of its outage was not observed" : "")
    }
    guard let summary else { return what + "." }
    let limit = Figures.demand(summary.objective)
    if trials.count > 1 || summary.met + summary.missed + summary.undecided + summary.void > 1 {
      let counts = [
        ("met", summary.met), ("missed", summary.missed), ("undecided", summary.undecided),
        ("void", summary.void),
      ].filter { $0.1 > 0 }
      let result =
        counts.count == 1
        ? "\(counts[0].0) in all" : counts.map { "\($0.0) in \($0.1)" }.joined(separator: ", ")
      return "\(what); objective (\(limit)) \(result)."
    }
    if let result = trials[0].objectives.first(where: {
      $0.objective == summary.objective && $0.verdict == .undecided
    }) {
      return "\(what); objective (\(limit)) undecided: \(Wording.undecided(result))."
    }
    let result = summary.met == 1 ? "met" : summary.missed == 1 ? "missed" : "not judged"
    return "\(what); objective (\(limit)) \(result)."
  }

  /// Missed and undecided objectives, with their measurements.
  private static func objectives(_ metrics: RunMetrics, besides covered: Set<String>) -> [String] {
    func sentence(
      _ summary: ObjectiveSummary, _ verdict: ObjectiveResult.Verdict, _ head: String, _ count: Int
    )
      -> String?
    {
      guard count > 0, !covered.contains(summary.objective.key) else { return nil }
      // Lost writes and residue have their own sentences.
      if [.lost, .residue].contains(summary.objective.metric) { return nil }
      let result = metrics.trials.flatMap(\.objectives).first {
        $0.objective == summary.objective && $0.verdict == verdict
      }
      let value = result.map { Figures.figure($0.figure) } ?? ""
      let trials = metrics.trials.count == 1 ? "" : " in \(count) of \(metrics.trials.count) trials"
      let demand = Figures.demand(summary.objective)
      let doubt = verdict == .undecided ? result?.doubt.map { "; \(Wording.doubt($0))" } ?? "" : ""
      return "\(head)\(trials): \(summary.objective.key) was \(value), required is \(demand)\(doubt)."
    }
    let missed = metrics.objectives.compactMap { sentence($0, .missed, "Missed", $0.missed) }
    // An early end makes most of them undecided. Their measurements are in the tables.
    if metrics.trials.contains(where: { $0.aborted != nil }) {
      let count = metrics.objectives.count { $0.undecided > 0 && !covered.contains($0.objective.key) }
      let what = "\(Figures.things(count, "objective")) can’t be decided, since the trial was ended early."
      return missed + (count > 0 ? [what] : [])
    }
    return missed + metrics.objectives.compactMap { sentence($0, .undecided, "Undecided", $0.undecided) }
  }

  // MARK: Safety

  private static func damage(_ metrics: RunMetrics) -> [String] {
    func broken(_ kind: Safety.Kind) -> [(trial: TrialMetrics, result: SafetyResult)] {
      metrics.trials.flatMap { trial in
        trial.safety.filter { $0.kind == kind && $0.outcome == .broken }.map { (trial, $0) }
      }
    }
    func count(_ result: SafetyResult) -> Int {
      if case .count(.counted(let count)) = result.figure { count } else { 0 }
    }
    var sentences: [String] = []
    sentences += WrittenData.damage(metrics.trials)
    for (trial, result) in broken(.runningTwice) {
      let which = metrics.trials.count == 1 ? "" : " in trial \(trial.trial)"
      sentences.append(
        "\(result.subject ?? "") ran on two hosts at once for \(Figures.figure(result.figure))\(which).")
    }
    for (trial, result) in broken(.splitBrain) {
      let which = metrics.trials.count == 1 ? "" : " in trial \(trial.trial)"
      let entries = Figures.things(count(result), "entry", "entries")
      sentences.append("\(result.subject ?? "") showed \(entries) in split-brain\(which).")
    }
    let residue = broken(.residue)
    if !residue.isEmpty {
      var hosts: [String] = []
      for (trial, _) in residue {
        for host in trial.residue.hosts where !host.left.isEmpty && !hosts.contains(host.host) {
          hosts.append(host.host)
        }
      }
      let differences = residue.reduce(0) { $0 + count($1.result) }
      sentences.append(
        "Residue: \(Figures.things(differences, "difference")) on \(hosts.joined(separator: ", ")).")
      let uncompared = Set(
        metrics.trials.flatMap { trial in
          trial.residue.unaudited + trial.residue.hosts.filter { !$0.uncompared.isEmpty }.map(\.host)
        })
      if !uncompared.isEmpty {
        sentences.append(
          "Not all of \(uncompared.sorted().joined(separator: ", ")) was compared with the state before.")
      }
    }
    return sentences
  }

  /// The promises that were kept, and those that are undecided.
  private static func safety(_ metrics: RunMetrics) -> [String] {
    Safety.Kind.allCases.flatMap { kind -> [String] in
      let results = metrics.trials.flatMap { $0.safety.filter { $0.kind == kind } }
      var unknown: [String] = []
      for result in results {
        guard case .unknown(let reason) = result.outcome else { continue }
        let sentence = Wording.unknown(result, reason)
        if !unknown.contains(sentence) { unknown.append(sentence) }
      }
      if !unknown.isEmpty { return unknown }
      guard !results.isEmpty, results.allSatisfy({ $0.outcome == .kept }) else { return [] }
      switch kind {
      case .lostWrites:
        return [WrittenData.kept(metrics.trials)]
      case .replicas: return [WrittenData.same(metrics.trials)]
      case .residue: return ["No residue on any host."]
      case .runningTwice, .splitBrain: return []
      }
    }
  }
}

extension String {
  /// The text with an upper-case first letter.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
