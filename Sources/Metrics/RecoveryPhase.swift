import Scenario

/// A named part of the time from the first effect to the end of the recovery: where the time went.
///
/// A part ends with a milestone and is named after what the platform was waiting for until then; it begins with the
/// milestone before, the first one with the effect. Milestones of one moment give parts without length.
package struct RecoveryPhase: Encodable, Equatable, Sendable {
  package var kind: Kind
  /// When it began, minus the trial's first effect.
  package var begin: Nanoseconds
  /// How long it took; censored if its milestone was not seen.
  package var length: Span

  /// What the platform was waiting for.
  package enum Kind: String, Encodable, CaseIterable, Sendable {
    /// Until a manager or monitoring showed a failure.
    case detection
    /// Until the last affected virtual machine answered from another host or another boot.
    case failOver = "fail-over"
    /// Until the last service answered again.
    case serviceStart = "service-start"
    /// Until the services answered as well as before.
    case returnToNormal = "return-to-normal"
    /// Until the last fault was over.
    case faultEnd = "fault-end"
    /// Until the storage had full redundancy again.
    case resync
  }

  /// The parts of a recovery.
  ///
  /// - Parameter milestones: measured ones in order of time, then censored ones.
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
