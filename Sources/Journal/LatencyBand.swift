import Scenario

/// The latency that counts as usual: up to twice the baseline's 95th percentile, and never less than 50 ms above it,
/// so that a baseline of a fraction of a millisecond doesn't make noise a finding.
public struct LatencyBand: Equatable, Sendable {
  /// The upper end.
  public var upper: Nanoseconds

  /// The band of a probe's steady phase; nil where nothing answered in it.
  public init?(steady samples: some Sequence<Sample>) {
    let answered = samples.filter { $0.verdict == .ok }.map(\.latency)
    guard let p95 = Self.percentile(95, of: answered) else { return nil }
    upper = p95 + max(p95, .milliseconds(50))
  }

  /// The nearest-rank percentile; nil of nothing.
  public static func percentile(_ rank: Int, of values: [Nanoseconds]) -> Nanoseconds? {
    if values.isEmpty { return nil }
    let sorted = values.sorted()
    return sorted[max(0, (sorted.count * rank + 99) / 100 - 1)]
  }

  /// Whether samples are stable: at least one is known, 99.9 % of the known are ok, at most half are unknown, and the
  /// 95th percentile of latency lies in the band.
  public func isStable(_ samples: some Collection<Sample>) -> Bool {
    let answered = samples.filter { $0.verdict == .ok }
    let failed = samples.count { $0.verdict == .fail }
    let known = answered.count + failed
    guard known > 0, 2 * (samples.count - known) <= samples.count, failed * 1000 <= known,
      let p95 = Self.percentile(95, of: answered.map(\.latency))
    else { return false }
    return p95 <= upper
  }
}
