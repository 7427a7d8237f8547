/// The exact distribution of the Mann-Whitney statistic under the hypothesis that two sides don't differ: the number
/// of pairs, one value of each side, in which the first side's value is the greater one.
///
/// With several blocks only pairs within a block are counted, so the statistic is the sum over independent blocks and
/// its distribution their convolution. Source: Mann and Whitney (1947), "On a Test of Whether one of Two Random
/// Variables is Stochastically Larger than the Other", with the recursion in probabilities instead of counts, so that
/// no number of values overflows.
package struct RankSum: Sendable {
  /// The probability of each value, from 0 to the number of pairs.
  package let probabilities: [Double]

  /// - Parameter blocks: The numbers of values of both sides, a pair per block.
  package init(blocks: [(Int, Int)]) {
    probabilities = blocks.reduce([1]) { Self.convolved($0, Self.ofBlock($1.0, $1.1)) }
  }

  /// The number of pairs.
  package var pairs: Int { probabilities.count - 1 }

  /// The probability of `count` or less.
  package func atMost(_ count: Int) -> Double {
    count < 0 ? 0 : min(1, probabilities.prefix(count + 1).reduce(0, +))
  }

  /// The greatest k for which `k - 1` or less has at most the probability `level`; 0 if there is none.
  package func order(atMost level: Double) -> Int {
    var (sum, order) = (0.0, 0)
    for probability in probabilities {
      sum += probability
      // The sums of few fractions may miss a level that they equal by rounding.
      if sum > level * (1 + 1e-12) { break }
      order += 1
    }
    return order
  }

  /// The greatest value of m values against n is among the first side's with probability m / (m + n); it is then
  /// greater than all n others.
  private static func ofBlock(_ first: Int, _ second: Int) -> [Double] {
    var row = Array(repeating: [1.0], count: second + 1)
    for m in stride(from: 1, through: first, by: 1) {
      var next = [[1.0]]
      for n in stride(from: 1, through: second, by: 1) {
        var sum = Array(repeating: 0.0, count: m * n + 1)
        let (ofFirst, ofSecond) = (Double(m) / Double(m + n), Double(n) / Double(m + n))
        for (u, probability) in row[n].enumerated() { sum[u + n] += ofFirst * probability }
        for (u, probability) in next[n - 1].enumerated() { sum[u] += ofSecond * probability }
        next.append(sum)
      }
      row = next
    }
    return row[second]
  }

  private static func convolved(_ left: [Double], _ right: [Double]) -> [Double] {
    var sum = Array(repeating: 0.0, count: left.count + right.count - 1)
    for (i, p) in left.enumerated() { for (j, q) in right.enumerated() { sum[i + j] += p * q } }
    return sum
  }
}
