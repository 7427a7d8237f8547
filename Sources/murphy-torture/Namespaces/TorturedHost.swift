import Agent
import AgentProtocol
import Faults
import Glibc
import IsolatedHost
import Libvirt
import Linux
import Netlink
import Nftables
import Scenario

/// The host under torture, in the namespaces of this process: two links, its files in memory, a disk, sshd, libvirtd, a
/// guest and an inner host. It is observed through separate handles, without Murphy.
final class TorturedHost {
  static let agent = Result { try IsolatedHost.agent() }
  private static let folder = "/run/torture"
  /// A board management controller in the fleet. Its power is a file, so no process of this host depends on it.
  static let bmc = Fleet.BMC(
    ipmi: "127.0.0.1", user: SimulatedBMC.user, passwordFile: "\(folder)/bmc/password")

  private let routes: RouteSocket
  private let nftables: NftablesContext
  private let hypervisor: Connection
  private var guest: Domain
  private var qemu: ProcessIdentity
  /// Whether the present case kills the guest.
  private var losesGuest = false
  /// Whether the present case disables an account of the BMC.
  private var locksAccount = false
  /// What the guest's program had reported when the present case began.
  private var lettersBefore = GuestProgram.Letters()
  private let board: SimulatedBMC
  let disk: TorturedDisk
  private let inner: InnerHost
  private let before: StackSnapshot
  private var reported: Set<String> = []
  private var bystander: ChildProcess?

  /// Creates it, and waits until everything runs.
  init() throws {
    try IsolatedHost.separateFiles()
    try IsolatedHost.setUp()
    for path in ["/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt"] {
      try DurableFile.makeFolder(path)
      try checked("mount", path) { mount("tmpfs", path, "tmpfs", 0, "mode=755") }
    }
    routes = try RouteSocket()
    nftables = try NftablesContext()
    try Self.addRoutes(routes)
    try Self.prepareSSH()
    inner = try InnerHost()
    disk = try TorturedDisk(in: Self.folder)
    board = try SimulatedBMC(in: "\(Self.folder)/bmc")
    try Self.startHypervisor()
    hypervisor = try Self.patiently("libvirtd answers") { try? Connection.open("qemu:///system") }
    (guest, qemu) = try Self.startGuest(on: hypervisor)
    // The kernel adds IPv6 addresses and routes asynchronously.
    let socket = routes
    before = try Self.patiently("the links are stable") {
      let first = try Self.snapshot(socket)
      usleep(300_000)
      let second = try Self.snapshot(socket)
      return first.differences(from: second).isEmpty ? second : nil
    }
  }

  private static func snapshot(_ routes: RouteSocket) throws -> StackSnapshot {
    try StackSnapshot.take(of: IsolatedHost.links.map { .name($0) }, using: routes)
  }

  private static func addRoutes(_ routes: RouteSocket) throws {
    for (index, name) in IsolatedHost.links.enumerated() {
      let link = try routes.link(.name(name)).index
      for (destination, gateway) in [
        (index == 0 ? "0.0.0.0/0" : "198.51.100.0/24", "192.0.2.\(64 * index + 62)"),
        ("2001:db8:\(index)1::/48", "fe80::1"),
      ] {
        guard let prefix = IPPrefix(destination), let address = IPAddress(gateway) else { continue }
        try routes.add(Route(to: prefix, via: [NextHop(link: link, gateway: address)]))
      }
    }
  }

  // MARK: ssh

  private static func prepareSSH() throws {
    try DurableFile.makeFolder(folder)
    try DurableFile.makeFolder("/run/sshd")
    for key in ["host", "user"] {
      try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(folder)/\(key)"])
    }
    try DurableFile.write(try DurableFile.read("\(folder)/user.pub"), to: "\(folder)/authorized")
    try write(
      """
      HostKey \(folder)/host
      AuthorizedKeysFile \(folder)/authorized
      PermitRootLogin prohibit-password
      StrictModes no
      UsePAM no
      PidFile none
      LogLevel QUIET

      """, to: "sshd_config")
    try write(
      """
      Host falco
        User root
        ProxyCommand /usr/sbin/sshd -i -f \(folder)/sshd_config
        IdentityFile \(folder)/user
        IdentitiesOnly yes
        UserKnownHostsFile /dev/null
        StrictHostKeyChecking no
        BatchMode yes
        LogLevel ERROR

      """, to: "ssh_config")
  }

  /// The command that starts the agent of a fault over ssh. If its path is cut, the connection appears to come in over
  /// eth1.
  func agentCommand(for subject: FaultCase, pathIsCut: Bool) throws -> [String] {
    let agent = inside([try Self.agent.get()], for: subject).joined(separator: " ")
    let command =
      pathIsCut ? "SSH_CONNECTION='192.0.2.126 4000 192.0.2.65 22' exec \(agent)" : "exec \(agent)"
    return ["ssh", "-T", "-F", "\(Self.folder)/ssh_config", "falco", command]
  }

  /// The command that runs a command where the agent of a fault runs.
  func inside(_ command: [String], for subject: FaultCase) -> [String] {
    subject.variant.observed == .onHost(.programsStopped) ? inner.inside(command) : command
  }

  // MARK: libvirt

  private static func startHypervisor() throws {
    try DurableFile.makeFolder("/etc/libvirt")
    try DurableFile.write(
      Array("auth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n".utf8), to: "/etc/libvirt/libvirtd.conf")
    try DurableFile.write(
      Array(
        """
        user = "root"
        group = "root"
        security_driver = "none"
        cgroup_controllers = []
        stdio_handler = "file"

        """.utf8), to: "/etc/libvirt/qemu.conf")
    try DurableFile.write(GuestProgram.disk, to: "\(folder)/guest.img")
    try write(
      """
      <domain type='qemu'>
        <name>guest</name>
        <memory unit='MiB'>32</memory>
        <vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os>
        <devices>
          <controller type='usb' model='none'/><memballoon model='none'/>
          <interface type='user'><mac address='52:54:00:00:00:01'/><rom enabled='no'/></interface>
          <disk type='file' device='disk'>
            <driver name='qemu' type='raw'/>
            <source file='\(folder)/guest.img'/><target dev='hda' bus='ide'/>
          </disk>
          <serial type='file'><source path='\(serialPort)'/></serial>
        </devices>
      </domain>
      """, to: "guest.xml")
    // libvirtd looks up its default user for QEMU, even if another one is configured.
    let users = "grep -q ^libvirt-qemu: $f || echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >> $f"
    // libvirtd ends with these namespaces.
    try ChildProcess(["sh", "-euc", "for f in /etc/passwd /etc/group; do \(users); done; exec libvirtd"])
      .detach()
  }

  /// What the guest sends on its serial port. QEMU empties the file when it starts.
  private static let serialPort = "\(folder)/serial"

  private static func startGuest(on hypervisor: Connection) throws -> (Domain, ProcessIdentity) {
    try run(["virsh", "-q", "-c", "qemu:///system", "create", "\(folder)/guest.xml"])
    let guest = try hypervisor.domain(named: "guest")
    let text = String(decoding: try DurableFile.read("/run/libvirt/qemu/guest.pid"), as: UTF8.self)
    return (guest, try ProcessIdentity(pid: Int32(text.prefix { $0.isNumber }) ?? 0))
  }

  /// Starts the guest again if an earlier case has killed it.
  private func replaceGuest() throws {
    if try qemu.state() != nil { return }
    try Self.patiently("libvirt shows the end of the guest") {
      try hypervisor.domains(.active).isEmpty ? () : nil
    }
    (guest, qemu) = try Self.startGuest(on: hypervisor)
  }

  /// What the guest's program has reported, once it is halted: a guest that boots reports that only at the end.
  private func letters() throws -> GuestProgram.Letters {
    let query = ["virsh", "-q", "-c", "qemu:///system", "qemu-monitor-command", "guest", "--hmp"]
    try Self.patiently("the guest's program is halted") { () -> Void? in
      let registers = try ChildProcess.run(query + ["info registers"]).success()
      return GuestProgram.rest.allSatisfy(registers.contains) ? () : nil
    }
    return try GuestProgram.Letters(in: Self.serialPort)
  }

  // MARK: The site of a case

  /// The site of a case's fault, with a new process if the fault hits one.
  func site(of subject: FaultCase, _ number: Int) throws -> TrialSite {
    try replaceGuest()
    losesGuest = subject.variant.observed == .onDomain(.gone)
    locksAccount = subject.variant.observed == .byBMC(.accountDisabled)
    var site = IsolatedHost.trialSite
    site.host.bmc = Self.bmc
    site.parameters = [
      "folder": .text(disk.folder), "mount": .text(disk.folder), "account": .count(SimulatedBMC.fencer),
    ]
    disk.endWriting()
    if subject.variant.observed == .onHost(.writesWait) { try disk.beginWriting() }
    if Self.isInstantOfGuest(subject) { lettersBefore = try letters() }
    bystander?.kill()
    _ = try bystander?.wait()
    bystander = nil
    guard subject.needs == .process else { return site }
    // No other process has these arguments.
    let seconds = "600.\(number)"
    bystander = try ChildProcess(["sleep", seconds])
    site.parameters = ["executable": .text("/usr/bin/sleep"), "arguments": .text(seconds)]
    return site
  }

  // MARK: Observation

  /// Whether a fault is instant and only the guest's program shows it.
  private static func isInstantOfGuest(_ subject: FaultCase) -> Bool {
    [.onDomain(.reset), .onDomain(.interrupted)].contains(subject.variant.observed)
  }

  /// How often an instant fault has hit its object since the case began.
  func hits(of subject: FaultCase) throws -> Int {
    switch subject.variant.observed {
    case .onDomain(.reset): try letters().boots - lettersBefore.boots
    case .onDomain(.interrupted): try letters().interrupts - lettersBefore.interrupts
    default: try isActive(subject) ? 1 : 0
    }
  }

  /// Whether a fault is active, according to the kernel, libvirt or the guest.
  func isActive(_ subject: FaultCase) throws -> Bool {
    switch subject.variant.observed {
    case .inNamespace(.linksDown), .onHost(.linksFlap):
      try IsolatedHost.links.contains { try !routes.link(.name($0)).isUp }
    case .inNamespace(.linksSlowed): try routes.qdiscs().values.joined().contains { !$0.isDefault }
    case .inNamespace(.packetsDropped): try nftables.dropsForMurphy
    case .onDomain(.suspended): try isPaused()
    case .onDomain(.stopped): try qemu.state() == "T"
    case .onDomain(.gone): try qemu.state() == nil
    case .onDomain(.throttled): try isThrottled()
    case .onDomain(.unlinked): try guest.interfaces().contains { !$0.hasCarrier }
    case .onDomain(.reset), .onDomain(.interrupted): try hits(of: subject) > 0
    case .onHost(.diskFull): try disk.isFull
    case .onHost(.writesWait): try disk.writesWait
    case .onHost(.processorsBusy): try performers().contains { try Self.isBusy($0) }
    case .onHost(.programsStopped): try inner.isStopped
    case .onProcess(.stopped): try bystander?.identity.state() == "T"
    case .onProcess(.gone): try bystander?.identity.state() == nil
    case .byBMC(.powerOff): try !board.isOn
    case .byBMC(.accountDisabled): try !board.acceptsFencer
    // No case has it.
    case .byItsTests: false
    }
  }

  private func isThrottled() throws -> Bool {
    try guest.disks().contains { disk in
      let limits = try guest.limits(ofDisk: disk.target)
      return limits.total(of: "iops") != 0 || limits.total(of: "bytes") != 0
    }
  }

  /// Whether a thread of a process runs, as the kernel shows it.
  private static func isBusy(_ process: ProcessIdentity) throws -> Bool {
    let folder = "/proc/\(process.pid)/task"
    return try DurableFile.list(folder).contains { task in
      // The process may end while the list is read.
      let line = (try? DurableFile.read("\(folder)/\(task)/stat")) ?? []
      return String(decoding: line, as: UTF8.self).contains(") R ")
    }
  }

  private func isPaused() throws -> Bool { if case .paused = try guest.state() { true } else { false } }

  /// The differences of the host from before the first case, a line each. The residue of an earlier case is not
  /// reported for later cases.
  func newDifferences() throws -> [String] {
    let lines = try differences().filter { !reported.contains($0) }
    reported.formUnion(lines)
    // No later case is possible with these.
    disk.thaw()
    try inner.signal(SIGCONT)
    return lines
  }

  func differences() throws -> [String] {
    var lines: [String] = []
    lines += before.differences(from: try Self.snapshot(routes))
    lines += try nftables.ruleset().map { "nft \($0)" }
    if let state = try qemu.state() {
      if state == "T" { lines.append("QEMU is stopped") }
      if try isPaused() { lines.append("domain guest is paused") }
      if try guest.interfaces().contains(where: { !$0.hasCarrier }) {
        lines.append("the guest has no carrier")
      }
      if try isThrottled() { lines.append("the guest's disk is limited") }
      if try guest.xmlDescription().contains("murphy:lease") { lines.append("the guest has a lease's mark") }
    } else if !losesGuest {
      lines.append("QEMU is gone")
    }
    if try !board.isOn { lines.append("the power is off") }
    if try locksAccount && !board.acceptsFencer { lines.append("the BMC's account is disabled") }
    lines += try disk.differences()
    if try inner.isStopped { lines.append("a program is stopped") }
    lines += try DurableFile.list("/run").filter {
      $0.hasPrefix("murphy-") && !["murphy-agent.lock", "murphy-agent.domains"].contains($0)
    }.map { "file: /run/\($0)" }
    lines += try DurableFile.list(LeaseFolder.standard.path).map { "lease folder: \($0)" }
    return lines
  }

  // MARK: Murphy's processes

  /// Agents, watchdogs and processes that perform faults that are alive, by their arguments.
  func murphys(where condition: ([String]) -> Bool = { _ in true }) throws -> [ProcessIdentity] {
    try DurableFile.list("/proc").compactMap { Int32($0) }.compactMap { pid -> ProcessIdentity? in
      // Processes start and end while the list is read.
      guard let line = try? DurableFile.read("/proc/\(pid)/cmdline"),
        let process = try? ProcessIdentity(pid: pid), (try? process.state()) != nil
      else { return nil }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard
        words.first?.hasSuffix("murphy-agent") == true
          || ["watch", "perform"].contains(words.dropFirst().first), condition(words)
      else { return nil }
      return process
    }
  }

  /// The agent that serves, if there is one.
  func agent() throws -> ProcessIdentity? { try murphys { $0.count == 1 }.first }

  /// The watchdog of a lease, if it has started.
  func watchdog(of lease: String) throws -> ProcessIdentity? {
    try murphys { $0.contains("watch") && $0.contains(lease) }.first
  }

  /// The processes that perform a fault.
  func performers() throws -> [ProcessIdentity] { try murphys { $0.dropFirst().first == "perform" } }

  // MARK: Waiting

  private static func write(_ text: String, to name: String) throws(SystemError) {
    try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
  }

  private static func run(_ arguments: [String]) throws {
    _ = try ChildProcess.run(arguments).success()
  }

  /// Waits for an asynchronous event.
  static func patiently<Value>(_ what: String, seconds: Int = 60, _ condition: () throws -> Value?) throws
    -> Value
  {
    let end = Clock.monotonic.now + Int64(seconds) * 1_000_000_000
    while Clock.monotonic.now < end {
      if let value = try condition() { return value }
      usleep(5_000)
    }
    throw TortureFailed("not within \(seconds) s: \(what)")
  }
}
