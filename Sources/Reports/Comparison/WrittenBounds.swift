import Metrics
import Scenario
import Statistics

/// Bounds in a metric's unit, as every sentence, table and picture of comparisons and histories writes them. Each end is
/// rounded away from the other, so that the words promise no more than the bounds.
struct WrittenBounds {
  /// Nil for an end without a bound.
  let low: String?
  let high: String?

  init(_ bounds: Shift.Bounds, of metric: Metric) {
    low = bounds.low.isFinite ? ComparisonWords.value(bounds.low, of: metric, .down) : nil
    high = bounds.high.isFinite ? ComparisonWords.value(bounds.high, of: metric, .up) : nil
  }

  /// `28.5 s to 34.0 s`, `28.5 s or more`.
  var text: String {
    switch (low, high) {
    case (let low?, let high?): low == high ? low : "\(low) to \(high)"
    case (let low?, nil): "\(low) or more"
    case (nil, let high?): "\(high) or less"
    case (nil, nil): "not bounded"
    }
  }
}
