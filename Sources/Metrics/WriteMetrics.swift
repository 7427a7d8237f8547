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
  /// The sequence numbers of the missing records, as ascending closed ranges `[first, last]` of acknowledged records.
  package var lostRanges: [[Int64]]
  /// Records with an invalid checksum.
  package var torn: Count

  init(_ probe: Fleet.Probe, in trial: TrialRecord) {
    self.probe = probe.name
    let acknowledged = (trial.samples[probe.name] ?? []).filter { $0.verdict == .ok }.map(\.sequence).sorted()
    self.acknowledged = acknowledged.count
    let audit = trial.entries.reversed().lazy.compactMap { entry -> WritesAudit? in
      if case .writesAudited(let audit) = entry.event, audit.probe == probe.name { return audit }
      return nil
    }.first
    guard let audit, audit.unreadable == nil else {
      let reason = audit?.unreadable ?? "the records were never read"
      (present, presentUnacknowledged, lostRanges) = (nil, nil, [])
      (lost, torn) = (.notObserved(reason: reason), .notObserved(reason: reason))
      return
    }
    let ranges = audit.present.filter { $0.count == 2 && $0[0] <= $0[1] }.sorted { $0[0] < $1[0] }
    var lost: [[Int64]] = []
    var count = 0
    var next = 0
    var previousLost = false
    for sequence in acknowledged {
      while next < ranges.count, ranges[next][1] < sequence { next += 1 }
      let isPresent = next < ranges.count && ranges[next][0] <= sequence
      if !isPresent {
        count += 1
        if previousLost { lost[lost.count - 1][1] = sequence } else { lost.append([sequence, sequence]) }
      }
      previousLost = !isPresent
    }
    let present = ranges.reduce(0) { $0 + Int($1[1] - $1[0] + 1) }
    self.present = present
    presentUnacknowledged = max(present - (acknowledged.count - count), 0)
    self.lost = .counted(count)
    lostRanges = lost
    torn = .counted(audit.torn)
  }
}
