import Journal

/// Puts a probe's samples, which come in the order of their answers, into the order of their numbers.
///
/// A prober numbers its samples from 1 without gaps, so a missing number shows that an earlier sample is still to come.
/// After a gap, which only a damaged journal has, it waits for a bounded number of samples.
package struct SampleOrder: Sendable {
  /// More than any prober has in flight.
  static let mostWaiting = 8192

  private var next: Int64 = 1
  /// In the order of their numbers.
  private var waiting: [Sample] = []
  private var first = 0

  package init() {}

  /// Takes the next sample, and calls `body` with those whose turn it is.
  package mutating func take(_ sample: Sample, _ body: (Sample) -> Void) {
    if sample.sequence <= next, first == waiting.count {
      next = max(next, sample.sequence &+ 1)
      body(sample)
      return
    }
    var place = waiting.count
    while place > first, Self.isBefore(sample, waiting[place - 1]) { place -= 1 }
    waiting.insert(sample, at: place)
    while first < waiting.count, waiting[first].sequence <= next || waiting.count - first > Self.mostWaiting {
      next = max(next, waiting[first].sequence &+ 1)
      body(waiting[first])
      first += 1
    }
    if first == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      first = 0
    } else if first > Self.mostWaiting {
      waiting.removeFirst(first)
      first = 0
    }
  }

  /// After the last sample: those that still waited.
  package mutating func end(_ body: (Sample) -> Void) {
    for sample in waiting[first...] { body(sample) }
    (waiting, first) = ([], 0)
  }

  private static func isBefore(_ one: Sample, _ other: Sample) -> Bool {
    (one.sequence, one.scheduled) < (other.sequence, other.scheduled)
  }
}
