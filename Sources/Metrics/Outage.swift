import Journal
import Scenario

/// A period in which a probe's service did not answer as expected.
///
/// A probe doesn't observe the time between its samples. With f the first fail, L the last ok that was answered before f was
/// due, g the last fail and F the first ok after it, the outage lasted at most `C_F - S_L` and at least `S_g - C_f`; the
/// estimate is `S_F - S_f`. An ok that was answered later is not L: TCP repeats a lost request after a second, so its answer
/// may be from after the outage. An unknown sample neither opens nor closes an outage; the time around it counts for the upper bound only.
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
}

extension Outage {
  /// The outages in a probe's samples, which are in the order of their due times.
  package static func all(in samples: [Sample]) -> [Outage] {
    var fold = OutageFold(most: .max)
    for sample in samples { fold.take(sample) }
    fold.end()
    return fold.outages
  }
}

/// Finds a probe's outages as samples come, in the order of their due times.
struct OutageFold {
  /// The outages, without those beyond `most`.
  private(set) var outages: [Outage] = []
  /// How many outages were left out.
  private(set) var leftOut = 0
  /// The sum of all outages and of the periods between two ok samples in which all samples are unknown, which may hide
  /// one; the longest of both.
  private(set) var downtime = Span.measured(.zero)
  private(set) var longest: Span?
  /// Whether any result is known.
  private(set) var isKnown = false

  private let most: Int
  private let countsFromFirst: Bool
  /// L, or the first ok sample.
  private var lastOk: Moment?
  /// The ok samples after `lastOk`, which the service had not answered yet when the last sample was due.
  private var unanswered: [Moment] = []
  private var last: Moment?
  private var first: Moment?
  private var open: OpenOutage?
  private var unknown = 0

  /// When a sample was due, and when its answer arrived.
  private struct Moment {
    var scheduled: Nanoseconds
    var completed: Nanoseconds
  }

  /// - Parameters:
  ///   - most: the number of outages to keep, so that a service that fails all the time takes no more memory.
  ///   - countsFromFirst: whether a period that began before the first sample is counted from there. Otherwise its
  ///     beginning was not observed.
  init(most: Int, countsFromFirst: Bool = false) {
    self.most = most
    self.countsFromFirst = countsFromFirst
  }

  mutating func take(_ sample: Sample) { take(sample, as: sample.verdict) }

  /// Takes a sample with another verdict than its own, for periods of another state.
  mutating func take(_ sample: Sample, as verdict: Sample.Verdict) {
    let moment = Moment(scheduled: sample.scheduled, completed: sample.completed)
    if first == nil { first = moment }
    last = moment
    if open == nil, unknown == 0 { takeAnswers(until: sample.scheduled) }
    switch verdict {
    case .unknown: if open == nil { unknown += 1 } else { open?.unknownAfterFail += 1 }
    case .fail:
      isKnown = true
      if open == nil { open = OpenOutage(sample, unknown: unknown) } else { open?.take(sample) }
    case .ok:
      isKnown = true
      if open == nil, unknown == 0, lastOk != nil {
        // A sample that failed counts as ok for periods of another state. It has no answer.
        let answered = sample.verdict == .ok ? sample.completed : sample.scheduled
        unanswered.append(Moment(scheduled: sample.scheduled, completed: answered))
        return
      }
      if let open {
        close(open, before: moment)
      } else if unknown > 0 {
        addHidden(sample.completed - (lastOk ?? first ?? moment).scheduled)
      }
      (lastOk, open, unknown) = (moment, nil, 0)
      unanswered.removeAll(keepingCapacity: true)
    }
  }

  /// Takes the last sample that was answered by this time as L.
  private mutating func takeAnswers(until due: Nanoseconds) {
    guard let place = unanswered.lastIndex(where: { $0.completed <= due }) else { return }
    lastOk = unanswered[place]
    unanswered.removeFirst(place + 1)
  }

  /// After the last sample.
  ///
  /// - Parameter countsToLast: whether a period that had not ended is counted to the last sample. Otherwise its end was not
  ///   observed.
  mutating func end(countsToLast: Bool = false) {
    if let open {
      close(open, before: countsToLast ? last : nil)
    } else if unknown > 0, let lastOk, let last {
      addHidden(last.completed - lastOk.scheduled)
    }
    open = nil
    unknown = 0
  }

  private mutating func addHidden(_ length: Nanoseconds) {
    add(.measured(Interval(estimate: .zero, low: .zero, high: length)))
  }

  private mutating func add(_ span: Span) {
    downtime = Span.sum([downtime, span])
    longest = Span.longest([longest, span].compactMap { $0 })
  }

  private mutating func close(_ open: OpenOutage, before firstOk: Moment?) {
    let low = max(open.low, .zero)
    let before = lastOk ?? (countsFromFirst ? first : nil)
    let length: Span =
      if let before, let firstOk {
        .measured(
          Interval(
            estimate: firstOk.scheduled - open.first.scheduled, low: low,
            high: firstOk.completed - before.scheduled))
      } else {
        .censored(moreThan: low)
      }
    add(length)
    if outages.count == most {
      leftOut += 1
      return
    }
    let statuses = open.statuses.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    outages.append(
      Outage(
        lastOk: lastOk?.scheduled, firstFail: open.first.scheduled, lastFail: open.last.scheduled,
        firstOk: firstOk?.scheduled, firstAnswer: firstOk?.completed, failed: open.failed,
        unknown: open.unknown + open.unknownAfterFail, length: length, statuses: statuses))
  }

  private struct OpenOutage {
    let first: Moment
    var last: Moment
    var lastSequence: Int64
    var failed = 1
    var unknown: Int
    var unknownAfterFail = 0
    var statuses: [String: Int]
    /// The time for which the service certainly did not answer: less what may have been between two fails whose numbers
    /// show that samples are missing.
    var low: Nanoseconds

    /// A service could answer with a new status each time.
    private static let mostStatuses = 64

    init(_ fail: Sample, unknown: Int) {
      first = Moment(scheduled: fail.scheduled, completed: fail.completed)
      last = first
      lastSequence = fail.sequence
      self.unknown = unknown
      statuses = [fail.status: 1]
      low = fail.scheduled - fail.completed
    }

    mutating func take(_ fail: Sample) {
      low = low + (fail.scheduled - last.scheduled)
      if fail.sequence > lastSequence + 1 { low = low - max(fail.scheduled - last.completed, .zero) }
      last = Moment(scheduled: fail.scheduled, completed: fail.completed)
      lastSequence = fail.sequence
      failed += 1
      unknown += unknownAfterFail
      unknownAfterFail = 0
      if statuses[fail.status] != nil || statuses.count < Self.mostStatuses {
        statuses[fail.status, default: 0] += 1
      }
    }
  }
}
