import Comparison
import Metrics
import Scenario
import Statistics
import Views

/// A comparison in words.
struct ComparisonWords {
  let comparison: SideComparison

  var tone: Headline.Tone {
    if comparison.hasDamage { return .damage }
    return switch comparison.verdict {
    case .worseBySafety: .damage
    case .worse: .bad
    case .better, .noRegression: .good
    case .suggestive, .inconclusive, .confounded: .unsure
    case .refused: .open
    }
  }

  var mark: String {
    if comparison.hasDamage { return "▲" }
    return switch comparison.verdict {
    case .worseBySafety: "▲"
    case .worse: "✕"
    case .better, .noRegression: "✓"
    case .suggestive, .inconclusive, .confounded: "?"
    case .refused: "–"
    }
  }

  /// The verdict in a few words. Damage on both sides is no reason for a verdict, and is named with every one.
  var verdict: String {
    comparison.hasDamage && comparison.verdict != .worseBySafety ? "\(result), but with damage" : result
  }

  private var result: String {
    switch comparison.verdict {
    case .refused: "Not comparable"
    case .confounded: "Undecided, confounded by \(cause)"
    case .worseBySafety: "Worse: damage that the base did not have"
    case .worse: "Worse"
    case .better: "Better"
    case .noRegression: "No regression"
    case .suggestive(.better): "Perhaps better, not shown"
    case .suggestive: "Perhaps worse, not shown"
    case .inconclusive(nil): "Undecided: the trials show no claim"
    case .inconclusive: "Undecided: too few trials"
    }
  }

  /// What confounds the sides: `kernel`, `kernel and 2 further conditions`, `drift`.
  private var cause: String {
    let keys = comparison.differences.filter { !$0.isDeclared }.map(\.key)
    guard let first = keys.first else { return "drift" }
    return keys.count == 1 ? first : "\(first) and \(Figures.things(keys.count - 1, "further condition"))"
  }

  /// The verdict's key, for JSON.
  var key: String {
    switch comparison.verdict {
    case .refused: "refused"
    case .confounded: "confounded"
    case .worseBySafety: "worse-by-safety"
    case .worse: "worse"
    case .better: "better"
    case .noRegression: "no-regression"
    case .suggestive: "suggestive"
    case .inconclusive: "inconclusive"
    }
  }

  /// What the verdict rests on.
  var sentences: [String] {
    var sentences: [String] = []
    if comparison.isDecided, comparison.verdict != .worseBySafety, let primary = comparison.primary {
      sentences.append(difference(primary))
    }
    switch comparison.verdict {
    case .refused(let refusal): sentences.append(Self.refusal(refusal))
    case .confounded: sentences += confounders
    case .worseBySafety: break
    case .worse: sentences += shown(.worse)
    case .better: sentences += shown(.better)
    case .noRegression: sentences += shown(.noRegression)
    case .suggestive(let claim): sentences.append(more(comparison.primary?.valuesToShow([claim])))
    case .inconclusive(let values): sentences.append(more(values))
    }
    sentences += comparison.safety.map(safety)
    sentences += unrecovered("base", comparison.recovery.base)
    sentences += unrecovered("candidate", comparison.recovery.candidate)
    if case .refused = comparison.verdict { return sentences }
    if !comparison.isDecided || comparison.verdict == .worseBySafety, let primary = comparison.primary {
      sentences.append(difference(primary))
    }
    if let phase = comparison.changedPhase {
      sentences.append(
        "The phase that changed most is the one until “\(milestone(phase))”: "
          + "\(Self.phase(phase.base)) on the base, \(Self.phase(phase.candidate)) on the candidate\(early(phase))."
      )
    }
    let declared = comparison.differences.filter(\.isDeclared)
    sentences += declared.map { "Compared by its factor: \(Self.difference($0))." }
    sentences.append(design)
    return sentences + notShown + otherRuns
  }

  /// What a reader could take for shown, although it is not.
  private var notShown: [String] {
    var sentences: [String] = []
    if case .noRegression = comparison.verdict, let primary = comparison.primary,
      primary.suggestion == .better
    {
      let enough = primary.valuesToShow([.better]).map { "; at this rate \($0) trials a side would show it" }
      sentences.append(
        "Not shown: that it is better by more than the margin, as its values suggest\(enough ?? "").")
    }
    let undecided = comparison.secondary.filter { $0.claims.isEmpty }.map(\.comparison.key)
    if !undecided.isEmpty {
      sentences.append("Not shown: any claim about \(undecided.joined(separator: ", ")).")
    }
    if !comparison.others.isEmpty {
      sentences.append("Without a verdict: \(comparison.others.map(\.key).joined(separator: ", ")).")
    }
    if let trials = comparison.trialsWithoutLoss {
      let bound = Int((Proportion(0, of: trials).high * 100).rounded())
      sentences.append(
        "No acknowledged write was lost in \(Figures.things(trials, "trial")) of the candidate. A loss in up to "
          + "\(bound) % of trials is not ruled out.")
    }
    return sentences
  }

  private var otherRuns: [String] {
    guard let others = comparison.otherRuns, !others.isEmpty else { return [] }
    let named = others.suffix(Self.mostNamed)
    let rest = others.count > named.count ? "the latest are " : ""
    return [
      "Not in this comparison: \(Figures.things(others.count, "further run")) of the same scenario, fleet and probes; "
        + "\(rest)\(named.joined(separator: ", "))."
    ]
  }

  /// Explains a negative phase: on that side the milestone at its end came before the one at its begin.
  private func early(_ phase: PhaseDifference) -> String {
    let sides = [("base", phase.base), ("candidate", phase.candidate)].filter {
      $0.1.map { $0 < .zero } ?? false
    }
    guard !sides.isEmpty, let place = comparison.phases.firstIndex(where: { $0.until == phase.until }),
      place > 0
    else { return "" }
    let begin = milestone(comparison.phases[place - 1])
    return ", since “\(milestone(phase))” came before “\(begin)” on the "
      + sides.map(\.0).joined(separator: " and the ")
  }

  /// The milestone at the end of a phase, in the words of both sides' fleets.
  func milestone(_ phase: PhaseDifference) -> String {
    Wording.milestone(phase.until, hasManager: comparison.hasManager)
  }

  private static func phase(_ time: Nanoseconds?) -> String { time.map(Figures.time) ?? "not reached" }

  private static func refusal(_ refusal: SideComparison.Refusal) -> String {
    switch refusal {
    case .noPrimary:
      "The scenario has no objective with max, so it doesn’t state which value is the better one."
    case .tooFew(let base, let candidate):
      "The base has \(Figures.things(base, "trial")) with a value and the candidate \(candidate); "
        + "at least \(SideComparison.fewest) a side are needed."
    case .tooManyVoid(let base, let candidate):
      "More than a third of a side’s trials are void: \(base) of the base, \(candidate) of the candidate."
    }
  }

  private var confounders: [String] {
    let undeclared = comparison.differences.filter { !$0.isDeclared }
    var sentences = undeclared.prefix(Self.mostNamed).map { "The sides differ in \(Self.difference($0))." }
    if undeclared.count > Self.mostNamed {
      sentences.append("They differ in \(undeclared.count - Self.mostNamed) further keys.")
    }
    for drift in comparison.drifts where drift.isShown {
      let side = drift.isCandidate ? "candidate" : "base"
      sentences.append(
        "The \(side)’s values \(drift.trend.rises > 0 ? "rise" : "fall") from trial to trial; "
          + "chance alone does that once in \(Self.once(drift.trend.chance)).")
    }
    sentences.append(
      "So a difference may have another cause than the one that is compared. Make both sides under equal conditions, or "
        + "as one run with --ab.")
    return sentences
  }

  private static let mostNamed = 6

  static func difference(_ difference: Difference) -> String {
    if difference.base.isEmpty { return difference.key }
    return "\(difference.key) (base \(difference.base.joined(separator: ", ")); "
      + "candidate \(difference.candidate.joined(separator: ", ")))"
  }

  /// `Longer by more than 10 % in 24 of 25 pairings; chance alone does that once in 126.`
  private func shown(_ claim: Claim) -> [String] {
    guard let primary = comparison.primary, let evidence = primary.evidence[claim] else { return [] }
    return [
      "\(primary.key) is \(Self.claim(claim, primary.metric, primary.margin)) in \(evidence.pairs - evidence.against) of "
        + "\(Figures.things(evidence.pairs, "pairing")); chance alone does that once in \(Self.once(evidence.chance))."
    ]
  }

  static func claim(_ claim: Claim, _ metric: Metric, _ allowed: Margin) -> String {
    let (more, less) = words(of: metric)
    // The words promise no more than what was tested.
    let margin = Self.margin(allowed, of: metric, claim == .noRegression ? .up : .down)
    return switch claim {
    case .worse: "\(more) by more than \(margin)"
    case .better: "\(less) by more than \(margin)"
    case .noRegression: "not \(more) by more than \(margin)"
    }
  }

  /// `10 % (at least 400 ms)`.
  static func margin(_ margin: Margin, of metric: Metric, _ rounding: Figures.Rounding = .nearest) -> String {
    let share = percent(margin.relative, rounding)
    if margin.absolute == 0 || metric.unit == .count { return share }
    return "\(share) (at least \(value(margin.absolute, of: metric, rounding)))"
  }

  /// `10 %`, `17.4 %`: an allowance that was measured is not a whole number.
  private static func percent(_ share: Double, _ rounding: Figures.Rounding = .nearest) -> String {
    let millionths = Int64((share * 1e6).rounded())
    let decimals = millionths.isMultiple(of: 10_000) ? 0 : 1
    return "\(Figures.number(millionths, over: 10_000, decimals: decimals, rounding)) %"
  }

  private func more(_ values: Int?) -> String {
    guard let primary = comparison.primary else { return "" }
    let have =
      "\(primary.key): \(primary.base.compactMap(\.bounds).count) trials against "
      + "\(primary.candidate.compactMap(\.bounds).count) don’t decide it"
    return values.map { "\(have); at this rate \($0) a side would." }
      ?? "\(have), and at this rate no reasonable number would."
  }

  private func safety(_ count: SideComparison.SafetyCount) -> String {
    "\(Wording.damage(count.kind).capitalizedFirst): in \(Figures.things(count.base, "trial")) of the base, "
      + "in \(count.candidate) of the candidate."
  }

  /// The trials of a side that did not recover: `The candidate never recovered: …`.
  private func unrecovered(_ side: String, _ recovery: SideRecovery) -> [String] {
    var reasons: [String] = []
    if recovery.unended > 0, let primary = comparison.primary {
      reasons.append(
        "\(primary.key) had not ended when observation ended in \(recovery.unended) of "
          + "\(Figures.things(recovery.trials, "trial")), each of which counts as longer than every other value"
      )
    }
    if recovery.unrecovered > 0 {
      reasons.append(
        "the wait for the platform’s recovery ended without it in \(recovery.unrecovered) of "
          + Figures.things(recovery.trials, "trial"))
    }
    if reasons.isEmpty { return [] }
    return [
      "The \(side) \(recovery.isNever ? "never recovered" : "did not always recover"): "
        + "\(reasons.joined(separator: "; "))."
    ]
  }

  /// `website.downtime is shorter by at least 28.5 s and at most 34.0 s, at 95 % confidence`, with the medians of both
  /// sides.
  private func difference(_ comparison: MetricComparison) -> String {
    guard let estimate = comparison.difference.estimate else {
      return "\(comparison.key): no difference measured."
    }
    let metric = comparison.metric
    let medians = [comparison.base, comparison.candidate].map { values in
      BoundedValue.median(values.compactMap(\.bounds)).map { Self.bounds($0, of: metric) } ?? "none"
    }
    let sides = "The medians are \(medians[0]) on the base and \(medians[1]) on the candidate."
    guard let interval = comparison.difference.interval else {
      return
        "\(comparison.key), candidate minus base: \(Self.bounds(estimate, of: metric)); too few trials for an "
        + "interval of confidence. \(sides)"
    }
    return "\(comparison.key) is \(Self.range(interval, of: metric)), at 95 % confidence. \(sides)"
  }

  /// `shorter by at least 28.5 s and at most 34.0 s`, `between 1.2 s shorter and 3.4 s longer`.
  static func range(_ bounds: Shift.Bounds, of metric: Metric) -> String {
    let (more, less) = words(of: metric)
    let written = WrittenBounds(bounds, of: metric)
    // The words have the direction, so the sign is left out.
    let (low, high) = (written.low?.replacing("−", with: ""), written.high?.replacing("−", with: ""))
    if bounds.low == 0, bounds.high == 0 { return "equal on both sides" }
    return switch (low, high) {
    case (let low?, let high?) where bounds.low > 0: "\(more) by at least \(low) and at most \(high)"
    case (let low?, nil) where bounds.low > 0: "\(more) by at least \(low)"
    case (let low?, let high?) where bounds.high < 0: "\(less) by at least \(high) and at most \(low)"
    case (nil, let high?) where bounds.high < 0: "\(less) by at least \(high)"
    case (let low?, let high?): "between \(low) \(less) and \(high) \(more)"
    case (let low?, nil): "at most \(low) \(less), or \(more) without a bound"
    case (nil, let high?): "at most \(high) \(more), or \(less) without a bound"
    case (nil, nil): "\(less) or \(more) without a bound"
    }
  }

  private static func words(of metric: Metric) -> (more: String, less: String) {
    metric.unit == .duration ? ("longer", "shorter") : ("more", "less")
  }

  static func bounds(_ bounds: Shift.Bounds, of metric: Metric) -> String {
    WrittenBounds(bounds, of: metric).text
  }

  static func bounds(_ bounds: BoundedValue, of metric: Metric) -> String {
    let written = WrittenBounds(Shift.Bounds(low: bounds.low, high: bounds.high), of: metric)
    if written.high == nil, let low = written.low { return "more than \(low)" }
    return written.text
  }

  /// A value at a mark of an axis: `20 s`.
  static func tick(_ value: Double, of metric: Metric) -> String {
    metric.unit == .duration
      ? Figures.limit(Nanoseconds(Int64(value.rounded()))) : Self.value(value, of: metric)
  }

  /// A value in a metric's unit. Halves of counts appear between the middle two.
  static func value(_ value: Double, of metric: Metric, _ rounding: Figures.Rounding = .nearest) -> String {
    switch metric.unit {
    // Nanoseconds are whole, except in the mean of two.
    case .duration: Figures.time(Nanoseconds(Int64(value.rounded())), rounding)
    case .count:
      Figures.number(
        Int64((value * 1000).rounded()), over: 1000, decimals: value == value.rounded() ? 0 : 1, rounding)
    }
  }

  /// The design's grade, for the first line: how the trials of both sides were made limits what they can show.
  var grade: String {
    switch comparison.design {
    case .interleaved: "interleaved"
    case .separate: "separate runs"
    }
  }

  var design: String {
    switch comparison.design {
    case .interleaved(let blocks):
      "Interleaved: both settings took turns in \(Figures.things(blocks, "block")) of four."
    case .separate(let allowance, let isAssumed):
      "Separate runs: the margin includes \(Self.percent(allowance)) for differences between runs, "
        + (isAssumed
          ? "which is assumed." : "as earlier runs show.")
    }
  }

  /// `126` for a probability of 1 in 126.4.
  static func once(_ chance: Double) -> String {
    let times = 1 / max(chance, 1e-9)
    // A whole number may be missed by rounding.
    return times >= 1e6 ? "more than a million" : Figures.grouped(Int((times * (1 + 1e-9)).rounded(.down)))
  }

  /// One trial's value in a table.
  static func trial(_ value: TrialValue, of metric: Metric) -> String {
    switch value {
    case .value(let bounds):
      Self.bounds(bounds, of: metric) + (bounds.high.isFinite ? "" : ", not ended when observation ended")
    case .endedEarly(let bounds): "\(Self.bounds(bounds, of: metric)), ended early"
    case .void(let reason): "void: \(reason)"
    }
  }

  /// The words about a metric other than the primary one.
  static func result(_ claims: [Claim]) -> String {
    if claims.contains(.worse) { return "worse" }
    if claims.contains(.better) { return "better" }
    return claims.contains(.noRegression) ? "no regression" : "not shown"
  }
}

extension SideComparison {
  /// Whether the fleets of both sides have a cluster manager.
  var hasManager: Bool { (base.runs + candidate.runs).allSatisfy(\.fleet.hasManager) }
}
