import Scenario

/// A duration, or a time on the controller's clock, with bounds: the true value is in `low...high`, most likely
/// `estimate`.
package struct Interval: Codable, Equatable, Sendable {
  package var estimate: Nanoseconds
  /// The lowest value that the observations allow.
  package var low: Nanoseconds
  /// The highest value that the observations allow.
  package var high: Nanoseconds

  package init(estimate: Nanoseconds, low: Nanoseconds, high: Nanoseconds) {
    self.estimate = estimate
    self.low = low
    self.high = high
  }

  package init(exactly value: Nanoseconds) { self.init(estimate: value, low: value, high: value) }

  /// A time with the uncertainty of its clock in both directions.
  package init(_ value: Nanoseconds, uncertainty: Nanoseconds) {
    self.init(estimate: value, low: value - uncertainty, high: value + uncertainty)
  }

  package static let zero = Interval(exactly: .zero)

  /// The sum; lower bounds, estimates and upper bounds are added separately.
  package static func + (left: Interval, right: Interval) -> Interval {
    Interval(
      estimate: left.estimate + right.estimate, low: left.low + right.low, high: left.high + right.high)
  }

  /// The time from an earlier event to a later one: two events in `[lo, hi]` are at least `lo2 - hi1` and at most
  /// `hi2 - lo1` apart.
  func since(_ earlier: Interval) -> Interval {
    Interval(
      estimate: estimate - earlier.estimate, low: low - earlier.high, high: high - earlier.low)
  }

  /// This interval limited to values that aren't negative.
  var notNegative: Interval {
    Interval(estimate: max(estimate, .zero), low: max(low, .zero), high: max(high, .zero))
  }
}
