import AgentProtocol
import Journal

/// What becomes of a lease; its log has one JSON line for each.
package enum LeaseHappening: Codable, Sendable {
  /// The fault is about to be injected.
  case injecting
  /// The fault is effective.
  case effective(Effect)
  /// The effect ended before its revert.
  case ended(EarlyEnd)
  /// The fault is about to be undone: what was seen before.
  case reverting(LastObservation)
  /// The fault was reverted.
  case reverted(Revert)
}

extension LeaseStatus {
  /// Whether the lease was reverted and no act under it can come after that, so that its record can be deleted.
  package var isKnownToBeOver: Bool { revert != nil && !isInDoubt }

  /// Takes the next line of the lease's log.
  package mutating func take(_ happening: LeaseHappening) {
    switch happening {
    case .injecting: isStarted = true
    case .effective(let effect): self.effect = effect
    // What is seen after an undo has begun is the work of that undo.
    case .ended(let end): if lastObservation == nil { ended = ended ?? end }
    case .reverting(let observation):
      lastObservation = lastObservation ?? observation
      ended = ended ?? lastObservation?.ended
    case .reverted(let revert): self.revert = revert
    }
  }
}
