/// A value of which only bounds are known: the true one is in `low...high`.
///
/// An exact value has equal bounds. A censored one, which had not ended when observation ended, has an infinite `high`.
package struct BoundedValue: Equatable, Hashable, Sendable {
  package var low: Double
  package var high: Double

  /// - Precondition: `low` is finite, not greater than `high`, and neither is a NaN.
  package init(low: Double, high: Double) {
    precondition(low.isFinite && low <= high, "bounds \(low) and \(high) are not in order")
    self.low = low
    self.high = high
  }

  package init(exactly value: Double) { self.init(low: value, high: value) }

  package static func censored(above bound: Double) -> BoundedValue {
    BoundedValue(low: bound, high: .infinity)
  }

  /// 1 if this value is certainly greater than `other`, -1 if it is certainly less, 0 if the bounds can't decide.
  package func sign(against other: BoundedValue) -> Int {
    if low > other.high { return 1 }
    return high < other.low ? -1 : 0
  }

  /// The bounds of the median, which are the medians of the bounds; nil without values. Of an even number of values it
  /// is the mean of the middle two, of which an infinite one makes it infinite.
  package static func median(_ values: [BoundedValue]) -> BoundedValue? {
    if values.isEmpty { return nil }
    return BoundedValue(low: median(values.map(\.low).sorted()), high: median(values.map(\.high).sorted()))
  }

  /// The median of sorted numbers.
  static func median(_ sorted: [Double]) -> Double {
    let (left, right) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return left == right ? left : (left + right) / 2
  }
}
