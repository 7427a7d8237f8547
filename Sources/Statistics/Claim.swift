/// A statement about a candidate against a base, tested pair by pair with the margin that was declared before the run.
///
/// A pair counts against a claim unless its bounds prove it, so ties, the probes' resolution and censored values only
/// make the test more careful. The number of pairs against the claim has the Mann-Whitney distribution if both sides
/// are equal except for the margin: Gehan (1965), "A Generalized Wilcoxon Test for Comparing Arbitrarily Singly-Censored
/// Samples"; margins as in trials of non-inferiority.
package enum Claim: String, CaseIterable, Sendable {
  /// The candidate's values are greater by more than the margin.
  case worse
  /// The candidate's values are less by more than the margin.
  case better
  /// The candidate's values are not greater by more than the margin.
  case noRegression = "no-regression"

  /// The probability of a false claim that is accepted.
  package var level: Double { self == .noRegression ? 0.05 : 0.025 }

  /// Whether a pair counts against the claim: it contradicts it, or its bounds can't decide.
  package func isContradicted(base: BoundedValue, candidate: BoundedValue, _ margin: Margin) -> Bool {
    switch self {
    case .worse: candidate.low <= margin.above(base.high)
    case .better: candidate.high >= margin.below(base.low)
    case .noRegression: candidate.high >= margin.above(base.low)
    }
  }

  /// Tests the claim.
  package func test(_ sides: PairedSides, _ margin: Margin) -> Evidence {
    let against = sides.pairs { isContradicted(base: $0, candidate: $1, margin) }.count { $0 }
    return Evidence(
      claim: self, against: against, pairs: sides.chance.pairs, chance: sides.chance.atMost(against))
  }

  /// What the pairs show about a claim.
  package struct Evidence: Equatable, Sendable {
    package var claim: Claim
    /// The pairs that contradict the claim or can't decide.
    package var against: Int
    /// All pairs.
    package var pairs: Int
    /// The probability of so few pairs against the claim by chance alone.
    package var chance: Double

    /// Whether the claim is shown.
    package var holds: Bool { pairs > 0 && chance <= claim.level }
  }
}
