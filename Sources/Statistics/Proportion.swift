#if canImport(Glibc)
  import Glibc
#endif

/// What `successes` of `trials` show about the true rate: the bounds of Clopper and Pearson (1934), each of 95 %
/// confidence on its own.
package struct Proportion: Equatable, Sendable {
  package static let level = 0.05

  package var successes: Int
  package var trials: Int

  package init(_ successes: Int, of trials: Int) {
    precondition((0...trials).contains(successes), "\(successes) of \(trials) is no proportion")
    self.successes = successes
    self.trials = trials
  }

  /// The true rate is at least this; 0 without successes.
  package var low: Double {
    successes == 0 ? 0 : Self.root { Self.atLeast(successes, of: trials, rate: $0) - Self.level }
  }

  /// The true rate is at most this; 1 without failures.
  package var high: Double { 1 - Proportion(trials - successes, of: trials).low }

  /// The probability of `count` or more successes.
  private static func atLeast(_ count: Int, of trials: Int, rate: Double) -> Double {
    if rate <= 0 { return count == 0 ? 1 : 0 }
    if rate >= 1 { return 1 }
    return (count...trials).reduce(0) { sum, k in
      let ways = lgamma(Double(trials + 1)) - lgamma(Double(k + 1)) - lgamma(Double(trials - k + 1))
      return sum + exp(ways + Double(k) * log(rate) + Double(trials - k) * log1p(-rate))
    }
  }

  /// Where a function that grows from below 0 to above it crosses 0 between 0 and 1.
  private static func root(_ function: (Double) -> Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if function(middle) < 0 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
