import AgentProtocol
import Journal

/// An event of a lease. The lease's log has one JSON line for each.
package enum LeaseHappening: Codable, Sendable {
  /// The fault is about to be injected.
  case injecting
  /// The fault is effective.
  case effective(Effect)
  /// The injection has ended without a confirmed effect, and no act of it can follow.
  case injectionEnded
  /// The effect ended before its revert.
  case ended(EarlyEnd)
  /// The fault is about to be undone, after this observation.
  case reverting(LastObservation)
  /// The fault was reverted.
  case reverted(Revert)
}

extension LeaseStatus {
  /// Whether the lease was reverted and no act under it can follow, so that its record can be deleted.
  package var isKnownToBeOver: Bool { revert != nil && !isInDoubt }

  /// Takes the next line of the lease's log.
  package mutating func take(_ happening: LeaseHappening) {
    switch happening {
    case .injecting: isStarted = true
    case .effective(let effect): self.effect = effect
    case .injectionEnded: hasInjectionEnded = true
    // An observation after the begin of an undo may show the result of that undo.
    case .ended(let end): if lastObservation == nil { ended = ended ?? end }
    case .reverting(let observation):
      lastObservation = lastObservation ?? observation
      ended = ended ?? lastObservation?.ended
    case .reverted(let revert): self.revert = revert
    }
  }
}
