import Metrics
import Statistics

/// A trial of the base and one of the candidate that are compared with each other.
package struct TrialPair: Equatable, Sendable {
  /// The trials' numbers within their sides, from 1.
  package var base: Int
  package var candidate: Int
  /// The claim that the pair supports; nil if its bounds can't decide. A pair that supports `better` also supports
  /// `noRegression`.
  package var claim: Claim?

  /// The pairs of each block. A trial without a value is in none.
  static func all(_ blocks: [SideBlock], _ margin: Margin, value: (TrialMetrics) -> BoundedValue?)
    -> [[TrialPair]]
  {
    var (before, after) = (0, 0)
    return blocks.map { block in
      defer { (before, after) = (before + block.base.count, after + block.candidate.count) }
      return block.candidate.enumerated().flatMap { row, candidate in
        block.base.enumerated().compactMap { column, base -> TrialPair? in
          guard let base = value(base), let candidate = value(candidate) else { return nil }
          return TrialPair(
            base: before + column + 1, candidate: after + row + 1,
            claim: [Claim.worse, .better, .noRegression].first {
              !$0.isContradicted(base: base, candidate: candidate, margin)
            })
        }
      }
    }
  }
}
