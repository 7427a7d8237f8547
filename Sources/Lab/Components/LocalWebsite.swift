/// The website on hosts without cluster and shared storage. Only an operator repairs it.
///
/// On one host, libvirt itself starts the virtual machine at each boot, and the backup is beside the disk. On two hosts,
/// the machine is on the first one and its backup on the other one. There libvirt doesn't start it: a host that returns
/// after a restore on the other one would run it twice.
struct LocalWebsite: LabComponent {
  let website: Website

  var name: String { website.name }
  var programs: KeyValuePairs<String, [String]> { website.programs }
  let folders = ["srv/vms", "srv/backup"]

  /// The host that keeps the backups of `host`, if it isn't the same one.
  private func other(than host: LabHost, in lab: Lab) -> LabHost? {
    lab.spec.hosts(of: name).first { $0 != host }
  }

  func missing(for lab: Lab) -> [String] { website.missing(for: lab) }
  func mounts(in lab: Lab) -> [String: String] { website.mounts(in: lab) }
  func names(in lab: Lab) -> [(address: String, name: String)] { website.names(in: lab) }

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    let other = other(than: host, in: lab)
    return website.files(on: host, in: lab).merging(
      ["etc/lab/backup.sh": backupScript(to: other), "etc/lab/restore.sh": restoreScript(without: other)]
    ) { $1 }
  }

  /// The image, and the key with which the hosts copy their backups to each other: that of the lab.
  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    try await website.prepare(lab, reporter)
    for host in lab.spec.hosts(of: name) where other(than: host, in: lab) != nil {
      let (key, known) = (
        try lab.read("\(lab.state)/ssh/id_ed25519"), try lab.read("\(lab.state)/ssh/known_hosts")
      )
      try lab.write(key, to: lab.own(Self.key, of: host), mode: 0o600)
      try lab.write(known, to: lab.own(Self.knownHosts, of: host))
    }
  }

  /// Creates disk and domain, and a first backup of the empty disk.
  func setup(in lab: Lab) -> LabSetup? {
    lab.spec.hosts(of: name).first.map { host in
      let other = other(than: host, in: lab)
      return LabSetup(
        part: .web, host: host,
        script: """
          set -eu
          until sh /etc/lab/ask/libvirt.sh; do sleep 0.2; done
          \(other.map { "until \(Self.ssh($0)) true < /dev/null; do sleep 0.2; done" } ?? "")
          truncate --size \(Website.diskSize) \(Website.disk)
          sh /etc/lab/backup.sh
          virsh -q -c qemu:///system define /etc/libvirt/vms/web.xml
          \(other == nil ? "virsh -q -c qemu:///system autostart web" : "")
          virsh -q -c qemu:///system start web
          """,
        patience: 60)
    }
  }

  func sharedService(in lab: Lab) -> LabService? {
    var service = website.sharedService(in: lab)
    service?.after = []
    service?.explain = "virsh -c qemu:///system list --all"
    return service
  }

  /// With two hosts, no file is its disk before and after a restore.
  func add(to fleet: inout LabFleet, in lab: Lab) {
    let hosts = lab.spec.hosts(of: name)
    let disks = hosts.count == 1 ? hosts.map { "{host: \($0.name), path: \(Website.disk)}" } : []
    fleet.vms.append("web: {domain: web}")
    fleet.probes += website.probes(mounts: disks)
  }

  private static let backup = "/srv/backup/web.img"
  private static let key = "/etc/lab/backup-key"
  private static let knownHosts = "/etc/lab/backup-hosts"

  /// A command for another host. Without the user's configuration, which is the machine's.
  private static func ssh(_ host: LabHost) -> String {
    "ssh -F none -i \(key) -o IdentitiesOnly=yes -o UserKnownHostsFile=\(knownHosts) -o StrictHostKeyChecking=yes"
      + " -o BatchMode=yes -o ConnectTimeout=3 -o LogLevel=ERROR root@\(host.name)"
  }

  /// The nightly job: a copy of the disk, for which the virtual machine pauses if it runs.
  private func backupScript(to other: LabHost?) -> String {
    // Over ssh, stdin may be a socket, which can't be opened by its name.
    let copy = "dd of=\(Self.backup).new bs=64k iflag=fullblock conv=sparse,fsync status=none"
    return """
      set -eu
      virsh="virsh -q -c qemu:///system"
      if [ "$($virsh domstate web 2> /dev/null)" = running ]; then
        trap '$virsh resume web' EXIT
        $virsh suspend web
      fi
      \(other.map(Self.ssh) ?? "sh -c") '\(copy) && mv \(Self.backup).new \(Self.backup)' < \(Website.disk)

      """
  }

  /// The operator's runbook: the virtual machine as of the last backup. It refuses a machine that runs elsewhere; a host
  /// that doesn't answer is taken for lost.
  private func restoreScript(without other: LabHost?) -> String {
    let check = other.map { other in
      """
      if \(Self.ssh(other)) "$virsh domstate web" < /dev/null 2> /dev/null | grep -q running; then
        echo "web runs on \(other.name): end it there first" >&2
        exit 1
      fi

      """
    }
    return """
      set -eu
      virsh="virsh -q -c qemu:///system"
      \(check ?? "")$virsh destroy web 2> /dev/null || true
      cp --sparse=always \(Self.backup) \(Website.disk).new
      sync \(Website.disk).new
      mv \(Website.disk).new \(Website.disk)
      $virsh define /etc/libvirt/vms/web.xml
      $virsh start web

      """
  }
}
