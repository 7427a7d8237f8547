import Scenario

/// A fault asked of an agent.
package struct LeaseRequested: Codable, Equatable, Sendable {
  /// The lease's name, unique in the run.
  package var lease: String
  /// The step that it belongs to.
  package var step: String
  /// The host.
  package var host: String
  /// The fault's name in the catalogue.
  package var fault: String
  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  package var object: String
  /// How long the host holds it at most.
  package var duration: Nanoseconds
  /// Whether it cuts the controller's own path to the host.
  package var cutsControlPath: Bool

  /// A request of these parts.
  package init(
    lease: String, step: String, host: String, fault: String, object: String, duration: Nanoseconds,
    cutsControlPath: Bool
  ) {
    self.lease = lease
    self.step = step
    self.host = host
    self.fault = fault
    self.object = object
    self.duration = duration
    self.cutsControlPath = cutsControlPath
  }
}

/// A fault's verified effect.
package struct LeaseEffective: Codable, Equatable, Sendable {
  /// The lease.
  package var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at`, from the clocks' offset.
  package var uncertainty: Nanoseconds
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  package var took: Nanoseconds
  /// What was seen that proves it.
  package var evidence: String

  /// An effect of these parts.
  package init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, took: Nanoseconds, evidence: String)
  {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.took = took
    self.evidence = evidence
  }
}

/// A fault's verified end.
package struct LeaseReverted: Codable, Equatable, Sendable {
  /// The lease.
  package var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at` and `lastActive`.
  package var uncertainty: Nanoseconds
  /// Which link of the chain lifted it.
  package var cause: RevertCause
  /// When the effect was last seen before it was undone; nil where it was not active then, could not be looked at, or in
  /// the journal of a version that did not look.
  package var lastActive: Nanoseconds?

  /// An end of these parts.
  package init(
    lease: String, at: Nanoseconds, uncertainty: Nanoseconds, cause: RevertCause,
    lastActive: Nanoseconds? = nil
  ) {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.cause = cause
    self.lastActive = lastActive
  }
}

/// An effect that ended before its lease was reverted. The revert still follows.
package struct LeaseEnded: Codable, Equatable, Sendable {
  /// The lease.
  package var lease: String
  /// When the effect was last seen, on the controller's clock since the run began; nil where only its beginning is
  /// known.
  package var lastActive: Nanoseconds?
  /// When it was first seen to have ended, on the same clock.
  package var firstEnded: Nanoseconds
  /// The uncertainty of both, from the clocks' offset.
  package var uncertainty: Nanoseconds
  /// Who ended it.
  package var cause: EndCause
  /// What was seen in its place: `link eth1 is up`.
  package var reason: String

  /// An end of these parts.
  package init(
    lease: String, lastActive: Nanoseconds?, firstEnded: Nanoseconds, uncertainty: Nanoseconds,
    cause: EndCause, reason: String
  ) {
    self.lease = lease
    self.lastActive = lastActive
    self.firstEnded = firstEnded
    self.uncertainty = uncertainty
    self.cause = cause
    self.reason = reason
  }
}

/// Who ends an effect, other than a revert.
package enum EndCause: String, Codable, CaseIterable, Sendable {
  /// Something on the host that is not Murphy: a person, a manager, a service.
  case others
  /// The kernel, by the timeout of set elements.
  case kernel
  /// The host's next boot.
  case reboot
}
