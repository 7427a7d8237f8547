import Journal
import Metrics
import Scenario

/// A run in a few plain sentences.
struct Headline {
  /// How it went, in a word or three.
  let verdict: String
  let tone: Tone
  let sentences: [String]

  enum Tone: String { case good, bad, open }

  init(_ began: RunBegan, _ metrics: RunMetrics) {
    let judged = metrics.trials.filter { $0.void == nil }
    let missed = metrics.objectives.reduce(0) { $0 + ($1.missed > 0 ? 1 : 0) }
    let total = metrics.objectives.count
    let damage = metrics.safety.contains { $0.failures > 0 }
    let aborted = metrics.trials.compactMap(\.aborted).first
    if metrics.trials.isEmpty {
      (verdict, tone) = ("No trial", .open)
    } else if let aborted {
      (verdict, tone) = ("Aborted: \(aborted)", .bad)
    } else if judged.isEmpty {
      (verdict, tone) = ("Void", .open)
    } else if missed > 0 {
      let of = total == 1 ? "The objective was missed" : "\(missed) of \(total) objectives missed"
      (verdict, tone) = (of, .bad)
    } else if damage {
      (verdict, tone) = ("Damage done", .bad)
    } else if metrics.allMet {
      (verdict, tone) = (
        total == 0
          ? "Nothing demanded" : total == 1 ? "The objective was met" : "All \(total) objectives met", .good
      )
    } else {
      (verdict, tone) = ("Undecided", .open)
    }

    var sentences: [String] = []
    for trial in metrics.trials {
      guard let reason = trial.void else { continue }
      let which = metrics.trials.count == 1 ? "The trial" : "Trial \(trial.trial)"
      sentences.append("\(which) is void: \(reason).")
    }
    for trial in judged {
      for shortfall in trial.leases.compactMap(\.shortfall) {
        let which = metrics.trials.count == 1 ? "" : "Trial \(trial.trial): "
        sentences.append("\(which)\(shortfall); the scenario lets that count.")
      }
    }
    guard !judged.isEmpty else {
      self.sentences = sentences.isEmpty ? ["The journal holds no trial."] : sentences + Self.residue(metrics)
      return
    }
    var told: Set<String> = []
    for probe in began.scenario.steady.probes {
      let objective = metrics.objectives.first {
        $0.objective.subject == probe && $0.objective.metric == .downtime
      }
      let appends = began.fleet.probe(probe)?.kind == .append
      if appends, objective == nil { continue }
      if let objective { told.insert(objective.objective.key) }
      sentences.append(Self.downtime(probe, judged, objective))
    }
    sentences += Self.missed(metrics, besides: told)
    sentences += Self.writes(judged)
    sentences += Self.twice(judged)
    self.sentences = sentences + Self.residue(metrics)
  }

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
            ? "The \(probe) stayed up\(interval.high > .zero ? ", as far as is known" : "")"
            : "The \(probe) was down for \(Figures.interval(interval))"
        case .censored(let bound):
          "The \(probe) was down for more than \(Figures.time(bound)), and its outage was not seen to end"
        case .notObserved(let reason): "Of the \(probe) nothing is known: \(reason)"
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
        "In \(trials.count) trials the \(probe) was down for \(range)"
        + (open > 0 ? ", and in \(open) its outage was not seen to end" : "")
    }
    guard let summary else { return what + "." }
    let limit = Figures.demand(summary.objective)
    let count = trials.count
    let result =
      if count == 1 {
        summary.met == 1
          ? "met" : summary.missed == 1 ? "missed" : summary.undecided == 1 ? "undecided" : "not judged"
      } else {
        summary.met == count ? "met in all" : "met in \(summary.met) of \(count)"
      }
    return "\(what); objective (\(limit)) \(result)."
  }

  private static func missed(_ metrics: RunMetrics, besides told: Set<String>) -> [String] {
    metrics.objectives.compactMap { summary in
      guard summary.missed > 0, !told.contains(summary.objective.key) else { return nil }
      // Loss and residue have a sentence of their own.
      if [.lost, .residue].contains(summary.objective.metric) { return nil }
      let demand = Figures.demand(summary.objective)
      let result = metrics.trials.flatMap(\.objectives)
        .first { $0.objective == summary.objective && $0.countsAsMissed }
      let value = result.map { Figures.figure($0.figure) } ?? ""
      let trials = metrics.trials.count == 1 ? "" : " in \(summary.missed) of \(metrics.trials.count) trials"
      return "Missed\(trials): \(summary.objective.key) was \(value), demanded is \(demand)."
    }
  }

  private static func writes(_ trials: [TrialMetrics]) -> [String] {
    let writes = trials.flatMap(\.writes)
    if writes.isEmpty { return [] }
    var lost = 0
    var unread: [String] = []
    for write in writes {
      switch write.lost {
      case .counted(let count): lost += count
      case .notObserved(let reason): unread.append(reason)
      }
    }
    var sentences: [String] = []
    if lost > 0 {
      sentences.append("\(Figures.things(lost, "acknowledged write")) \(lost == 1 ? "was" : "were") lost.")
    }
    if let reason = unread.first {
      sentences.append("Whether a write was lost is not known: \(reason).")
    } else if lost == 0 {
      sentences.append("No acknowledged write was lost.")
    }
    return sentences
  }

  private static func twice(_ trials: [TrialMetrics]) -> [String] {
    trials.flatMap { trial in
      trial.placements.compactMap { placement in
        guard let overlap = placement.runningTwice.interval, overlap.low > .zero else { return nil }
        let which = trials.count == 1 ? "" : " in trial \(trial.trial)"
        return "\(placement.vm) ran on two hosts at once for \(Figures.interval(overlap))\(which)."
      }
    }
  }

  private static func residue(_ metrics: RunMetrics) -> [String] {
    var hosts: [String] = []
    var untold: [String] = []
    var count = 0
    for trial in metrics.trials {
      switch trial.residue.count {
      case .counted(let found): count += found
      case .notObserved(let reason): untold.append(reason)
      }
      for host in trial.residue.hosts where !host.left.isEmpty && !hosts.contains(host.host) {
        hosts.append(host.host)
      }
    }
    if count > 0 {
      let uncompared = Set(
        metrics.trials.flatMap { trial in
          trial.residue.unaudited
            + trial.residue.hosts.filter { !$0.uncompared.isEmpty }.map(\.host)
        })
      return ["\(Figures.things(count, "difference")) left behind on \(hosts.joined(separator: ", "))."]
        + (uncompared.isEmpty
          ? []
          : ["Not all of \(uncompared.sorted().joined(separator: ", ")) was compared with the state before."])
    }
    if let reason = untold.first { return ["Whether something was left behind is not known: \(reason)."] }
    return ["Nothing was left behind."]
  }
}
