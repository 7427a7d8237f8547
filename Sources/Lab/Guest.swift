/// The lab's virtual machine `web`: Debian's cloud kernel and a busybox initramfs, with a disk for its appends.
enum Guest {
  static let address = "10.77.2.101"
  static let disk = "/srv/vms/web.img"
  /// Bytes: 131,071 appends of 512 bytes, more than three hours of one every 100 ms.
  static let diskSize = 64 << 20

  /// Loaded in this order.
  static let modules = [
    "failover", "net_failover", "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev",
    "virtio_pci", "virtio_net", "virtio_blk", "button", "evdev",
  ]

  /// The domain's definition. The resource agent finds the domain's name by a line that holds nothing else, and
  /// `type='qemu'` is emulation: /dev/kvm may be there and not work.
  static let domain = """
    <domain type='qemu'>
      <name>web</name>
      <uuid>6d757270-6879-4000-8000-000000000101</uuid>
      <memory unit='MiB'>96</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch='x86_64' machine='pc'>hvm</type>
        <kernel>/usr/lib/murphy/guest/vmlinuz</kernel>
        <initrd>/usr/lib/murphy/guest/initrd</initrd>
        <cmdline>console=ttyS0 quiet panic=10</cmdline>
      </os>
      <features>
        <acpi/>
        <tcg>
          <tb-cache unit='MiB'>32</tb-cache>
        </tcg>
      </features>
      <on_poweroff>destroy</on_poweroff>
      <on_reboot>restart</on_reboot>
      <on_crash>restart</on_crash>
      <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <disk type='file' device='disk'>
          <driver name='qemu' type='raw' cache='none'/>
          <source file='\(disk)'/>
          <target dev='vda' bus='virtio'/>
        </disk>
        <interface type='bridge'>
          <mac address='52:54:00:4d:55:01'/>
          <source bridge='br0'/>
          <model type='virtio'/>
          <rom enabled='no'/>
        </interface>
        <serial type='pty'>
          <log file='/var/log/libvirt/qemu/web-serial.log' append='on'/>
        </serial>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
      </devices>
    </domain>

    """

  /// PID 1 of the guest: the network, then the three services of the workload. An ACPI power button ends it.
  static let initScript = """
    #!/bin/busybox sh
    /bin/busybox --install -s /bin
    export PATH=/bin
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    mount -t tmpfs tmpfs /run
    for module in \(modules.joined(separator: " ")); do
      insmod "/modules/$module.ko"
    done
    ip link set lo up
    # Say so when the link comes up: after a failover the bridges still know the old way.
    echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_notify
    ip address add \(address)/24 dev eth0
    ip link set eth0 up
    mkdir /run/www
    printf 'murphy lab guest\\nboot=%s\\n' "$(cat /proc/sys/kernel/random/boot_id)" > /run/www/index.html
    httpd -p 80 -h /run/www
    append /dev/vda 7000 > /dev/null &
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
