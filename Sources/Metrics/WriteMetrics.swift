import Journal
import Scenario

/// An append probe's records in a trial.
package struct WriteMetrics: Encodable, Equatable, Sendable {
  package var probe: String
  /// Records that were acknowledged.
  package var acknowledged: Int
  /// Records found after recovery, acknowledged or not; nil if they could not be read.
  package var present: Int?
  /// Records found that were never acknowledged, which is allowed.
  package var presentUnacknowledged: Int?
  /// Acknowledged records that are missing after recovery.
  package var lost: Count
  /// The sequence numbers of the missing records, as ascending closed ranges `[first, last]` of acknowledged records; at
  /// most the first 1,000.
  package var lostRanges: [[Int64]]
  /// When the records of these ranges were due, and how many they are.
  package var lostPeriods: [LostPeriod]
  /// Records with an invalid checksum.
  package var torn: Count
  /// The recovery point that the service reached; see `RecoveryPointFold`.
  package var recoveryPoint: Span

  package struct LostPeriod: Equatable, Sendable {
    package var first: Nanoseconds
    package var last: Nanoseconds
    package var count: Int
  }

  private enum CodingKeys: String, CodingKey {
    case probe, acknowledged, present, presentUnacknowledged, lost, lostRanges, torn
    case recoveryPoint = "recovery-point"
  }

  init(_ writes: WritesFold, of probe: String) {
    self.probe = probe
    acknowledged = writes.acknowledged
    lostPeriods = []
    let audit = writes.audit
    guard let audit, audit.unreadable == nil else {
      let reason = audit?.unreadable ?? "the records were never read"
      (present, presentUnacknowledged, lostRanges) = (nil, nil, [])
      (lost, torn) = (.notObserved(reason: reason), .notObserved(reason: reason))
      recoveryPoint = .notObserved(reason: reason)
      return
    }
    let present = writes.ranges.reduce(0) { $0 + Int($1[1] - $1[0] + 1) }
    self.present = present
    presentUnacknowledged = max(present - (acknowledged - writes.lost), 0)
    lost = .counted(writes.lost)
    lostRanges = writes.lostRanges
    lostPeriods = writes.lostPeriods
    torn = .counted(audit.torn)
    recoveryPoint = writes.recoveryPoint.span
  }
}

/// Compares acknowledged records with those found after recovery, as samples come in the order of their numbers.
struct WritesFold {
  static let mostRanges = 1000

  /// The last audit of the probe's records in the trial.
  let audit: WritesAudit?
  /// The numbers of the records found, as ascending closed ranges.
  let ranges: [[Int64]]
  private(set) var acknowledged = 0
  private(set) var lost = 0
  private(set) var lostRanges: [[Int64]] = []
  private(set) var lostPeriods: [WriteMetrics.LostPeriod] = []
  private(set) var recoveryPoint = RecoveryPointFold()
  private var next = 0
  private var wasLost = false

  init(_ probe: Fleet.Probe, in trial: TrialRecord) {
    audit =
      trial.entries.reversed().lazy.compactMap { entry -> WritesAudit? in
        if case .writesAudited(let audit) = entry.event, audit.probe == probe.name { return audit }
        return nil
      }.first
    ranges = (audit?.present ?? []).filter { $0.count == 2 && $0[0] <= $0[1] }.sorted { $0[0] < $1[0] }
  }

  mutating func take(_ sample: Sample) {
    guard sample.verdict == .ok else { return }
    acknowledged += 1
    while next < ranges.count, ranges[next][1] < sample.sequence { next += 1 }
    let isPresent = next < ranges.count && ranges[next][0] <= sample.sequence
    recoveryPoint.take(sample, isPresent: isPresent)
    defer { wasLost = !isPresent }
    if isPresent { return }
    lost += 1
    if wasLost {
      if isFull { return }
      lostRanges[lostRanges.count - 1][1] = sample.sequence
      lostPeriods[lostPeriods.count - 1].last = sample.scheduled
      lostPeriods[lostPeriods.count - 1].count += 1
    } else if lostRanges.count < Self.mostRanges {
      lostRanges.append([sample.sequence, sample.sequence])
      lostPeriods.append(.init(first: sample.scheduled, last: sample.scheduled, count: 1))
    } else {
      isFull = true
    }
  }

  /// Whether the present range of lost records is left out.
  private var isFull = false
}
