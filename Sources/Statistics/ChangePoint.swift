import Scenario

/// Where a series of values changed, if it did: the test of Pettitt (1979), "A Non-parametric Approach to the
/// Change-point Problem", with the signs of bounded values.
///
/// The probability is exact for up to 8 values. Above, it is estimated by at most 99,999 orders drawn with a fixed seed.
/// Drawing ends once a thousand of them are as extreme, as in Besag and Clifford (1991), "Sequential Monte Carlo
/// p-values": the probability is then above 1 % for any further orders.
package struct ChangePoint: Equatable, Sendable {
  /// The number of values before the change.
  package var index: Int
  /// The probability of so great a difference at any point by chance alone.
  package var chance: Double

  static let exactLimit = 8
  static let drawn = 99_999
  /// The number of orders as extreme that ends the drawing.
  private static let sufficient = 1000

  /// Nil for fewer than two values.
  package init?(_ values: [BoundedValue]) {
    guard values.count > 1 else { return nil }
    // Each value's signs against all others: those among the values before a point cancel out in their sum.
    var ranks = values.map { left in values.reduce(0) { $0 + left.sign(against: $1) } }
    let found = Self.greatest(ranks)
    index = found.index
    if values.count <= Self.exactLimit {
      var (all, asGreat) = (0, 0)
      Self.permute(&ranks, from: 0) { ranks in
        all += 1
        if Self.greatest(ranks).excess >= found.excess { asGreat += 1 }
      }
      chance = Double(asGreat) / Double(all)
    } else {
      var generator = SeededGenerator(seed: 20_261_127)
      var (drawn, asGreat) = (0, 0)
      while drawn < Self.drawn, asGreat < Self.sufficient {
        ranks.shuffle(using: &generator)
        drawn += 1
        if Self.greatest(ranks).excess >= found.excess { asGreat += 1 }
      }
      chance =
        asGreat < Self.sufficient
        ? Double(asGreat + 1) / Double(drawn + 1) : Double(asGreat) / Double(drawn)
    }
  }

  /// The point with the greatest difference between the values before and after it.
  private static func greatest(_ ranks: [Int]) -> (index: Int, excess: Int) {
    var (sum, best) = (0, (index: 1, excess: -1))
    for (before, rank) in ranks.dropLast().enumerated() {
      sum += rank
      if abs(sum) > best.excess { best = (before + 1, abs(sum)) }
    }
    return best
  }

  private static func permute(_ ranks: inout [Int], from first: Int, _ body: ([Int]) -> Void) {
    if first >= ranks.count - 1 { return body(ranks) }
    for other in first..<ranks.count {
      ranks.swapAt(first, other)
      permute(&ranks, from: first + 1, body)
      ranks.swapAt(first, other)
    }
  }
}
