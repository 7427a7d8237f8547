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
    case serviceReturn = "service-return"
    /// Until the services answered as fast as before.
    case returnToNormal = "return-to-normal"
    /// Until the last fault ended.
    case faultEnd = "fault-end"
    /// Until the storage had full redundancy again.
    case resync
  }

  /// The parts of a recovery. An event that the end of the fault may have caused comes after it: a service that hung may
  /// answer a request that was sent while the fault was active.
  ///
  /// - Parameter milestones: first the measured ones in order of time, then the censored ones.
  static func all(_ milestones: [Milestone]) -> [RecoveryPhase] {
    var milestones = milestones
    if let end = milestones.firstIndex(where: { $0.kind == .faultOver }),
      let over = milestones[end].time.interval,
      let back = milestones[..<end].firstIndex(where: { milestone in
        milestone.kind == .serviceBack && milestone.time.interval.map { $0.high >= over.low } ?? false
      })
    {
      milestones.insert(milestones.remove(at: end), at: back)
    }
    var last = Interval.zero
    return milestones.compactMap { milestone in
      let kind = Kind(until: milestone.kind)
      switch milestone.time {
      case .measured(let time):
        defer { last = time }
        return RecoveryPhase(
          kind: kind, begin: min(last.estimate, time.estimate),
          length: .measured(time.since(last).notNegative))
      case .censored(let bound):
        return RecoveryPhase(
          kind: kind, begin: last.estimate, length: .censored(moreThan: max(bound - last.high, .zero)))
      case .notObserved: return nil
      }
    }
  }
}

extension RecoveryPhase.Kind {
  /// The milestone with which it ends.
  package var end: Milestone.Kind {
    switch self {
    case .detection: .detected
    case .failOver: .failedOver
    case .serviceReturn: .serviceBack
    case .returnToNormal: .stable
    case .faultEnd: .faultOver
    case .resync: .fullRedundancy
    }
  }

  package init(until milestone: Milestone.Kind) {
    self = Self.allCases.first { $0.end == milestone } ?? .resync
  }
}
