import Scenario

/// A domain's state, as libvirt on its host reports it.
package struct DomainSeen: Codable, Equatable, Sendable {
  package var host: String
  package var domain: String
  package var state: State
  /// libvirt's words for the event: `started/booted`, `suspended/paused`.
  package var what: String
  /// On the controller's clock since the run began.
  package var at: Nanoseconds
  /// The uncertainty of `at`.
  package var uncertainty: Nanoseconds

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

  package enum State: String, Codable, Sendable {
    case running
    case paused
    /// Not running on this host.
    case off
  }
}
