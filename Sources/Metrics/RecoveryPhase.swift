import Scenario

/// A named part of the time from the first effect to the end of the recovery. The parts show where the time went.
///
/// A part ends with a milestone, and has the name of the event for which the platform waited until then. It begins with
/// the previous milestone, and the first part begins with the effect. Two milestones at the same time give a part
/// without length.
package struct RecoveryPhase: Encodable, Equatable, Sendable {
  package var kind: Kind
  /// The start of the part, minus the time of the trial's first effect.
  package var begin: Nanoseconds
  /// The length of the part. Censored if its milestone was not observed.
  package var length: Span

  /// The event for which the platform waited.
  package enum Kind: String, Encodable, CaseIterable, Sendable {
    /// Until a manager or monitoring showed a failure.
    case detection
    /// Until the last affected virtual machine answered from another host or another boot.
    case failOver = "fail-over"
    /// Until the last service answered again.
    case serviceStart = "service-start"
    /// Until the services answered as fast as before.
    case returnToNormal = "return-to-normal"
    /// Until the last fault ended.
    case faultEnd = "fault-end"
    /// Until the storage had full redundancy again.
    case resync
  }

  /// The parts of a recovery.
  ///
  /// - Parameter milestones: first the measured ones in order of time, then the censored ones.
  static func all(_ milestones: [Milestone]) -> [RecoveryPhase] {
    var last = Interval.zero
    return milestones.compactMap { milestone in
      let kind = Kind(until: milestone.kind)
      switch milestone.time {
      case .measured(let time):
        defer { last = time }
        return RecoveryPhase(
          kind: kind, begin: last.estimate, length: .measured(time.since(last).notNegative))
      case .censored(let bound):
        return RecoveryPhase(
          kind: kind, begin: last.estimate, length: .censored(moreThan: max(bound - last.high, .zero)))
      case .notObserved: return nil
      }
    }
  }
}

extension RecoveryPhase.Kind {
  fileprivate init(until milestone: Milestone.Kind) {
    self =
      switch milestone {
      case .detected: .detection
      case .failedOver: .failOver
      case .faultOver: .faultEnd
      case .serviceBack: .serviceStart
      case .stable: .returnToNormal
      case .fullRedundancy: .resync
      }
  }
}
