import Scenario

/// What a host is made of, and how its clock stands to the controller's.
public struct HostSurvey: Codable, Equatable, Sendable {
  /// The host.
  public var host: String
  /// The environment's fingerprint: `kernel`, `libvirt`, `qemu`, `gluster`, `pacemaker`, `corosync`, and where
  /// known `gluster.volume.OPTION`, `link.NAME.mtu`, `link.NAME.rate`.
  public var fingerprint: [String: String]
  /// The domains that run on the host.
  public var running: [String]
  /// The host's clock minus the controller's.
  public var clockOffset: Nanoseconds
  /// The uncertainty of that offset: half the best round trip.
  public var clockUncertainty: Nanoseconds

  /// A survey of these parts.
  public init(
    host: String, fingerprint: [String: String], running: [String], clockOffset: Nanoseconds,
    clockUncertainty: Nanoseconds
  ) {
    self.host = host
    self.fingerprint = fingerprint
    self.running = running
    self.clockOffset = clockOffset
    self.clockUncertainty = clockUncertainty
  }
}
