import Metrics
import Scenario
import Statistics

/// One metric of two sides.
package struct MetricComparison: Sendable {
  package let metric: Metric
  /// Nil for a metric of the run.
  package let subject: String?
  /// The values of all trials, in their order.
  package let base: [TrialValue]
  package let candidate: [TrialValue]
  package let margin: Margin
  /// By block: the pairs that are compared.
  package let pairs: [[TrialPair]]
  /// The test of each claim.
  package let evidence: [Claim: Claim.Evidence]
  /// Candidate minus base.
  package let difference: Shift
  /// Candidate over base; nil if a base value is 0.
  package let ratio: Shift?
  /// Whether only the pairs within a block are compared.
  package let isInterleaved: Bool

  /// The key of an objective: `website.downtime`.
  package var key: String { subject.map { "\($0).\(metric.rawValue)" } ?? metric.rawValue }

  init(_ metric: Metric, of subject: String?, blocks: [SideBlock], _ margin: Margin) {
    self.metric = metric
    self.subject = subject
    self.margin = margin
    isInterleaved = blocks.count > 1
    base = blocks.flatMap { $0.base.map { TrialValue($0, metric, of: subject) } }
    candidate = blocks.flatMap { $0.candidate.map { TrialValue($0, metric, of: subject) } }
    let sides = PairedSides(
      blocks: blocks.map { block in
        PairedSides.Block(
          base: block.base.compactMap { TrialValue($0, metric, of: subject).bounds },
          candidate: block.candidate.compactMap { TrialValue($0, metric, of: subject).bounds })
      })
    pairs = TrialPair.all(blocks, margin) { TrialValue($0, metric, of: subject).bounds }
    evidence = Dictionary(
      uniqueKeysWithValues: Claim.allCases.map { ($0, $0.test(sides, margin)) })
    difference = Shift.difference(sides)
    ratio = Shift.ratio(sides)
  }

  /// Whether a claim is shown.
  package func shows(_ claim: Claim) -> Bool { evidence[claim]?.holds ?? false }

  /// The direction of the difference; nil if its bounds don't exclude 0.
  var direction: Claim? {
    guard let estimate = difference.estimate else { return nil }
    if estimate.low > 0 { return .worse }
    return estimate.high < 0 ? .better : nil
  }

  /// The direction in which the estimate is beyond the margin, although no claim is shown.
  package var suggestion: Claim? {
    guard let estimate = difference.estimate else { return nil }
    let bounds = base.compactMap(\.bounds)
    guard !bounds.isEmpty else { return nil }
    // This is the margin at the median of the base's values.
    let lows = bounds.map(\.low).sorted()
    let allowed = max(margin.relative * lows[lows.count / 2], margin.absolute)
    if estimate.low > allowed { return .worse }
    return estimate.high < -allowed ? .better : nil
  }

  /// The number of values that each side needs so that one of the claims is shown, if the share of the pairs that
  /// contradict it stays the same. Nil if 40 values a side are too few, or if there are no pairs.
  package func valuesToShow(_ claims: [Claim] = Claim.allCases) -> Int? {
    let shares = evidence.values.filter { claims.contains($0.claim) && $0.pairs > 0 }.map { evidence in
      (level: evidence.claim.level, share: Double(evidence.against) / Double(evidence.pairs))
    }
    // If the sides are equal, half of the pairs contradict a claim, so no number of values shows it.
    guard let least = shares.map(\.share).min(), least < 0.45 else { return nil }
    // A block has two values of each side.
    let step = isInterleaved ? 2 : 1
    let first = (max(base.count, candidate.count) / step + 1) * step
    for count in stride(from: first, through: max(Self.mostPlanned, first), by: step) {
      let chance = RankSum(
        blocks: isInterleaved ? Array(repeating: (2, 2), count: count / 2) : [(count, count)])
      if shares.contains(where: { chance.atMost(Int($0.share * Double(chance.pairs))) <= $0.level }) {
        return count
      }
    }
    return nil
  }

  private static let mostPlanned = 40
}

/// The trials of both sides that may be compared with each other.
struct SideBlock {
  var base: [TrialMetrics]
  var candidate: [TrialMetrics]
}
