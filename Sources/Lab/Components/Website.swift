import FoundationEssentials

/// The virtual machine `web` with its website: Debian's cloud kernel and a busybox initramfs, with a disk for its
/// appends. Pacemaker selects its host.
struct Website: LabComponent {
  let network: LabNetwork
  /// Whether the guest acknowledges a record before it is on the disk.
  var acknowledgesBeforeSync = false
  var address: String { "\(network.prefix).101" }

  static let disk = "/srv/vms/web.img"
  /// In bytes: 131,071 appends of 512 bytes, enough for more than three hours with one append every 100 ms.
  static let diskSize = 64 << 20

  let name = "website"
  let programs: KeyValuePairs = [
    "cpio": ["cpio"], "apt": ["apt-get", "apt-cache"], "dpkg": ["dpkg-deb"],
  ]

  func missing(for lab: Lab) -> [String] {
    FileManager.default.isReadableFile(atPath: lab.append)
      ? [] : ["no append service at '\(lab.append)': build the product GuestAppend"]
  }

  func mounts(in lab: Lab) -> [String: String] { ["usr/lib/murphy/guest": "\(lab.state)/guest"] }

  func files(on host: LabHost, in lab: Lab) -> [String: String] { [Self.guest.file: Self.guest.definition] }

  func names(in lab: Lab) -> [(address: String, name: String)] { [(address, "web")] }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    reporter.report(.image, nil, .starting)
    let image = try await image(cacheRoot: lab.cacheRoot, append: lab.append)
    try await Command.output(
      ["cp", "-R", "--reflink=auto", image, "\(lab.state)/guest"], doing: "copying the image")
    reporter.report(.image, nil, .up)
  }

  func sharedService(in lab: Lab) -> LabService? {
    return LabService(
      part: .web, daemon: "qemu-system-x86_64", log: "/var/log/libvirt/qemu/web.log",
      after: [.pacemaker],
      ask: .fromController(Self.request(address)),
      explain: "crm_mon --one-shot --include=none,resources,failures",
      patience: 60)
  }

  /// A command that prints the identity of the boot of the guest at this address.
  static func request(_ address: String) -> [String] {
    // bash's /dev/tcp, since the wget of Debian's static busybox can crash in its resolver.
    let get = "exec 3<>/dev/tcp/$0/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && grep ^boot= <&3"
    return ["timeout", "3", "bash", "-c", get, address]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) {
    fleet.vms.append("web: {domain: web}")
    fleet.probes += probes(
      mounts: places(Self.disk, in: lab), replicas: places(Gluster.brick + "/web.img", in: lab))
  }

  /// The probes of its services.
  ///
  /// - Parameters:
  ///   - mounts: its disk as a file, where hosts have it.
  ///   - replicas: the copies of that file in the storage.
  func probes(mounts: [String], replicas: [String] = []) -> [String] {
    func list(_ key: String, _ places: [String]) -> String {
      places.isEmpty ? "" : ", \(key): [\(places.joined(separator: ", "))]"
    }
    return [
      "website: {http: \"http://\(address)/\", every: 100ms, timeout: 1s, expect: {status: 200}}",
      "writes: {append: \"tcp://\(address):7000\", every: 100ms\(list("mounts", mounts))\(list("replicas", replicas))}",
    ]
  }

  /// A file on every host that has the volume.
  private func places(_ path: String, in lab: Lab) -> [String] {
    lab.spec.hosts(of: "gluster").map { "{host: \($0.name), path: \(path)}" }
  }

  /// Loaded in this order.
  static let modules = [
    "failover", "net_failover", "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev",
    "virtio_pci", "virtio_net", "virtio_blk", "button", "evdev",
  ]

  static let guest = GuestDomain(name: "web", number: 1, disk: disk)

  /// PID 1 of the guest: the network, then the three services of the workload. An ACPI power button shuts it down. The
  /// kernel gives it `noise=ADDRESS` of its command line as a variable: then it is the guest of ``NoisyGuest``. With
  /// `alertmanager=ADDRESS` it is that of ``AlertmanagerGuest``.
  var initScript: String {
    """
    #!/bin/busybox sh
    /bin/busybox --install -s /bin
    export PATH=/bin
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mount -t tmpfs tmpfs /run
    for module in \(Self.modules.joined(separator: " ")); do
      insmod "/modules/$module.ko"
    done
    ip link set lo up
    # Announce the address when the link comes up: after a failover the bridges still have the old port.
    echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_notify
    ip address add "${noise:-${alertmanager:-\(address)}}/24" dev eth0
    ip link set eth0 up
    mkdir /run/www
    printf 'murphy lab guest\\nboot=%s\\n' "$(cat /proc/sys/kernel/random/boot_id)" > /run/www/index.html
    httpd -p 80 -h /run/www
    if [ -n "${noise:-}" ]; then
      \(NoisyGuest.workload)
    elif [ -n "${alertmanager:-}" ]; then
      \(AlertmanagerGuest.workload)
    else
      append /dev/vda 7000\(acknowledgesBeforeSync ? " --acknowledge-before-sync" : "") > /dev/null &
    fi
    acpid -c /etc/acpi -l /dev/null
    beat=0
    while :; do
      beat=$((beat + 1))
      echo "$beat" > /run/www/heartbeat.new
      mv /run/www/heartbeat.new /run/www/heartbeat
      echo "heartbeat $beat"
      sleep 1
    done

    """
  }
}

extension LabPart {
  /// The guest's kernel and initramfs in the cache.
  package static let image = LabPart(rawValue: "image")
  /// The guest `web`, checked over HTTP.
  package static let web = LabPart(rawValue: "web")
}
