import Glibc
import Scenario

/// What a comparison can show with its numbers of trials, before any value is known.
///
/// Whether a claim can be shown at all is exact. How large a difference is shown is estimated for values with normal
/// noise, by drawing comparisons with a fixed seed. It is in standard deviations of one side's values, so it is valid
/// for any scenario.
package struct DesignPower: Sendable {
  private let blocks: [(Int, Int)]
  private let chance: RankSum

  /// - Parameter blocks: the numbers of values of both sides, a pair per block.
  package init(blocks: [(Int, Int)]) {
    self.blocks = blocks
    chance = RankSum(blocks: blocks)
  }

  /// The number of pairs that are compared.
  package var pairs: Int { chance.pairs }

  /// The greatest number of pairs against a claim at which it is still shown. Nil if these numbers of trials can't show
  /// it with any values.
  package func allowed(against claim: Claim) -> Int? {
    let order = chance.order(atMost: claim.level)
    return order == 0 ? nil : order - 1
  }

  /// By how many standard deviations the true difference must be beyond the margin so that a claim is shown with the
  /// given probability. Nil if the claim can't be shown.
  ///
  /// For `noRegression` it is how far below the margin the true difference must be.
  package func deviations(for claim: Claim, probability: Double = 0.8) -> Double? {
    guard let least = least(for: claim) else { return nil }
    return max(0, least[min(least.count - 1, Int((Double(least.count) * probability).rounded(.up)) - 1)])
  }

  /// The probability that a claim is shown if the true difference is this many standard deviations beyond the margin,
  /// or below it for `noRegression`. 0 if the claim can't be shown.
  package func probability(of claim: Claim, at deviations: Double) -> Double {
    guard let least = least(for: claim) else { return 0 }
    return Double(least.count { $0 <= deviations }) / Double(least.count)
  }

  /// The number of drawn comparisons. Large designs are drawn less often, since each has many pairs to sort.
  private var drawn: Int { max(500, min(4_000, 400_000 / max(1, pairs))) }

  /// For each drawn comparison, the least difference at which the claim is shown, in ascending order.
  private func least(for claim: Claim) -> [Double]? {
    guard let allowed = allowed(against: claim) else { return nil }
    var random = NormalGenerator(seed: 20_261_127)
    return (0..<drawn).map { _ in
      var leads: [Double] = []
      for (base, candidate) in blocks {
        let left = (0..<base).map { _ in random.next() }
        let right = (0..<candidate).map { _ in random.next() }
        for x in left { for y in right { leads.append(x - y) } }
      }
      leads.sort(by: >)
      return leads[allowed]
    }.sorted()
  }
}

/// Numbers with a standard normal distribution, by the method of Box and Muller (1958).
private struct NormalGenerator {
  private var uniform: SeededGenerator
  private var spare: Double?

  init(seed: UInt64) { uniform = SeededGenerator(seed: seed) }

  mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    let radius = (-2 * log(Double.random(in: Double.leastNormalMagnitude..<1, using: &uniform))).squareRoot()
    let angle = Double.random(in: 0..<2 * Double.pi, using: &uniform)
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
