import Metrics
import Scenario
import Statistics

/// A candidate against a base: whether their runs can be compared, and the claims that they show.
package struct SideComparison: Sendable {
  package let base: ComparedSide
  package let candidate: ComparedSide
  package let design: Design
  package let differences: [Difference]
  /// The metric that decides. Nil if the scenario has no objective with `max`.
  package let primary: MetricComparison?
  /// At most two further metrics that are tested, with the claims that hold for both together.
  package let secondary: [(comparison: MetricComparison, claims: [Claim])]
  /// The other objectives, without a verdict.
  package let others: [MetricComparison]
  /// Whether the primary metric rises or falls with time on a side.
  package let drifts: [Drift]
  package let phases: [PhaseDifference]
  /// The promises that a side broke, with the numbers of its trials.
  package let safety: [SafetyCount]
  package let recovery: (base: SideRecovery, candidate: SideRecovery)
  package let verdict: Verdict
  /// The runs of the same scenario, fleet and probes that are in no side, so that a comparison that was repeated until it
  /// fits is seen. Nil if no folder of runs was given.
  package var otherRuns: [String]?

  package enum Verdict: Equatable, Sendable {
    case refused(Refusal)
    /// A part other than the declared factor differs, or the values drifted.
    case confounded
    /// The candidate broke a promise that the base kept.
    case worseBySafety
    case worse
    case better
    case noRegression
    /// The estimate is beyond the margin, but there are too few trials to show it.
    case suggestive(Claim)
    /// The number of values per side with which the comparison would decide, if the shares stay the same. Nil if no
    /// reasonable number would decide.
    case inconclusive(values: Int?)
  }

  /// The reason why two sides can't be compared.
  package enum Refusal: Equatable, Sendable {
    case noPrimary
    /// One side has fewer than three trials with a value.
    case tooFew(base: Int, candidate: Int)
    /// More than a third of a side's trials are void.
    case tooManyVoid(base: Int, candidate: Int)
  }

  /// A promise, and the number of trials of each side that broke it.
  package struct SafetyCount: Equatable, Sendable {
    package var kind: Safety.Kind
    package var base: Int
    package var candidate: Int
  }

  /// The trend of one side's values over time.
  package struct Drift: Equatable, Sendable {
    package var isCandidate: Bool
    package var trend: Trend

    package static let level = 0.05
    package var isShown: Bool { trend.chance <= Self.level }
  }

  /// The smallest number of values a side.
  package static let fewest = 3
  private static let mostSecondary = 2

  /// Compares two sides of separate runs.
  ///
  /// - Parameters:
  ///   - factors: the keys of the intended differences.
  ///   - allowance: the difference between runs without a change, as a share of the value. Nil if that is not known.
  package init(_ base: ComparedSide, _ candidate: ComparedSide, factors: [String], allowance: Double? = nil) {
    self.init(
      base, candidate, blocks: [SideBlock(base: base.trials, candidate: candidate.trials)],
      .separate(allowance: allowance ?? Design.assumedAllowance, isAssumed: allowance == nil),
      Difference.all(
        base.runs.flatMap(\.conditions), candidate.runs.flatMap(\.conditions), factors: factors))
  }

  /// Compares the two settings of a run.
  package init(_ run: AlternatedRun) {
    self.init(
      run.base, run.candidate, blocks: run.blocks, .interleaved(blocks: run.blocks.count), Difference.all(run)
    )
  }

  private init(
    _ base: ComparedSide, _ candidate: ComparedSide, blocks: [SideBlock], _ design: Design,
    _ differences: [Difference]
  ) {
    self.base = base
    self.candidate = candidate
    self.design = design
    self.differences = differences
    let added = design.allowance
    let scenario = base.runs.first?.scenario
    let slowest = (base.runs + candidate.runs).map(\.slowestProbe).max() ?? .zero
    let compared = (scenario?.compared ?? []).map { objective in
      var margin =
        scenario?.margin(of: objective, slowest: slowest) ?? Margin(relative: 0, absolute: 0)
      margin.relative += added
      return MetricComparison(objective.metric, of: objective.subject, blocks: blocks, margin)
    }
    primary = compared.first
    secondary = Self.judged(Array(compared.dropFirst().prefix(Self.mostSecondary)))
    others = Array(compared.dropFirst(1 + Self.mostSecondary))
    drifts = [(false, primary?.base ?? []), (true, primary?.candidate ?? [])].map { isCandidate, values in
      Drift(isCandidate: isCandidate, trend: Trend(values.compactMap(\.bounds)))
    }
    recovery = (
      SideRecovery(base, primary?.base ?? []), SideRecovery(candidate, primary?.candidate ?? [])
    )
    phases = PhaseDifference.all(base.trials, candidate.trials)
    safety = Safety.Kind.allCases.compactMap { kind in
      let broken = [base, candidate].map { side in
        side.trials.count { $0.safety.contains { $0.kind == kind && $0.outcome == .broken } }
      }
      return broken == [0, 0] ? nil : SafetyCount(kind: kind, base: broken[0], candidate: broken[1])
    }
    verdict = Self.verdict(primary, design, differences, drifts, safety)
  }

  /// The verdict, by the first rule that applies.
  private static func verdict(
    _ primary: MetricComparison?, _ design: Design, _ differences: [Difference], _ drifts: [Drift],
    _ safety: [SafetyCount]
  ) -> Verdict {
    guard let primary else { return .refused(.noPrimary) }
    let values = [primary.base, primary.candidate].map { $0.compactMap(\.bounds).count }
    let voids = [primary.base.count - values[0], primary.candidate.count - values[1]]
    if voids[0] * 3 > primary.base.count || voids[1] * 3 > primary.candidate.count {
      return .refused(.tooManyVoid(base: voids[0], candidate: voids[1]))
    }
    if values.contains(where: { $0 < fewest }) {
      return .refused(.tooFew(base: values[0], candidate: values[1]))
    }
    // A drift affects both sides of a block alike.
    let isDrifting = if case .separate = design { drifts.contains(where: \.isShown) } else { false }
    if isDrifting || differences.contains(where: { !$0.isDeclared }) { return .confounded }
    if safety.contains(where: { $0.candidate > 0 && $0.base == 0 }) { return .worseBySafety }
    if primary.shows(.worse) { return .worse }
    if primary.shows(.better) { return .better }
    if primary.shows(.noRegression) { return .noRegression }
    if let claim = primary.suggestion { return .suggestive(claim) }
    return .inconclusive(values: primary.valuesToShow())
  }

  /// The claims of several metrics that hold together, by Holm's procedure.
  private static func judged(_ comparisons: [MetricComparison]) -> [(MetricComparison, [Claim])] {
    var claims = comparisons.map { _ in [Claim]() }
    for claim in [Claim.worse, .better] {
      let chances = comparisons.map { $0.evidence[claim]?.chance ?? 1 }
      for (index, holds) in Holm.accepted(chances, level: claim.level).enumerated() where holds {
        claims[index].append(claim)
      }
    }
    // No correction is needed for the claim that none of several metrics regressed.
    for (index, comparison) in comparisons.enumerated() where comparison.shows(.noRegression) {
      claims[index].append(.noRegression)
    }
    return Array(zip(comparisons, claims))
  }

  /// The phase that changed most in the direction of the difference; nil if the difference has none.
  package var changedPhase: PhaseDifference? {
    primary.flatMap { PhaseDifference.greatest(phases, of: $0) }
  }

  /// Whether the candidate broke a promise, also if the base did.
  package var hasDamage: Bool { safety.contains { $0.candidate > 0 } }

  /// The trials of the candidate in which no acknowledged write was lost; nil if one was, or if a trial did not check it.
  package var trialsWithoutLoss: Int? {
    let judged = candidate.trials.filter { $0.void == nil }
    let areKept = judged.allSatisfy { trial in
      let results = trial.safety.filter { $0.kind == .lostWrites }
      return !results.isEmpty && results.allSatisfy { $0.outcome == .kept }
    }
    let isBroken = safety.contains { $0.kind == .lostWrites && $0.candidate > 0 }
    return areKept && !isBroken && !judged.isEmpty ? judged.count : nil
  }

  /// Whether a claim was shown, or damage was found.
  package var isDecided: Bool {
    switch verdict {
    case .worseBySafety, .worse, .better, .noRegression: true
    case .refused, .confounded, .suggestive, .inconclusive: false
    }
  }

  /// Whether the sides can't be compared.
  package var isRefused: Bool { if case .refused = verdict { true } else { false } }

  /// Whether the candidate must not be accepted: it is worse, or it broke a promise, with any verdict. The base's damage
  /// is no excuse for it.
  package var isUnacceptable: Bool { verdict == .worse || hasDamage }
}
