import Scenario

/// An inject request to an agent.
package struct LeaseRequested: Codable, Equatable, Sendable {
  /// Unique in the run.
  package var lease: String
  package var step: String
  package var host: String
  package var fault: String
  /// The object that is cut or stopped, for display: `eth0, eth1 (carrier)`.
  package var object: String
  /// The maximum time for which the host keeps the fault active.
  package var duration: Nanoseconds
  /// Whether it cuts the control path of its site.
  package var cutsControlPath: Bool
  /// Whether it happens at once and is never active.
  package var isInstant: Bool { instant ?? false }
  /// Absent from journals of versions without instant faults.
  private var instant: Bool?
  /// The permanent damage of the fault, as a clause. Nil if there is none, and in journals of versions that did not
  /// record it.
  package var leaves: String?
  /// Whether every host works during the fault: it takes none from the platform.
  package var sparesHosts: Bool { spares ?? false }
  /// Absent for faults that take a host, and from journals of versions that did not record it.
  private var spares: Bool?

  package init(
    lease: String, step: String, host: String, fault: String, object: String, duration: Nanoseconds,
    cutsControlPath: Bool, isInstant: Bool = false, leaves: String? = nil, sparesHosts: Bool = false
  ) {
    self.leaves = leaves
    spares = sparesHosts ? true : nil
    instant = isInstant ? true : nil
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
  package var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at`, from the clocks' offset.
  package var uncertainty: Nanoseconds
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  package var took: Nanoseconds
  /// The observation that proves it.
  package var evidence: String

  package init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, took: Nanoseconds, evidence: String)
  {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.took = took
    self.evidence = evidence
  }
}

/// A fault's verified revert.
package struct LeaseReverted: Codable, Equatable, Sendable {
  package var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at` and `lastActive`.
  package var uncertainty: Nanoseconds
  /// The trigger of the revert.
  package var cause: RevertCause
  /// When the effect was last observed before the undo. Nil if it was not active then, if it could not be observed,
  /// or in a journal of a version that did not record it.
  package var lastActive: Nanoseconds?

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
  package var lease: String
  /// When the effect was last observed, on the controller's clock since the run began; nil if only the start of the
  /// effect is known.
  package var lastActive: Nanoseconds?
  /// When its absence was first observed, on the same clock.
  package var firstEnded: Nanoseconds
  /// The uncertainty of both, from the clocks' offset.
  package var uncertainty: Nanoseconds
  package var cause: EndCause
  /// What was observed instead: `link eth1 is up`.
  package var reason: String

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

/// What ended an effect before its revert.
package enum EndCause: String, Codable, CaseIterable, Sendable {
  /// Something on the host other than Murphy: a user, a manager, a service.
  case others
  /// The kernel, by the timeout of set elements.
  case kernel
  /// The host's next boot.
  case reboot
}
