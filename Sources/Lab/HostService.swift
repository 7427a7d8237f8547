/// One part of a host: the files it is configured by, how it is started, and how it is asked.
struct HostService: Sendable {
  let part: LabPart
  /// The name of its process.
  let daemon: String
  /// Its log, from the host's root.
  let log: String
  /// Contents by path from the host's root, all of them in ``LabHost/ownFolders`` or read once at first boot.
  let files: [String: String]
  /// Shell, run by the boot script at every boot; returns at once.
  let start: String
  /// Shell, run in the host; prints an answer and exits 0, or a reason and exits otherwise.
  let ask: String
  /// Seconds after which a part that hasn't answered has failed.
  let patience: Double
}

extension LabHost {
  /// Everything that runs on this host of the lab, in the order of its boot.
  func services(lab: String) -> [HostService] {
    [sshd, libvirtd, glusterd, corosync(cluster: lab), volume, pacemaker]
  }

  /// Runs as the child of the host's PID 1, in the host's root, at every boot.
  func bootScript(lab: String) -> String {
    """
    set -eu
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
    ulimit -c 0
    umount -l /mnt
    mkdir -p /run/lock
    \(networkScript)
    # What was held when the power went: as murphy-recover.service does on a host with systemd.
    murphy-agent recover > /var/log/murphy-recover.log 2>&1 || true
    # Everything is started with setsid -f, so that PID 1 is its parent, and reaps it.
    \(services(lab: lab).map(\.start).joined(separator: "\n"))
    exec sleep infinity
    """
  }
}
