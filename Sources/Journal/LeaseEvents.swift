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
  /// The uncertainty of `at`.
  public var uncertainty: Nanoseconds
  /// Which link of the chain lifted it.
  public var cause: RevertCause

  /// An end of these parts.
  public init(lease: String, at: Nanoseconds, uncertainty: Nanoseconds, cause: RevertCause) {
    self.lease = lease
    self.at = at
    self.uncertainty = uncertainty
    self.cause = cause
  }
}
