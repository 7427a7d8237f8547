import Journal
import Scenario

/// Latency of the answers in one phase.
///
/// Only successful answers have a latency; failures are counted separately. Latency is measured from when a sample
/// was due, so a stall is fully included. Percentiles are exact for up to 4,096 answers. Of more, they are rounded up by
/// at most 1/1024, and `p50Low` and `p99Low` are the lower bounds.
package struct Latency: Encodable, Equatable, Sendable {
  /// The phase in which the samples were due.
  package var phase: Phase
  package var answered: Int
  /// Samples that failed, were never sent, or are unknown.
  package var unanswered: Int
  /// The median; nil if no sample was answered.
  package var p50: Nanoseconds?
  /// nil where the median is exact.
  var p50Low: Nanoseconds?
  /// The 99th percentile.
  package var p99: Nanoseconds?
  /// nil where the 99th percentile is exact.
  var p99Low: Nanoseconds?
  package var max: Nanoseconds?
  /// nil if the probe reported no parts of its requests.
  package var parts: RequestMedians?

  private enum CodingKeys: String, CodingKey {
    case phase, answered, unanswered, p50, p99, max, parts
    case p50Low = "p50-low"
    case p99Low = "p99-low"
  }

  init(_ fold: ProbeFold.PhaseLatency) {
    let distribution = fold.distribution
    phase = fold.span.phase
    unanswered = fold.unanswered
    parts = fold.parts.map(RequestMedians.init)
    answered = distribution.count
    let (median, p99) = (distribution.percentile(50), distribution.percentile(99))
    p50 = median?.high
    p50Low = median.flatMap { $0.low < $0.high ? $0.low : nil }
    self.p99 = p99?.high
    p99Low = p99.flatMap { $0.low < $0.high ? $0.low : nil }
    max = distribution.greatest
  }
}
