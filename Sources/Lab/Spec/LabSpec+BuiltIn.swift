import Scenario

extension LabSpec {
  /// Every built-in spec, the default first.
  package static let all = [
    threeHosts,
    // Replication and heals share 100 Mbit/s with the guest's writes.
    builtIn("slow-storage", "like three-hosts, with 100 Mbit/s between the bricks") {
      $0.storageNetwork.rate = 100_000_000
    },
    builtIn(
      "two-storage-links",
      "like slow-storage, with a second link of 100 Mbit/s; each connection uses one, as of a bond"
    ) {
      $0.storageNetwork.rate = 100_000_000
      $0.storageLinks = 2
    },
    builtIn(
      "distant-hosts", "like three-hosts, with 2 ms from each host to the others; the kernel needs netem"
    ) {
      $0.storageNetwork.delay = .milliseconds(2)
      $0.serviceNetwork.delay = .milliseconds(2)
    },
    builtIn("monitored", "like three-hosts, with Prometheus and Alertmanager, which watch the hosts") {
      $0.monitoring = [.prometheus]
    },
    builtIn("watched", "like monitored, with snmpd on each host, Nagios plugins and an SMS gateway") {
      $0.monitoring = Set(LabOptions.Monitor.allCases)
    },
    // A platform that loses acknowledged records with its guest's memory, to see how a report shows this.
    builtIn(
      "early-guest", "like three-hosts, with a guest that acknowledges writes before they are on the disk"
    ) {
      $0.acknowledgesBeforeSync = true
    },
    builtIn("xfs-bricks", "like three-hosts, with each brick on an XFS file system on a loop device") {
      $0.bricks = .xfs
    },
    builtIn("fenced", "like three-hosts, with a Pacemaker that fences hosts by their BMCs") {
      $0.fencing = .onoff
    },
    builtIn("slow-healing", "like slow-storage, with one heal thread on each host and no heals by clients") {
      $0.storageNetwork.rate = 100_000_000
      $0.healThreads = 1
      $0.backgroundHeals = 0
    },
    builtIn("carried-alerts", "like monitored, with Alertmanager in a VM of the lab, which Pacemaker starts")
    {
      $0.monitoring = [.prometheus]
      $0.alertmanager = .guest
    },
    builtIn("noisy", "like three-hosts, with a second VM that writes without a limit") {
      $0.noisyGuest = .free
    },
    builtIn(
      "noisy-limited", "like noisy, with at most 20 disk operations a second of the second VM, by libvirt"
    ) {
      $0.noisyGuest = .limited
    },
    builtIn("full", "like watched and fenced, with bricks on XFS, and 1 Gbit/s between them") {
      $0.bricks = .xfs
      $0.fencing = .onoff
      $0.monitoring = Set(LabOptions.Monitor.allCases)
      $0.storageNetwork.rate = 1_000_000_000
    },
    builtIn("plain", "one host with libvirt alone: no cluster, no shared storage, sockets as of virtqemud") {
      $0.platform = .plain
    },
    builtIn("two-plain", "two hosts like that of plain, with the backups of the VM on the other host") {
      $0.platform = .twoPlain
    },
  ]

  package static func named(_ name: String) throws(LabError) -> LabSpec {
    guard let spec = all.first(where: { $0.name == name }) else {
      throw .unknownSpec(name, known: all.map(\.name))
    }
    return spec
  }

  package static let threeHosts = builtIn(
    "three-hosts", "Pacemaker over Gluster on three hosts, with a VM that serves a website")

  private static func builtIn(
    _ name: String, _ summary: String, _ change: (_ options: inout LabOptions) -> Void = { _ in }
  ) -> LabSpec {
    var options = LabOptions(name: name)
    change(&options)
    return LabSpec(options, summary: summary)
  }
}
