import Scenario

/// The range of normal latency: up to twice the baseline's 95th percentile, and at least 50 ms above it. The minimum
/// prevents findings from noise if the baseline is a fraction of a millisecond.
package struct LatencyBand: Equatable, Sendable {
  /// The upper limit.
  package var upper: Nanoseconds

  package init(upper: Nanoseconds) { self.upper = upper }

  /// The band of a probe's steady phase; nil if no sample was answered in it.
  package init?(steady samples: some Sequence<Sample>) {
    let answered = samples.filter { $0.verdict == .ok }.map(\.latency)
    guard let p95 = Self.percentile(95, of: answered) else { return nil }
    self.init(p95: p95)
  }

  /// The band above the baseline's 95th percentile.
  package init(p95: Nanoseconds) { upper = p95 + max(p95, .milliseconds(50)) }

  /// The nearest-rank percentile; nil for no values.
  package static func percentile(_ rank: Int, of values: [Nanoseconds]) -> Nanoseconds? {
    if values.isEmpty { return nil }
    return values.sorted()[max(0, Self.rank(rank, of: values.count) - 1)]
  }

  /// The nearest rank of a percentile among this number of values, from 1; 0 if there are none.
  static func rank(_ percent: Int, of count: Int) -> Int { (count * percent + 99) / 100 }
}
