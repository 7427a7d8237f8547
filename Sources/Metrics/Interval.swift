import Scenario

/// A span of time, or a point on the controller's clock, as what is known of it: it lies in `low...high`, most
/// likely at `estimate`.
package struct Interval: Codable, Equatable, Sendable {
  /// The best single figure.
  package var estimate: Nanoseconds
  /// The least that the observations allow.
  package var low: Nanoseconds
  /// The most that the observations allow.
  package var high: Nanoseconds

  /// An interval of these parts.
  package init(estimate: Nanoseconds, low: Nanoseconds, high: Nanoseconds) {
    self.estimate = estimate
    self.low = low
    self.high = high
  }

  /// A figure known exactly.
  package init(exactly value: Nanoseconds) { self.init(estimate: value, low: value, high: value) }

  /// A stamp with the uncertainty of its clock on both sides.
  package init(_ value: Nanoseconds, uncertainty: Nanoseconds) {
    self.init(estimate: value, low: value - uncertainty, high: value + uncertainty)
  }

  /// No time at all.
  package static let zero = Interval(exactly: .zero)

  /// The sum: both sides add up.
  package static func + (left: Interval, right: Interval) -> Interval {
    Interval(
      estimate: left.estimate + right.estimate, low: left.low + right.low, high: left.high + right.high)
  }

  /// The time from an earlier event to a later one: two events in `[lo, hi]` are at least `lo2 - hi1` and at
  /// most `hi2 - lo1` apart.
  func since(_ earlier: Interval) -> Interval {
    Interval(
      estimate: estimate - earlier.estimate, low: low - earlier.high, high: high - earlier.low)
  }

  /// This span where it is known that it can't be negative.
  var notNegative: Interval {
    Interval(estimate: max(estimate, .zero), low: max(low, .zero), high: max(high, .zero))
  }
}
