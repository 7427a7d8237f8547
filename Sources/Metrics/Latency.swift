import Journal
import Scenario

/// Latency of the answers in one phase, exact, from the sorted samples.
///
/// Only answers that were as they should be have a latency; what failed is counted beside it. Latency runs from
/// when a sample was due, so a stall shows in full.
package struct Latency: Encodable, Equatable, Sendable {
  /// The phase in which the samples were due.
  package var phase: Phase
  /// How many were answered.
  package var answered: Int
  /// How many failed, were never sent, or are unknown.
  package var unanswered: Int
  /// The median; nil where nothing was answered.
  package var p50: Nanoseconds?
  /// The 99th percentile.
  package var p99: Nanoseconds?
  /// The longest.
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
