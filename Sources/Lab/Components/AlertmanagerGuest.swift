/// A virtual machine that carries Alertmanager, which is beside the hosts otherwise: what reports failures runs on the
/// platform that it watches. It has the image of ``Website``, and an initramfs with Alertmanager appended. Its disk is empty:
/// it makes the start of the machine depend on the storage.
struct AlertmanagerGuest: LabComponent {
  let network: LabNetwork
  /// Alertmanager's configuration.
  let configuration: String

  var address: String { "\(network.prefix).102" }
  static let disk = "/srv/vms/alertmanager.img"
  static let diskSize = 1 << 20
  private static let initramfs = "initrd-alertmanager"

  let name = "alertmanager-guest"

  var guest: GuestDomain {
    GuestDomain(
      name: "alertmanager", number: 2, disk: Self.disk, initramfs: Self.initramfs, memory: 192,
      arguments: " alertmanager=\(address)")
  }

  /// Shell of the guest's PID 1.
  static let workload = """
    prometheus-alertmanager --config.file=/etc/alertmanager.yml --storage.path=/run/alertmanager \\
        --cluster.listen-address= --web.listen-address=:9093 > /dev/console 2>&1 &
    """

  /// The kernel unpacks several archives in turn. Arguments: the guests' folder, the name of the new initramfs; the
  /// configuration comes on stdin. The program has the libraries that it needs with it.
  private static let script = """
    set -eu
    cd "$1"
    work=$(mktemp -d "$PWD/building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    program=$(command -v prometheus-alertmanager)
    templates=usr/share/prometheus/alertmanager
    mkdir -p "$work/bin" "$work/etc" "$work/$templates"
    cat > "$work/etc/alertmanager.yml"
    cp "$program" "$work/bin/prometheus-alertmanager"
    cp /$templates/*.tmpl "$work/$templates/"
    for library in $(ldd "$program" | grep -o '/[^ ]*'); do
      mkdir -p "$work$(dirname "$library")"
      cp -L "$library" "$work$library"
    done
    cp initrd "$2"
    truncate --size %512 "$2"
    (cd "$work" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >> "$2"
    """

  func files(on host: LabHost, in lab: Lab) -> [String: String] { [guest.file: guest.definition] }

  func names(in lab: Lab) -> [(address: String, name: String)] { [(address, "alertmanager")] }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    try await Command.output(
      ["sh", "-c", Self.script, "alertmanager", "\(lab.state)/guest", Self.initramfs], input: configuration,
      doing: "adding Alertmanager to the guest's image")
  }

  func sharedService(in lab: Lab) -> LabService? {
    LabService(
      part: .alertmanager, daemon: "qemu-system-x86_64", log: "/var/log/libvirt/qemu/alertmanager.log",
      after: [.pacemaker], ask: .fromController(Monitoring.get("/-/ready", from: address, 9093)),
      explain: "crm_mon --one-shot --include=none,resources,failures",
      patience: 60)
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.vms.append("alertmanager: {domain: alertmanager}")
  }
}
