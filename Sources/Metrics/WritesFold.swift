import Journal
import Scenario

/// Compares acknowledged records with those found after recovery, as samples come in the order of their numbers.
struct WritesFold {
  /// The places that the last audit of the trial read.
  let reads: [RecordsRead]
  /// What the platform shows; nil if it could not be read.
  let found: PlatformRecords?
  private(set) var acknowledged = 0
  private(set) var indeterminate = 0
  private(set) var acknowledgedPresent = 0
  private(set) var lost = RecordTally()
  private(set) var torn = RecordTally()
  private(set) var stale = RecordTally()
  private(set) var tornUnacknowledged = 0
  private(set) var recoveryPoint = RecoveryPointFold()
  private(set) var lostUnconfirmed = 0

  init(_ probe: Fleet.Probe, in trial: TrialRecord) {
    let audit =
      trial.entries.reversed().lazy.compactMap { entry -> WritesAudit? in
        if case .writesAudited(let audit) = entry.event, audit.probe == probe.name { return audit }
        return nil
      }.first
    reads = audit?.reads ?? []
    found = PlatformRecords(reads)
  }

  /// Why the records are not known.
  var unreadable: String {
    reads.lazy.compactMap { $0.place.kind == .replica ? nil : $0.unreadable }.first
      ?? "the records were never read"
  }

  mutating func take(_ sample: Sample) {
    let number = sample.sequence
    let isTorn = found?.torn.contains(number) ?? false
    guard sample.verdict == .ok else {
      indeterminate += 1
      if isTorn { tornUnacknowledged += 1 }
      if found?.missing.contains(number) ?? false { lostUnconfirmed += 1 }
      return
    }
    acknowledged += 1
    guard let found else { return }
    let isPresent = found.present.contains(number)
    let isStale = found.stale.contains(number)
    if isPresent { acknowledgedPresent += 1 }
    recoveryPoint.take(sample, isPresent: isPresent)
    torn.take(sample, isTorn && !isPresent)
    stale.take(sample, isStale && !isPresent && !isTorn)
    lost.take(sample, !isPresent && !isTorn && !isStale)
  }
}

/// The records that every read through the platform shows.
struct PlatformRecords {
  /// Whole in every read, and seen by the writers of all later records.
  let present: NumberRanges
  /// Torn in a read.
  let torn: NumberRanges
  let tornUnplaced: Int
  /// In an older state in a read, or to the writer of a later record.
  let stale: NumberRanges
  /// Gone, although a record builds on them.
  let missing: NumberRanges

  /// nil if no place could be read.
  init?(_ reads: [RecordsRead]) {
    let found = reads.filter { $0.place.kind != .replica }.compactMap(\.found)
    guard let first = found.first else { return nil }
    func all(_ part: (RecordsFound) -> NumberRanges) -> NumberRanges {
      found.reduce(NumberRanges()) { $0.union(part($1)) }
    }
    stale = all(\.older).union(all(\.bypassed))
    present = found.dropFirst().reduce(first.present) { $0.intersection($1.present) }
      .subtracting(all(\.bypassed))
    torn = all(\.torn)
    tornUnplaced = found.map(\.tornUnplaced).max() ?? 0
    missing = all(\.missing)
  }
}

/// Counts records of one kind, and lists their numbers and times.
struct RecordTally {
  static let mostRanges = 1000

  private(set) var count = 0
  private(set) var ranges: [[Int64]] = []
  private(set) var periods: [WriteMetrics.LostPeriod] = []
  private var wasCounted = false
  /// Whether the present range is left out.
  private var isFull = false

  /// Takes an acknowledged record; adjacent ones that count are one range.
  mutating func take(_ sample: Sample, _ counts: Bool) {
    defer { wasCounted = counts }
    guard counts else { return }
    count += 1
    if wasCounted {
      if isFull { return }
      ranges[ranges.count - 1][1] = sample.sequence
      periods[periods.count - 1].last = sample.scheduled
      periods[periods.count - 1].count += 1
    } else if ranges.count < Self.mostRanges {
      ranges.append([sample.sequence, sample.sequence])
      periods.append(.init(first: sample.scheduled, last: sample.scheduled, count: 1))
    } else {
      isFull = true
    }
  }
}
