/// A virtual machine of the lab, under Pacemaker, with the kernel and the init of ``Website``.
struct GuestDomain {
  let name: String
  /// The last digit of its UUID and of its hardware address.
  let number: Int
  let disk: String
  /// In the folder of the guests' image.
  var initramfs = "initrd"
  /// In MiB.
  var memory = 96
  /// Further arguments of its kernel, after a blank.
  var arguments = ""
  /// The most operations of its disk in a second, by libvirt; nil for no limit.
  var operations: Int?

  /// Its definition, from a host's root.
  var file: String { "etc/libvirt/vms/\(name).xml" }

  private var limit: String {
    operations.map { "\n          <iotune><total_iops_sec>\($0)</total_iops_sec></iotune>" } ?? ""
  }

  /// The Pacemaker resource of the domain.
  var clusterResource: String {
    """
    <primitive id="\(name)" class="ocf" provider="heartbeat" type="VirtualDomain">
      <instance_attributes id="\(name)-parameters">
        <nvpair id="\(name)-config" name="config" value="/etc/libvirt/vms/\(name).xml"/>
        <nvpair id="\(name)-hypervisor" name="hypervisor" value="qemu:///system"/>
        <nvpair id="\(name)-transport" name="migration_transport" value="tcp"/>
        <nvpair id="\(name)-cpu" name="autoset_utilization_cpu" value="false"/>
        <nvpair id="\(name)-host-memory" name="autoset_utilization_host_memory" value="false"/>
        <nvpair id="\(name)-hv-memory" name="autoset_utilization_hv_memory" value="false"/>
      </instance_attributes>
      <meta_attributes id="\(name)-meta">
        <nvpair id="\(name)-allow-migrate" name="allow-migrate" value="true"/>
      </meta_attributes>
      <operations>
        <op id="\(name)-start" name="start" interval="0" timeout="90s"/>
        <op id="\(name)-stop" name="stop" interval="0" timeout="90s"/>
        <op id="\(name)-monitor" name="monitor" interval="10s" timeout="30s"/>
        <op id="\(name)-migrate-to" name="migrate_to" interval="0" timeout="120s"/>
        <op id="\(name)-migrate-from" name="migrate_from" interval="0" timeout="60s"/>
      </operations>
    </primitive>
    """
  }

  /// The domain's definition for libvirt. The resource agent finds the domain's name in a line with nothing else. `type='qemu'`
  /// is emulation: /dev/kvm may exist but not work.
  var definition: String {
    """
    <domain type='qemu'>
      <name>\(name)</name>
      <uuid>6d757270-6879-4000-8000-00000000010\(number)</uuid>
      <memory unit='MiB'>\(memory)</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch='x86_64' machine='pc'>hvm</type>
        <kernel>/usr/lib/murphy/guest/vmlinuz</kernel>
        <initrd>/usr/lib/murphy/guest/\(initramfs)</initrd>
        <cmdline>console=ttyS0 quiet panic=10\(arguments)</cmdline>
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
          <target dev='vda' bus='virtio'/>\(limit)
        </disk>
        <interface type='bridge'>
          <mac address='52:54:00:4d:55:0\(number)'/>
          <source bridge='\(LabNetwork.guestBridge)'/>
          <model type='virtio'/>
          <rom enabled='no'/>
        </interface>
        <serial type='pty'>
          <log file='/var/log/libvirt/qemu/\(name)-serial.log' append='on'/>
        </serial>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
      </devices>
    </domain>

    """
  }
}
