import Scenario

/// A fault asked of an agent.
public struct LeaseRequested: Codable, Equatable, Sendable {
  /// The lease's name, unique in the run.
  public var lease: String
  /// The step that it belongs to.
  public var step: String
  /// The host.
  public var host: String
  /// The fault's name in the catalogue.
  public var fault: String
  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  public var object: String
  /// How long the host holds it at most.
  public var duration: Nanoseconds
  /// Whether it cuts the controller's own path to the host.
  public var cutsControlPath: Bool

  /// A request of these parts.
  public init(
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
public struct LeaseEffective: Codable, Equatable, Sendable {
  /// The lease.
  public var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at`, from the clocks' offset.
  public var uncertainty: Nanoseconds
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  public var took: Nanoseconds
  /// What was seen that proves it.
  public var evidence: String

  /// An effect of these parts.
  public init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, took: Nanoseconds, evidence: String) {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.took = took
    self.evidence = evidence
  }
}

/// A fault's verified end.
public struct LeaseReverted: Codable, Equatable, Sendable {
  /// The lease.
  public var lease: String
  /// When the host verified it, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at` and `lastActive`.
  public var uncertainty: Nanoseconds
  /// Which link of the chain lifted it.
  public var cause: RevertCause
  /// When the effect was last seen before it was undone; nil where it was not active then, could not be looked at, or in
  /// the journal of a version that did not look.
  public var lastActive: Nanoseconds?

  /// An end of these parts.
  public init(
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
public struct LeaseEnded: Codable, Equatable, Sendable {
  /// The lease.
  public var lease: String
  /// When the effect was last seen, on the controller's clock since the run began; nil where only its beginning is
  /// known.
  public var lastActive: Nanoseconds?
  /// When it was first seen to have ended, on the same clock.
  public var firstEnded: Nanoseconds
  /// The uncertainty of both, from the clocks' offset.
  public var uncertainty: Nanoseconds
  /// Who ended it.
  public var cause: EndCause
  /// What was seen in its place: `link eth1 is up`.
  public var reason: String

  /// An end of these parts.
  public init(
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
public enum EndCause: String, Codable, CaseIterable, Sendable {
  /// Something on the host that is not Murphy: a person, a manager, a service.
  case others
  /// The kernel, by the timeout of set elements.
  case kernel
  /// The host's next boot.
  case reboot
}
