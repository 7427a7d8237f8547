import Journal
import Scenario

/// A period in which a probe's service did not answer as expected.
///
/// A probe doesn't observe the time between its samples. With L the last ok, f the first fail, g the last fail and F
/// the first ok after it, the outage lasted at most `C_F - S_L` and at least `S_g - C_f`; the estimate is `S_F -
/// S_f`. An unknown sample neither opens nor closes an outage; the time around it counts for the upper bound only.
package struct Outage: Encodable, Equatable, Sendable {
  /// When L was due; nil if there was no ok before.
  package var lastOk: Nanoseconds?
  /// When f was due.
  package var firstFail: Nanoseconds
  /// When g was due.
  package var lastFail: Nanoseconds
  /// When F was due; nil if there was no ok after.
  package var firstOk: Nanoseconds?
  /// When F's answer arrived; nil if there was no ok after.
  package var firstAnswer: Nanoseconds?
  /// Samples that failed.
  package var failed: Int
  /// Unknown samples during the outage.
  package var unknown: Int
  /// Its duration; censored if its start or its end was not observed.
  package var length: Span
  /// The results of its samples, with the most frequent first: `timeout`, `refused`.
  package var statuses: [String]

  /// The outages in a probe's samples, which are in the order of their due times, and the periods between two ok
  /// samples in which all samples are unknown.
  package static func all(in samples: [Sample]) -> (outages: [Outage], blind: [Nanoseconds]) {
    var outages: [Outage] = []
    var blind: [Nanoseconds] = []
    var lastOk: Sample?
    var open: [Sample] = []
    var unknown = 0
    var unknownAfterFail = 0
    for sample in samples {
      switch sample.verdict {
      case .unknown: if open.isEmpty { unknown += 1 } else { unknownAfterFail += 1 }
      case .fail:
        open.append(sample)
        unknown += unknownAfterFail
        unknownAfterFail = 0
      case .ok:
        if !open.isEmpty {
          outages.append(
            Outage(after: lastOk, fails: open, unknown: unknown + unknownAfterFail, before: sample))
        } else if unknown > 0 {
          blind.append(sample.completed - (lastOk ?? samples[0]).scheduled)
        }
        (lastOk, open, unknown, unknownAfterFail) = (sample, [], 0, 0)
      }
    }
    if !open.isEmpty {
      outages.append(Outage(after: lastOk, fails: open, unknown: unknown + unknownAfterFail, before: nil))
    } else if unknown > 0, let lastOk, let last = samples.last {
      blind.append(last.completed - lastOk.scheduled)
    }
    return (outages, blind)
  }

  private init(after lastOk: Sample?, fails: [Sample], unknown: Int, before firstOk: Sample?) {
    let (first, last) = (fails[0], fails[fails.count - 1])
    self.lastOk = lastOk?.scheduled
    firstFail = first.scheduled
    lastFail = last.scheduled
    self.firstOk = firstOk?.scheduled
    firstAnswer = firstOk?.completed
    failed = fails.count
    self.unknown = unknown
    // If sample numbers are missing between two fails, the service may have answered in between.
    var low = last.scheduled - first.completed
    for (one, next) in zip(fails, fails.dropFirst()) where next.sequence > one.sequence + 1 {
      low = low - max(next.scheduled - one.completed, .zero)
    }
    low = max(low, .zero)
    length =
      if let lastOk, let firstOk {
        .measured(
          Interval(
            estimate: firstOk.scheduled - first.scheduled, low: low,
            high: firstOk.completed - lastOk.scheduled))
      } else {
        .censored(moreThan: low)
      }
    let counts = Dictionary(grouping: fails, by: \.status).mapValues(\.count)
    statuses = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  }
}
