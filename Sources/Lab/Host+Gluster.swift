extension LabHost {
  /// Gluster's management daemon, with a brick on the internal network.
  var glusterd: HostService {
    HostService(
      part: .gluster, daemon: "glusterd", log: "/var/log/glusterfs/glusterd.log", files: [:],
      start: """
        mkdir -p /var/log/glusterfs/bricks /run/gluster
        setsid -f glusterd --no-daemon > /var/log/glusterfs/boot.log 2>&1
        """,
      ask: """
        said=$(gluster --mode=script pool list 2>&1) || { echo "$said"; exit 1; }
        connected=$(echo "$said" | grep -c '[[:space:]]Connected')
        echo "$connected of \(LabHost.allCases.count) peers connected"
        [ "$connected" -eq \(LabHost.allCases.count) ]
        """,
      patience: 40)
  }

  /// The volume, mounted over FUSE from the host's own glusterd as soon as that serves it.
  var volume: HostService {
    HostService(
      part: .volume, daemon: "glusterfs", log: "/var/log/glusterfs/srv-vms.log", files: [:],
      start: """
        setsid -f sh -c 'until mount -t glusterfs \(internalAddress):/vms /srv/vms; do sleep 0.5; done' \\
          > /var/log/glusterfs/mount.log 2>&1
        """,
      ask: """
        mountpoint -q /srv/vms || { echo "not mounted"; exit 1; }
        stat --format "%n, %s bytes" \(Guest.disk)
        """,
      patience: 40)
  }

  static let brick = "/bricks/vms/brick"

  /// Shell, run on the first host: joins the peers as their glusterds answer, makes the volume and the guest's disk on it. The options are those of
  /// Gluster's own group for VM images, `virt`, but for its shorter network timeouts: the ping-timeout stays at
  /// Gluster's default of 42 s.
  static var volumeScript: String {
    let peers = allCases.dropFirst().map(\.internalAddress).joined(separator: " ")
    let bricks = allCases.map { "\($0.internalAddress):\(brick)" }.joined(separator: " ")
    return """
      set -eu
      until gluster --mode=script pool list; do sleep 0.2; done
      for peer in \(peers); do
        until gluster --mode=script peer probe "$peer"; do sleep 0.2; done
      done
      # The others learn of each other from the first; a volume is refused until they have.
      tries=40
      until gluster --mode=script volume create vms replica \(allCases.count) \(bricks) force; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || exit 1
        sleep 0.25
      done
      gluster --mode=script volume set vms \(volumeOptions.map { "\($0) \($1)" }.joined(separator: " "))
      gluster --mode=script volume start vms
      until mountpoint -q /srv/vms; do sleep 0.2; done
      truncate --size \(Guest.diskSize) \(Guest.disk)
      """
  }

  private static let volumeOptions = [
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
    ("cluster.shd-max-threads", "8"),
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
