import Scenario

/// The share of a limit that a duration used, in millionths.
package struct LimitShare: Encodable, Equatable, Sendable {
  /// Nil for a duration without an observed end.
  package var estimate: Int64?
  package var low: Int64
  /// Nil for a duration without an observed end.
  package var high: Int64?

  /// Nil if the duration was not observed, or for a limit of zero.
  init?(_ span: Span, of limit: Nanoseconds) {
    guard limit > .zero else { return nil }
    func share(_ time: Nanoseconds, _ rounding: FloatingPointRoundingRule) -> Int64 {
      let share = (Double(time.count) / Double(limit.count) * 1e6).rounded(rounding)
      return Int64(min(share, 1e15))
    }
    switch span {
    case .measured(let interval):
      estimate = share(interval.estimate, .toNearestOrEven)
      low = share(interval.low, .down)
      high = share(interval.high, .up)
    case .censored(let bound): (estimate, low, high) = (nil, share(bound, .down), nil)
    case .notObserved: return nil
    }
  }
}
