/// A virtual machine that writes without a pause, like the crash-test machine of the postmortem. It has the same image as
/// ``Website``, and a disk on the same volume. Pacemaker prefers the website's host for it.
struct NoisyGuest: LabComponent {
  let network: LabNetwork
  /// The most operations of its disk in a second; nil for no limit.
  let operations: Int?

  var address: String { "\(network.prefix).103" }
  static let disk = "/srv/vms/noise.img"
  /// In bytes: 16,384 blocks of ``workload``.
  static let diskSize = 64 << 20

  let name = "noisy-guest"

  var guest: GuestDomain {
    GuestDomain(
      name: "noise", number: 3, disk: Self.disk, arguments: " noise=\(address)", operations: operations)
  }

  /// `<rsc_colocation>` element of Pacemaker's configuration: a preference, so that it never prevents the website's start.
  static let constraint =
    #"<rsc_colocation id="noise-beside-web" rsc="noise" with-rsc="web" score="100"/>"#

  /// Shell of the guest's PID 1: two writers of small blocks at random places, each of which waits for the disk.
  static let workload = """
    for writer in 1 2; do
        while :; do
          dd if=/dev/zero of=/dev/vda bs=4k count=64 seek=$((RANDOM % 16320)) conv=notrunc oflag=direct 2> /dev/null || sleep 1
        done &
      done
    """

  func files(on host: LabHost, in lab: Lab) -> [String: String] { [guest.file: guest.definition] }

  func names(in lab: Lab) -> [(address: String, name: String)] { [(address, "noise")] }

  func sharedService(in lab: Lab) -> LabService? {
    LabService(
      part: .noise, daemon: "qemu-system-x86_64", log: "/var/log/libvirt/qemu/noise.log",
      after: [.pacemaker], ask: .fromController(Website.request(address)),
      explain: "crm_mon --one-shot --include=none,resources,failures",
      patience: 60)
  }

  func add(to fleet: inout LabFleet, in lab: Lab) { fleet.vms.append("noise: {domain: noise}") }
}

extension LabPart {
  /// The guest `noise`, checked over HTTP.
  package static let noise = LabPart(rawValue: "noise")
}
