import Glibc
import Libvirt
import Linux
import Netlink
import Nftables
import Scenario

/// A host of the lab, seen from outside: the machine's pid of its PID 1, and its leases on the machine's disk.
struct TorturedLabHost: Sendable {
  let name: String
  let pid: Int32
  let leases: String
  /// The inode of its pid namespace.
  let processes: UInt64

  init(name: String, pid: Int32, home: String) throws {
    self.name = name
    self.pid = pid
    leases = "\(home)/own/var/lib/murphy/leases"
    guard let inode = SeenProcess.namespace(of: pid) else { throw TortureFailed("\(name): PID 1 is gone") }
    processes = inode
  }

  var domain: String { "torture-\(name)" }

  /// A guest that halts in its BIOS: it needs few resources, and can be frozen like any other.
  var domainXML: String {
    """
    <domain type='qemu'><name>\(domain)</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><on_poweroff>destroy</on_poweroff>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='user'><mac address='52:54:00:00:00:01'/><rom enabled='no'/></interface>
    <disk type='file' device='cdrom'><source file='/usr/share/seabios/bios-256k.bin'/>
    <target dev='hda' bus='ide'/><readonly/></disk>
    <controller type='usb' model='none'/><memballoon model='none'/></devices></domain>
    """
  }

  /// The command that runs a command in the host's namespaces.
  func inside(_ command: [String]) -> [String] { NamespaceEntry.command(command, of: pid) }

  /// Runs a command on the host; one that fails is an error.
  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let outcome = try ChildProcess.run(
      inside(["timeout", "60"] + arguments), environment: ToolEnvironment.root, errors: .output)
    guard outcome.end.isSuccess else {
      throw TortureFailed(
        "\(name): \(arguments.joined(separator: " ")): \(outcome.end): \(outcome.outputText)")
    }
    return outcome.outputText
  }

  /// The complete network, firewall, domain and process state, by standard tools and without Murphy's code.
  func stateLines() throws -> [String] {
    let text = try run([
      "sh", "-c",
      """
      ip -o link | sed 's/^[0-9]*: /link /; s/@if[0-9]*:/:/; s/ qlen.*//'
      ip -o address | sed 's/^[0-9]*: /address /'
      ip route show table all | sed 's/^/route /; s/ *$//'
      tc qdisc show | sed 's/^/qdisc /; s/ *$//'
      nft --stateless list ruleset | sed 's/^/nft /'
      virsh --quiet list --all | sed 's/^ *[0-9-]* */domain /; s/ *$//'
      ps -e -o stat=,comm= | grep -E '^[TZX].*qemu' | sed 's/^/process /'
      cut -d' ' -f2,3 /proc/self/mounts | sed 's/^/mount /'
      ls /var/lib/murphy/leases 2> /dev/null | sed 's/^/lease file /'
      true
      """,
    ])
    return text.split(separator: "\n").map(String.init).sorted()
  }

  /// Murphy's processes on the host.
  func murphys() -> [SeenProcess] {
    SeenProcess.inNamespace(processes).filter { $0.isAgent || $0.isWatchdog || $0.isPerformer }
  }

  /// libvirt's connection, over the host's own socket.
  func hypervisor() throws(LibvirtError) -> Connection {
    try Connection.open("qemu+unix:///system?socket=/proc/\(pid)/root/run/libvirt/libvirt-sock")
  }

  /// The domain's QEMU process.
  func qemu() -> SeenProcess? {
    SeenProcess.inNamespace(processes).first {
      $0.program == "qemu-system-x86_64" && $0.arguments.contains("guest=\(domain),debug-threads=on")
    }
  }

  /// Runs a body on a dedicated thread in the host's network namespace.
  func onNetwork(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let path = "/proc/\(pid)/ns/net"
    let namespace = try Descriptor(open: path, O_RDONLY)
    let number = dup(namespace.number)
    try startThread(named: name) {
      let code = enterNetworkNamespace(number)
      close(number)
      precondition(code == 0, "can't enter \(path): errno \(code)")
      body()
    }
  }
}

/// Observes from outside whether a fault is active. Created and used on a thread in the host's network namespace.
final class HostEyes {
  private let host: TorturedLabHost
  private let fault: LabFault
  private let routes: RouteSocket
  private let nftables: NftablesContext
  private let hypervisor: Connection?
  private let qemu: SeenProcess?

  init(_ host: TorturedLabHost, for fault: LabFault) throws {
    self.host = host
    self.fault = fault
    routes = try RouteSocket()
    nftables = try NftablesContext()
    let isLibvirts = [.onDomain(.suspended), .onDomain(.unlinked), .onDomain(.throttled)].contains(
      fault.observed)
    hypervisor = isLibvirts ? try host.hypervisor() : nil
    let isOfQEMU = [.onDomain(.stopped), .onProcess(.stopped), .onHost(.programsStopped)].contains(
      fault.observed)
    qemu = isOfQEMU ? host.qemu() : nil
    if isOfQEMU, qemu == nil { throw TortureFailed("\(host.name): no QEMU of \(host.domain)") }
  }

  func seesFault() throws -> Bool {
    switch fault.observed {
    case .inNamespace(.linksDown), .onHost(.linksFlap):
      return try fault.links.contains { try !routes.link(.name($0)).isUp }
    case .inNamespace(.linksSlowed):
      // libvirt gives a guest's tap noqueue, which slows nothing.
      return try routes.qdiscs().values.joined().contains { !$0.isDefault && $0.kind != "noqueue" }
    case .inNamespace(.packetsDropped): return try nftables.dropsForMurphy
    case .onDomain(.suspended):
      if case .paused? = try hypervisor?.domain(named: host.domain).state() { return true }
      return false
    case .onDomain(.stopped), .onProcess(.stopped), .onHost(.programsStopped):
      return try qemu?.identity.state() == "T"
    case .onDomain(.unlinked):
      return try hypervisor?.domain(named: host.domain).interfaces().contains { !$0.hasCarrier } == true
    case .onDomain(.throttled):
      guard let domain = try hypervisor?.domain(named: host.domain) else { return false }
      return try domain.disks().contains { disk in
        let limits = try domain.limits(ofDisk: disk.target)
        return limits.total(of: "iops") != 0 || limits.total(of: "bytes") != 0
      }
    case .onProcess(.gone), .onDomain(.gone): return try qemu?.identity.state() == nil
    // `LabFault.all` has none of these.
    case .onDomain(.reset), .onDomain(.interrupted), .onHost, .byBMC, .byItsTests:
      return false
    }
  }
}
