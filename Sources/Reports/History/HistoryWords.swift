import Comparison
import History
import Metrics
import Scenario
import Statistics

/// A history in words.
struct HistoryWords {
  let history: History

  private var findings: [HistoryFinding] { history.findings }
  private var isFailed: Bool { findings.first?.severity == .failure }

  /// `unplug-host on tdf`.
  var name: String { "\(history.scenario) on \(history.fleet)" }

  var tone: Headline.Tone {
    guard let first = findings.first else { return isKnown ? .good : .open }
    if case .notMet(let run) = first.kind { return Self.tone(run.outcome) }
    if history.lastMade?.outcome == .damage { return .damage }
    return first.severity == .failure ? .bad : .unsure
  }

  var mark: String {
    switch tone {
    case .damage: "▲"
    case .bad: "✕"
    case .unsure: "?"
    case .good: "✓"
    case .open: "–"
    }
  }

  /// Whether there are enough runs for a statement about the latest one.
  private var isKnown: Bool { history.latest.map { $0.finding != .tooFew } ?? false }

  /// The verdict in a few words.
  var verdict: String {
    findings.first.map(verdict(of:)) ?? (isKnown ? "As before" : "Too few runs to show a change")
  }

  /// A finding in a few words.
  func verdict(of finding: HistoryFinding) -> String {
    switch finding.kind {
    case .stale:
      history.age.last == nil
        ? "Never tested"
        : "Overdue: the last result is \(Self.days(history.age.seconds ?? 0)) old, and the period is "
          + Self.days(history.age.period)
    case .refused: "The latest run was refused"
    case .notMet(let run): "The latest run: \(Self.outcome(run.outcome))"
    case .worseSinceChange(_, let changes): "Worse since a known change: \(Self.keys(changes))"
    case .latest(let latest):
      if case .changed = latest.finding {
        "Changed for the worse in the two latest runs"
      } else {
        "The latest run is the worst so far: confirm it"
      }
    case .unknownChange: "Changed for the worse, though nothing recorded did"
    case .creep(let creep):
      creep.reaches.map { "Rising: the limit is reached in \(CalendarDay($0).monthText)" }
        ?? "Rising from run to run"
    }
  }

  /// What the verdict rests on, most important first.
  var sentences: [String] {
    var sentences: [String] = []
    if let run = history.lastMade { sentences.append(latestRun(run)) }
    if let last = history.runs.last, last.outcome == .refused {
      sentences.append(
        "A later run was refused on \(CalendarDay(last.began).text)\(last.reason.map { ": \($0)" } ?? "").")
    }
    sentences += knownChange
    sentences += [latestFinding, unknownChange, creep].compactMap { $0 }
    sentences += rates
    sentences += safety
    sentences += history.age.gaps.suffix(Self.mostGaps).map(Self.gap)
    return sentences
  }

  private static let mostGaps = 3

  private func latestRun(_ run: RunRecord) -> String {
    let day = CalendarDay(run.began).text
    let outcome = Self.outcome(run.outcome)
    guard let primary = history.primary, let value = run.median(of: primary.key) else {
      return "Latest run, \(day): \(outcome)" + (run.reason.map { ": \($0)" } ?? "") + "."
    }
    let used = history.marginsUsed.first { $0.objective.key == primary.key }
    return "Latest run, \(day): \(outcome). \(primary.key): "
      + "\(ComparisonWords.bounds(value, of: primary.metric)), required \(Figures.demand(primary))"
      + (used.map { "; \(Self.share($0)) of it used" } ?? "") + "."
  }

  /// `87 to 88 %`.
  static func share(_ used: MarginUsed) -> String {
    let low = Int((used.low * 100).rounded(.down))
    guard used.high.isFinite else { return "more than \(low) %" }
    let high = Int((used.high * 100).rounded(.up))
    return low == high ? "\(low) %" : "\(low) to \(high) %"
  }

  private var knownChange: [String] {
    guard history.segments.count > 1, let segment = history.segments.last, let first = segment.runs.first,
      let primary = history.primary
    else { return [] }
    let day = CalendarDay(first.began).text
    let what = segment.changes.prefix(Self.mostNamed).map(Self.change).joined(separator: "; ")
    let rest = segment.changes.count - Self.mostNamed
    var sentences = ["Changed on \(day): \(what)" + (rest > 0 ? "; \(rest) further" : "") + "."]
    if let effect = segment.effect { sentences.append(Self.effect(effect, of: primary, segment)) }
    return sentences
  }

  private static let mostNamed = 4

  static func keys(_ changes: [Difference]) -> String {
    let named = changes.prefix(mostNamed).map(\.key).joined(separator: ", ")
    return changes.count > mostNamed ? "\(named), and \(changes.count - mostNamed) further" : named
  }

  /// `kernel from 6.1 to 6.12`.
  static func change(_ difference: Difference) -> String {
    if difference.base.isEmpty { return difference.key }
    return "\(difference.key) from \(difference.base.joined(separator: ", ")) to "
      + difference.candidate.joined(separator: ", ")
  }

  /// What a segment shows against the one before it.
  static func effect(_ effect: KnownChange, of primary: Objective, _ segment: Segment) -> String {
    guard let claim = effect.claim,
      let margin = segment.runs.lazy.compactMap({ $0.results.first { $0.objective.key == primary.key } })
        .first
    else {
      return "\(Figures.things(effect.after, "run")) since then against \(effect.before) before can’t show "
        + "whether \(primary.key) changed with it."
    }
    return
      "Since then \(primary.key) is \(ComparisonWords.claim(claim.claim, primary.metric, margin.margin)) in "
      + "\(claim.pairs - claim.against) of \(Figures.things(claim.pairs, "pairing")) of runs; "
      + "chance alone does that once in \(ComparisonWords.once(claim.chance))."
  }

  private var latestFinding: String? {
    guard let latest = history.latest else { return nil }
    let conditions = history.segments.count > 1 ? " under these conditions" : ""
    switch latest.finding {
    case .tooFew:
      return
        "\(Figures.things(latest.earlier + 1, "run"))\(conditions): with fewer than \(LatestRun.fewest + 1) "
        + "the latest one can’t be judged against the others."
    case .within:
      return "The latest run is within the range of the \(latest.earlier) earlier runs\(conditions)."
    case .watch(let direction, let chance):
      return
        "The latest run is \(direction.rawValue) than all \(latest.earlier) earlier runs\(conditions); chance alone does "
        + "that once in \(ComparisonWords.once(chance))"
        + (direction == .worse ? ". Run it again to confirm." : ".")
    case .changed(let direction, let chance):
      return "The two latest runs are \(direction.rawValue) than all \(latest.earlier - 1) earlier ones"
        + "\(conditions); chance alone does that once in \(ComparisonWords.once(chance))."
    }
  }

  private var unknownChange: String? {
    guard let change = history.unknownChange, let primary = history.primary else { return nil }
    return
      "Between \(change.before) and \(change.after), \(primary.key) changed from "
      + "\(Self.middle(change.former, of: primary.metric)) to \(Self.middle(change.later, of: primary.metric)), "
      + "in the medians, though no recorded condition did; "
      + "chance alone does that once in \(ComparisonWords.once(change.chance))."
  }

  private static func middle(_ value: BoundedValue, of metric: Metric) -> String {
    value.high.isFinite
      ? ComparisonWords.value((value.low + value.high) / 2, of: metric)
      : ComparisonWords.bounds(value, of: metric)
  }

  private var creep: String? {
    guard let creep = history.creep, creep.isShown, let primary = history.primary else { return nil }
    let rises = creep.direction == .worse
    let amount = creep.trend.slope.map { slope in
      let perMonth = (slope.low + slope.high) / 2 * 30.44 * 86_400
      return perMonth.isFinite
        ? " by \(ComparisonWords.value(abs(perMonth), of: primary.metric)) a month" : ""
    }
    return "Over the last \(creep.runs) runs \(primary.key) \(rises ? "rises" : "falls")\(amount ?? ""); "
      + "chance alone does that once in \(ComparisonWords.once(creep.trend.chance))."
      + (creep.reaches.map {
        " At this pace the limit is reached in \(CalendarDay($0).monthText)."
      } ?? "")
  }

  /// The objectives over the trials of the latest segment, those with equal counts in one sentence.
  private var rates: [String] {
    var groups: [(met: Proportion, keys: [String])] = []
    for (objective, met) in history.rates {
      if let index = groups.firstIndex(where: { $0.met == met }) {
        groups[index].keys.append(objective.key)
      } else {
        groups.append((met, [objective.key]))
      }
    }
    return groups.map { met, keys in
      let percent = Int((met.low * 100).rounded(.down))
      let bound = met.successes > 0 && met.trials > 1 ? "; the true rate is at least \(percent) %" : ""
      return "Met in \(met.successes) of \(Figures.things(met.trials, "trial")) under these conditions: "
        + "\(keys.joined(separator: ", "))\(bound)."
    }
  }

  /// The promises over all trials: those that were kept in one sentence for each number of trials.
  private var safety: [String] {
    let broken = history.safety.filter { $0.failures > 0 }.map { promise in
      let most = Proportion(promise.failures, of: promise.trials).high
      return "\(Wording.damage(promise.kind).capitalizedFirst): in \(promise.failures) of "
        + "\(Figures.things(promise.trials, "trial")); at 95 % confidence at most "
        + "\(Int((most * 100).rounded(.up))) %."
    }
    let kept = Dictionary(grouping: history.safety.filter { $0.failures == 0 }, by: \.trials)
    return broken
      + kept.sorted { $0.key > $1.key }.map { trials, promises in
        let bound =
          trials > 1
          ? promises.first?.rateBelowPercent.map {
            "; at 95 % confidence each below \(Int($0.rounded(.up))) %"
          }
          : nil
        return "None in \(Figures.things(trials, "trial")): "
          + "\(promises.map { Wording.damage($0.kind) }.joined(separator: ", "))\(bound ?? "")."
      }
  }

  static func gap(_ gap: Age.Gap) -> String {
    "No run from \(CalendarDay(gap.from).text) to \(CalendarDay(gap.to).text), "
      + "\(days(gap.to - gap.from))"
      + (gap.reasons.isEmpty
        ? "; no reason is recorded." : ": \(gap.reasons.joined(separator: "; ")).")
  }

  static func days(_ seconds: Int) -> String { Figures.things(seconds / 86_400, "day") }

  /// `9 runs, 3 not made`. An occasion of a schedule that has no run has no folder.
  static func count(_ runs: [RunRecord]) -> String {
    let made = runs.count { !$0.folder.isEmpty }
    return Figures.things(made, "run") + (made < runs.count ? ", \(runs.count - made) not made" : "")
  }

  /// The words of an outcome in a list.
  static func outcome(_ outcome: RunVerdict.Outcome) -> String {
    switch outcome {
    case .damage: "damage done"
    case .faultActive: "a fault may be active"
    case .aborted: "aborted"
    case .refused: "refused"
    case .unfinished: "unfinished"
    case .missed: "missed"
    case .void: "void"
    case .undecided: "undecided"
    case .met: "met"
    }
  }

  static func tone(_ outcome: RunVerdict.Outcome) -> Headline.Tone {
    switch outcome {
    case .damage, .faultActive: .damage
    case .missed: .bad
    case .undecided: .unsure
    case .met: .good
    case .aborted, .refused, .unfinished, .void: .open
    }
  }
}
