import Scenario

/// A domain's state as libvirt on its host tells it.
package struct DomainSeen: Codable, Equatable, Sendable {
  /// The host.
  package var host: String
  /// The domain's name.
  package var domain: String
  /// Its state from now on.
  package var state: State
  /// libvirt's words for what happened: `started/booted`, `suspended/paused`.
  package var what: String
  /// When, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at`.
  package var uncertainty: Nanoseconds

  /// A sight of these parts.
  package init(
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
  package enum State: String, Codable, Sendable {
    /// It runs.
    case running
    /// It is suspended.
    case paused
    /// It isn't there.
    case off
  }
}
