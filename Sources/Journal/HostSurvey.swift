import Scenario

/// A host's fingerprint, and the offset of its clock from the controller's.
package struct HostSurvey: Codable, Equatable, Sendable {
  package var host: String
  /// The environment's fingerprint: `kernel`, `libvirt`, `qemu`, `gluster`, `pacemaker`, `corosync`, and if known
  /// `gluster.volume.OPTION`, `link.NAME.mtu`, `link.NAME.rate`.
  package var fingerprint: [String: String]
  /// The domains that run on the host.
  package var running: [String]
  /// The host's clock minus the controller's.
  package var clockOffset: Nanoseconds
  /// The uncertainty of that offset: half the best round trip.
  package var clockUncertainty: Nanoseconds

  package init(
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
