import Scenario

/// A domain's state as libvirt on its host tells it.
public struct DomainSeen: Codable, Equatable, Sendable {
  /// The host.
  public var host: String
  /// The domain's name.
  public var domain: String
  /// Its state from now on.
  public var state: State
  /// libvirt's words for what happened: `started/booted`, `suspended/paused`.
  public var what: String
  /// When, on the controller's clock since the run began.
  public var at: Nanoseconds
  /// The uncertainty of `at`.
  public var uncertainty: Nanoseconds

  /// A sight of these parts.
  public init(
    host: String, domain: String, state: State, what: String, at: Nanoseconds, uncertainty: Nanoseconds
  ) {
    self.host = host
    self.domain = domain
    self.state = state
    self.what = what
    self.at = at
    self.uncertainty = uncertainty
  }

  /// What a domain does on a host.
  public enum State: String, Codable, Sendable {
    /// It runs.
    case running
    /// It is suspended.
    case paused
    /// It isn't there.
    case off
  }
}
