extension LabHost {
  /// libvirtd and virtlogd. Without cgroups, for those would be the machine's; without a security driver and as
  /// root, for so are the images on Gluster. TCP without authentication is for live migration.
  var libvirtd: HostService {
    HostService(
      part: .libvirt, daemon: "libvirtd", log: "/var/log/libvirt/libvirtd.log",
      files: [
        "etc/libvirt/libvirtd.conf": """
        listen_tls = 0
        listen_tcp = 1
        listen_addr = "\(externalAddress)"
        auth_tcp = "none"
        auth_unix_ro = "none"
        auth_unix_rw = "none"
        unix_sock_group = "root"
        host_uuid = "6d757270-6879-4000-8000-00000000000\(number)"

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
        "etc/libvirt/vms/web.xml": Guest.domain,
      ],
      start: """
        mkdir -p /var/log/libvirt/qemu
        setsid -f virtlogd > /var/log/libvirt/virtlogd.log 2>&1
        setsid -f libvirtd --listen > /var/log/libvirt/libvirtd.log 2>&1
        """,
      ask: """
        said=$(virsh --quiet --connect qemu:///system version --daemon 2>&1) || { echo "$said"; exit 1; }
        echo "$said" | sed -n 's/^Running against daemon: /libvirt /p'
        """,
      patience: 40)
  }
}
