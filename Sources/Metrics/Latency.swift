import Journal
import Scenario

/// Latency of the answers in one phase, exact, from the sorted samples.
///
/// Only successful answers have a latency; failures are counted separately. Latency is measured from when a sample
/// was due, so a stall is fully included.
package struct Latency: Encodable, Equatable, Sendable {
  /// The phase in which the samples were due.
  package var phase: Phase
  package var answered: Int
  /// Samples that failed, were never sent, or are unknown.
  package var unanswered: Int
  /// The median; nil if no sample was answered.
  package var p50: Nanoseconds?
  /// The 99th percentile.
  package var p99: Nanoseconds?
  package var max: Nanoseconds?

  init(_ samples: [Sample], in span: PhaseSpan) {
    let due = samples.filter { $0.scheduled >= span.begin && $0.scheduled < span.end }
    let sorted = due.filter { $0.verdict == .ok }.map(\.latency).sorted()
    phase = span.phase
    answered = sorted.count
    unanswered = due.count - sorted.count
    p50 = LatencyBand.percentile(50, of: sorted)
    p99 = LatencyBand.percentile(99, of: sorted)
    max = sorted.last
  }
}
