/// Gluster: the management daemon and a brick on each host, and a replicated volume mounted over FUSE.
struct Gluster: LabComponent {
  let network: LabNetwork
  /// The guest's disk on the volume, and its size in bytes.
  let disk: String
  let diskSize: Int
  /// Disks of further guests, with their sizes.
  var furtherDisks: [(path: String, size: Int)] = []
  /// See ``LabOptions/healThreads``.
  var healThreads = 8
  /// See ``LabOptions/backgroundHeals``.
  var backgroundHeals: Int?

  let name = "gluster"
  let programs: KeyValuePairs = [
    "glusterfs-server": ["glusterd"], "glusterfs-cli": ["gluster"], "glusterfs-client": ["mount.glusterfs"],
  ]
  let trial = """
    mknod /mnt/fuse c 10 229
    if lacks sh -c ': < /mnt/fuse'; then echo "no /dev/fuse: load the kernel module fuse"; fi
    """
  let folders = ["var/lib/glusterd", "bricks/vms"]
  /// The folder of a host's brick: a replica of the volume.
  static let brick = brickDisk + "/brick"
  /// Where a disk of the brick is mounted, if it has one.
  static let brickDisk = "/bricks/vms"

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    let peers = lab.spec.hosts(of: name).count
    return [
      LabService(
        part: .gluster, daemon: "glusterd", log: "/var/log/glusterfs/glusterd.log",
        start: """
          mkdir -p /var/log/glusterfs/bricks /run/gluster
          setsid -f glusterd --no-daemon > /var/log/glusterfs/boot.log 2>&1
          """,
        ask: .inHost(
          """
          output=$(gluster --mode=script pool list 2>&1) || { echo "$output"; exit 1; }
          connected=$(echo "$output" | grep -c '[[:space:]]Connected')
          echo "$connected of \(peers) peers connected"
          [ "$connected" -eq \(peers) ]
          """),
        patience: 40),
      // Mounted from the host's own glusterd as soon as it serves the volume: other peers may be down at a boot.
      LabService(
        part: .volume, daemon: "glusterfs", log: "/var/log/glusterfs/srv-vms.log",
        start: """
          mkdir -p /srv/vms
          setsid -f sh -c 'until mount -t glusterfs \(network.address(of: host)):/vms /srv/vms; do sleep 0.5; done' \\
            > /var/log/glusterfs/mount.log 2>&1
          """,
        ask: .inHost(
          """
          mountpoint -q /srv/vms || { echo "not mounted"; exit 1; }
          stat --format "%n, %s bytes" \(disk)
          """),
        patience: 40),
    ]
  }

  /// Joins the peers as their glusterds answer, creates the volume, and the guest's disk on it. The options are those
  /// of Gluster's own group for VM images, `virt`, without its shorter network timeouts: the ping-timeout stays at
  /// Gluster's default of 42 s.
  func setup(in lab: Lab) -> LabSetup? {
    let hosts = lab.spec.hosts(of: name)
    guard let first = hosts.first else { return nil }
    let peers = hosts.dropFirst().map(network.address).joined(separator: " ")
    let bricks = hosts.map { "\(network.address(of: $0)):\(Self.brick)" }.joined(separator: " ")
    return LabSetup(
      part: .volume, host: first,
      script: """
        set -eu
        until gluster --mode=script pool list; do sleep 0.2; done
        for peer in \(peers); do
          until gluster --mode=script peer probe "$peer"; do sleep 0.2; done
        done
        # The other peers learn of each other from the first. Until then, creating a volume fails.
        tries=40
        until gluster --mode=script volume create vms replica \(hosts.count) \(bricks) force; do
          tries=$((tries - 1))
          [ $tries -gt 0 ] || exit 1
          sleep 0.25
        done
        gluster --mode=script volume set vms \(volumeOptions.map { "\($0) \($1)" }.joined(separator: " "))
        gluster --mode=script volume start vms
        until mountpoint -q /srv/vms; do sleep 0.2; done
        \((furtherDisks + [(disk, diskSize)]).map { "truncate --size \($0.size) \($0.path)" }.joined(separator: "\n"))
        """,
      patience: 60)
  }

  /// Gluster identifies its peers by address, so each host has its address as an alias.
  func add(to fleet: inout LabFleet, in lab: Lab) {
    for host in lab.spec.hosts(of: name) {
      fleet.hosts[host.name, default: []].append("aliases: [\(network.address(of: host))]")
    }
    fleet.views.append("storage: {gluster: vms}")
  }

  private var volumeOptions: [(String, String)] {
    Self.virtualMachineOptions + [("cluster.shd-max-threads", "\(healThreads)")]
      + (backgroundHeals.map { [("cluster.background-self-heal-count", "\($0)")] } ?? [])
  }

  private static let virtualMachineOptions = [
    ("performance.quick-read", "off"),
    ("performance.read-ahead", "off"),
    ("performance.io-cache", "off"),
    ("performance.low-prio-threads", "32"),
    ("performance.strict-o-direct", "on"),
    ("network.remote-dio", "disable"),
    ("cluster.eager-lock", "enable"),
    ("cluster.quorum-type", "auto"),
    ("cluster.server-quorum-type", "server"),
    ("cluster.data-self-heal-algorithm", "full"),
    ("cluster.locking-scheme", "granular"),
    ("cluster.shd-wait-qlength", "10000"),
    ("features.shard", "on"),
    ("user.cifs", "off"),
    ("cluster.choose-local", "off"),
    ("client.event-threads", "4"),
    ("server.event-threads", "4"),
    ("performance.client-io-threads", "on"),
    ("server.keepalive-time", "10"),
    ("server.keepalive-interval", "2"),
    ("server.keepalive-count", "5"),
    ("cluster.lookup-optimize", "off"),
  ]
}

extension LabPart {
  /// glusterd, with every peer connected.
  package static let gluster = LabPart(rawValue: "gluster")
  /// The replicated volume, mounted on the host.
  package static let volume = LabPart(rawValue: "volume")
}
