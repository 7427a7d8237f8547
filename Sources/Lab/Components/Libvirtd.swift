/// libvirtd and virtlogd. They use no cgroups, since those would be the machine's. They run as root and without a
/// security driver, since the images on Gluster belong to root. TCP without authentication is for live migration.
struct Libvirtd: LabComponent {
  let network: LabNetwork
  /// Whether clients find only the sockets of libvirt's modular daemon for QEMU, virtqemud. Debian 12 has no package with
  /// it, so libvirtd answers there.
  var isModular = false

  let name = "libvirt"
  let programs: KeyValuePairs = [
    "libvirt-daemon": ["libvirtd", "virtlogd"], "libvirt-clients": ["virsh"],
    "qemu-system-x86": ["qemu-system-x86_64"],
  ]
  let trial = """
    mknod /mnt/tun c 10 200
    if lacks sh -c ': < /mnt/tun'; then echo "no /dev/net/tun: load the kernel module tun"; fi
    """
  let folders = ["etc/libvirt", "var/lib/libvirt", "var/cache/libvirt"]

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    [
      "etc/libvirt/libvirtd.conf": """
      listen_tls = 0
      listen_tcp = 1
      listen_addr = "\(network.address(of: host))"
      auth_tcp = "none"
      auth_unix_ro = "none"
      auth_unix_rw = "none"
      unix_sock_group = "root"
      host_uuid = "6d757270-6879-4000-8000-00000000000\(host.number)"

      """,
      "etc/libvirt/qemu.conf": """
      user = "root"
      group = "root"
      dynamic_ownership = 0
      remember_owner = 0
      security_driver = "none"
      cgroup_controllers = []
      namespaces = []

      """,
    ]
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .libvirt, daemon: "libvirtd", log: "/var/log/libvirt/libvirtd.log",
        // The user that Debian's libvirt package creates, in case the machine has libvirt without it.
        start: """
          grep -q '^libvirt-qemu:' /etc/passwd \\
            || echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin >> /etc/passwd
          grep -q '^libvirt-qemu:' /etc/group || echo libvirt-qemu:x:64055: >> /etc/group
          mkdir -p /var/log/libvirt/qemu
          setsid -f virtlogd > /var/log/libvirt/virtlogd.log 2>&1
          \(isModular ? Self.logSocket : "")
          setsid -f libvirtd --listen > /var/log/libvirt/libvirtd.log 2>&1
          \(isModular ? Self.renamedSockets : "")
          """,
        ask: .inHost(
          """
          \(isModular ? "[ -S /run/libvirt/virtqemud-sock-ro ] || { echo 'no virtqemud-sock-ro'; exit 1; }" : "")
          output=$(virsh --quiet --connect qemu:///system version --daemon 2>&1) || { echo "$output"; exit 1; }
          echo "$output" | sed -n 's/^Running against daemon: /libvirt /p'
          """),
        patience: 40)
    ]
  }

  /// A domain that libvirtd starts by itself needs virtlogd.
  private static let logSocket = """
    timeout 10 sh -c 'until [ -S /run/libvirt/virtlogd-sock ]; do sleep 0.05; done' || true
    """

  /// libvirt's client prefers these sockets; see https://libvirt.org/daemons.html.
  private static let renamedSockets = """
    setsid -f sh -c 'cd /run
      until [ -S libvirt/libvirt-sock ] && [ -S libvirt/libvirt-sock-ro ]; do sleep 0.1; done
      for socket in sock sock-ro; do mv "libvirt/libvirt-$socket" "libvirt/virtqemud-$socket"; done' > /dev/null 2>&1
    """
}

extension LabPart {
  /// libvirtd on `qemu:///system`.
  package static let libvirt = LabPart(rawValue: "libvirt")
}
