/// The options of a rehearsal lab: what its built-in specs differ in, and what a spec file can state. The defaults are
/// those of the spec `three-hosts`.
package struct LabOptions: Codable, Hashable, Sendable {
  package var name: String
  package var platform = Platform.cluster
  package var bricks = Bricks.folder
  /// How many files the heal daemon of each host heals at the same time: Gluster's `cluster.shd-max-threads`. Gluster's
  /// default is 1, its group of options for VM images has 8.
  package var healThreads = 8
  /// How many files a client heals beside its own requests: `cluster.background-self-heal-count`; nil for Gluster's
  /// default, 8.
  package var backgroundHeals: Int?
  package var fencing = Fencing.none
  package var monitoring: Set<Monitor> = []
  /// The network of the bricks, `internal`.
  package var storageNetwork = Network()
  /// How many links each host has for the bricks. A connection uses one of them.
  package var storageLinks = 1
  /// The network of the guest, the cluster and ssh, `external`.
  package var serviceNetwork = Network()
  package var alertmanager = Place.machine
  package var noisyGuest = NoisyGuest.none
  /// Whether the guest acknowledges a record before it is on the disk.
  package var acknowledgesBeforeSync = false

  package init(name: String) { self.name = name }

  /// What keeps the guest.
  package enum Platform: String, Codable, CaseIterable, Sendable {
    /// Pacemaker over Gluster on three hosts.
    case cluster
    /// libvirt alone on one host, with the guest's disk on it. Of the other options only those of the service network and of
    /// the guest apply.
    case plain
    /// Two such hosts, each with its own disks and the backups of the other one.
    case twoPlain = "two-plain"
  }

  /// Where a host's brick is.
  package enum Bricks: String, Codable, CaseIterable, Sendable {
    /// A folder on the machine's file system.
    case folder
    /// An XFS file system of each brick, on a loop device.
    case xfs
  }

  /// How Pacemaker fences a host.
  package enum Fencing: String, Codable, CaseIterable, Sendable {
    case none
    /// By its BMC: off, wait until it is off, on.
    case onoff
    /// By its BMC's command for a power cycle, which is not seen off.
    case cycle
  }

  /// Where Alertmanager runs.
  package enum Place: String, Codable, CaseIterable, Sendable {
    /// Beside the hosts.
    case machine
    /// In a virtual machine of the lab.
    case guest
  }

  /// A second virtual machine, which writes without a pause.
  package enum NoisyGuest: String, Codable, CaseIterable, Sendable {
    case none
    case free
    /// By libvirt, to a few disk operations a second.
    case limited
  }

  /// What watches the hosts.
  package enum Monitor: String, Codable, CaseIterable, Sendable {
    /// Prometheus and Alertmanager, with a node exporter on each host.
    case prometheus
    /// snmpd on each host.
    case snmp
    /// Nagios plugins.
    case nagios
    /// An SMS gateway, to which Alertmanager sends its alerts.
    case sms
  }

  package struct Network: Codable, Hashable, Sendable {
    /// Bits per second that each host can send, and receive; nil for no limit.
    package var rate: Int?
    /// The one-way delay between two hosts; nil for none.
    package var delay: Nanoseconds?

    package init(rate: Int? = nil, delay: Nanoseconds? = nil) {
      self.rate = rate
      self.delay = delay
    }
  }
}
