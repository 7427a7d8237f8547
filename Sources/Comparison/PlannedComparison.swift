import Scenario
import Statistics

/// What the trials of a run can show in a comparison, before it is made.
package struct PlannedComparison: Encodable, Equatable, Sendable {
  /// The trials of a side.
  package var trials: Int
  /// The blocks of four, if both sides take turns in one run. Nil if each side is a separate run.
  package var blocks: Int?
  /// The claims that can be shown.
  package var claims: [String]
  /// Whether a drift over the trials could be noticed. Interleaved sides need no such check.
  package var showsDrift: Bool
  /// The least number of trials a side, or of blocks, with which each verdict can be reached.
  package var fewestForAll: Int
  /// The margin, in per cent of the base's value, with the allowance between separate runs.
  package var percent: Int
  /// The standard deviations beyond the margin at which worse or better is shown in 8 of 10 comparisons. Nil if it
  /// can't be shown.
  package var deviations: Double?
  /// The standard deviations within the margin at which no regression is shown in 8 of 10 comparisons.
  package var deviationsWithin: Double?
  /// The noise of an earlier run; nil if none was given.
  package var noise: Noise?

  /// The values of earlier trials.
  package struct Noise: Encodable, Equatable, Sendable {
    /// `website.downtime`.
    package var key: String
    package var trials: Int
    /// In nanoseconds, or a count.
    package var median: Double
    package var deviation: Double
    /// The difference from the median that is shown as worse or better in 8 of 10 comparisons, with the margin.
    package var shown: Double?
    /// Whether the noise is small enough for no regression to be shown in 8 of 10 comparisons of equal sides.
    package var allowsNoRegression: Bool
    package var isTime: Bool
  }

  /// A run's trials against as many of a separate run.
  package init(separate trials: Int, _ scenario: Scenario, earlier: ComparedSide? = nil) {
    self.init(
      trials: trials, blocks: nil, scenario, allowance: Design.assumedAllowance, earlier: earlier
    ) { [(min($0, Self.mostCounted), min($0, Self.mostCounted))] }
  }

  /// With more trials a side the difference that can be shown hardly changes, and the exact distribution takes long.
  private static let mostCounted = 40

  /// Two settings that take turns in one run.
  package init(blocks: Int, _ scenario: Scenario, earlier: ComparedSide? = nil) {
    self.init(trials: blocks * 2, blocks: blocks, scenario, allowance: 0, earlier: earlier) {
      Array(repeating: (2, 2), count: $0)
    }
  }

  private init(
    trials: Int, blocks: Int?, _ scenario: Scenario, allowance: Double, earlier: ComparedSide?,
    design: (Int) -> [(Int, Int)]
  ) {
    self.trials = trials
    self.blocks = blocks
    let power = DesignPower(blocks: design(blocks ?? trials))
    let enough = trials >= SideComparison.fewest
    claims = enough ? Claim.allCases.filter { power.allowed(against: $0) != nil }.map(\.rawValue) : []
    showsDrift = blocks != nil || Self.canShowDrift(trials)
    fewestForAll =
      (1...).first { number in
        let power = DesignPower(blocks: design(number))
        return Claim.allCases.allSatisfy { power.allowed(against: $0) != nil }
          && (blocks != nil || Self.canShowDrift(number))
      } ?? trials
    let declared = scenario.compare ?? Scenario.Compare()
    percent = declared.percent + Int((allowance * 100).rounded())
    deviations = enough ? power.deviations(for: .worse) : nil
    deviationsWithin = enough ? power.deviations(for: .noRegression) : nil
    noise = earlier.flatMap { Noise(of: $0, scenario, relative: Double(percent) / 100, self) }
  }

  private static func canShowDrift(_ trials: Int) -> Bool {
    Trend((0..<min(trials, mostCounted)).map { BoundedValue(exactly: Double($0)) }).chance
      <= SideComparison.Drift.level
  }
}

extension PlannedComparison.Noise {
  /// Nil if the scenario has no metric to compare, or the earlier runs have too few values of it.
  fileprivate init?(
    of side: ComparedSide, _ scenario: Scenario, relative: Double, _ planned: PlannedComparison
  ) {
    guard let objective = scenario.compared.first else { return nil }
    let values = side.trials.compactMap { trial -> Double? in
      guard let bounds = TrialValue(trial, objective.metric, of: objective.subject).bounds,
        bounds.high.isFinite
      else { return nil }
      return (bounds.low + bounds.high) / 2
    }.sorted()
    guard values.count >= SideComparison.fewest else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    key = objective.key
    trials = values.count
    median = (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
    deviation = (squares / Double(values.count - 1)).squareRoot()
    isTime = objective.metric.unit == .duration
    let slowest = side.runs.map(\.slowestProbe).max() ?? .zero
    let absolute = isTime ? Double((scenario.compare?.absolute ?? slowest * 2).count) : 0.5
    let margin = max(relative * median, absolute)
    shown = planned.deviations.map { [deviation] in margin + $0 * deviation }
    allowsNoRegression = planned.deviationsWithin.map { [deviation] in $0 * deviation <= margin } ?? false
  }
}
