import Journal
import Scenario

/// An append probe's records in a trial.
///
/// An acknowledged record is present, lost, torn or stale. It is present if every cold read through the platform (by
/// the service, or of its disk through a mount) has it whole.
package struct WriteMetrics: Encodable, Equatable, Sendable {
  package var probe: String
  /// Records that were acknowledged.
  package var acknowledged: Int
  /// Requests without an acknowledgement: their records may be there or not.
  package var indeterminate: Int
  /// Records found after recovery, acknowledged or not; nil if they could not be read.
  package var present: Int?
  /// Records found that were never acknowledged, which is allowed.
  package var presentUnacknowledged: Int?
  /// Acknowledged records whose place is empty after recovery. In journals before format 6 also torn ones.
  package var lost: Count
  /// The sequence numbers of the missing records, as ascending closed ranges `[first, last]` of acknowledged records; at
  /// most the first 1,000.
  package var lostRanges: [[Int64]]
  /// When the records of these ranges were due, and how many they are.
  package var lostPeriods: [LostPeriod]
  /// Acknowledged records of which only a part is left, and torn records whose numbers are not known.
  package var torn: Count
  package var tornRanges: [[Int64]]
  /// Torn records whose numbers are not known: one that was acknowledged is lost as well.
  package var tornUnplaced: Int?
  /// Torn records that were never acknowledged, which is allowed.
  package var tornUnacknowledged: Int?
  /// Acknowledged records in whose place an older state was seen: a record of an earlier trial is there, or later records
  /// don't build on it.
  package var stale: Count
  package var staleRanges: [[Int64]]
  /// Records that are gone although others build on them, and whose acknowledgement did not arrive.
  package var lostUnconfirmed: Int?
  /// Lost, torn, stale and gone: what the platform did not keep.
  package var damaged: Count
  /// Each place that had to be read.
  package var reads: [ReadMetrics]
  /// Replicas that differ from the others, or from what was read through the platform.
  package var differingReplicas: Count
  /// The recovery point that the service reached; see `RecoveryPointFold`.
  package var recoveryPoint: Span

  package struct LostPeriod: Equatable, Sendable {
    package var first: Nanoseconds
    package var last: Nanoseconds
    package var count: Int
  }

  private enum CodingKeys: String, CodingKey {
    case probe, acknowledged, indeterminate, present, presentUnacknowledged, lost, lostRanges, torn,
      tornRanges
    case tornUnplaced, tornUnacknowledged, stale, staleRanges, lostUnconfirmed, damaged, reads,
      differingReplicas
    case recoveryPoint = "recovery-point"
  }

  init(_ writes: WritesFold, of probe: String) {
    self.probe = probe
    acknowledged = writes.acknowledged
    indeterminate = writes.indeterminate
    reads = ReadMetrics.all(writes.reads)
    differingReplicas = ReadMetrics.differingReplicas(reads)
    lostPeriods = writes.lost.periods
    lostRanges = writes.lost.ranges
    tornRanges = writes.torn.ranges
    staleRanges = writes.stale.ranges
    guard let found = writes.found else {
      let reason = writes.unreadable
      (lost, torn, stale, damaged) = (
        .notObserved(reason: reason), .notObserved(reason: reason), .notObserved(reason: reason),
        .notObserved(reason: reason)
      )
      recoveryPoint = .notObserved(reason: reason)
      return
    }
    present = found.present.count
    presentUnacknowledged = max(found.present.count - writes.acknowledgedPresent, 0)
    lost = .counted(writes.lost.count)
    torn = .counted(writes.torn.count + found.tornUnplaced)
    tornUnplaced = found.tornUnplaced
    stale = .counted(writes.stale.count)
    recoveryPoint = writes.recoveryPoint.span
    tornUnacknowledged = writes.tornUnacknowledged
    lostUnconfirmed = writes.lostUnconfirmed
    damaged = .counted(
      writes.lost.count + writes.torn.count + writes.stale.count + writes.lostUnconfirmed)
  }
}
