/// The website on a host without cluster and shared storage. libvirt itself starts the virtual machine at each boot, on
/// the host that has its disk, and only an operator repairs it.
struct LocalWebsite: LabComponent {
  let website: Website

  var name: String { website.name }
  var programs: KeyValuePairs<String, [String]> { website.programs }
  let folders = ["srv/vms", "srv/backup"]

  func missing(for lab: Lab) -> [String] { website.missing(for: lab) }
  func mounts(in lab: Lab) -> [String: String] { website.mounts(in: lab) }
  func names(in lab: Lab) -> [(address: String, name: String)] { website.names(in: lab) }

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    website.files(on: host, in: lab).merging(
      ["etc/lab/backup.sh": Self.backupScript, "etc/lab/restore.sh": Self.restoreScript]
    ) { $1 }
  }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    try await website.prepare(lab, reporter)
  }

  /// Creates disk and domain, and a first backup of the empty disk.
  func setup(in lab: Lab) -> LabSetup? {
    lab.spec.hosts(of: name).first.map { host in
      LabSetup(
        part: .web, host: host,
        script: """
          set -eu
          until sh /etc/lab/ask/libvirt.sh; do sleep 0.2; done
          truncate --size \(Website.diskSize) \(Website.disk)
          sh /etc/lab/backup.sh
          virsh -q -c qemu:///system define /etc/libvirt/vms/web.xml
          virsh -q -c qemu:///system autostart web
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

  func add(to fleet: inout LabFleet, in lab: Lab) {
    let disks = lab.spec.hosts(of: name).map { "{host: \($0.name), path: \(Website.disk)}" }
    fleet.vms.append("web: {domain: web}")
    fleet.probes += website.probes(mounts: disks)
  }

  /// The nightly job: a copy of the disk, for which the virtual machine pauses if it runs.
  private static let backupScript = """
    set -eu
    virsh="virsh -q -c qemu:///system"
    if [ "$($virsh domstate web 2> /dev/null)" = running ]; then
      trap '$virsh resume web' EXIT
      $virsh suspend web
    fi
    cp --sparse=always \(Website.disk) /srv/backup/web.img.new
    sync /srv/backup/web.img.new
    mv /srv/backup/web.img.new /srv/backup/web.img

    """

  /// The operator's runbook: the virtual machine as of the last backup.
  private static let restoreScript = """
    set -eu
    virsh="virsh -q -c qemu:///system"
    $virsh destroy web 2> /dev/null || true
    cp --sparse=always /srv/backup/web.img \(Website.disk).new
    sync \(Website.disk).new
    mv \(Website.disk).new \(Website.disk)
    $virsh define /etc/libvirt/vms/web.xml
    $virsh start web

    """
}
