import Glibc
import HostTesting
import Journal
import Libvirt
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol
@testable import Faults
import ToolTesting

/// `vm.freeze` on a real guest of a real libvirtd, through the real agent, reverted in each way.
@Suite(
  .serialized,
  .enabled(if: Guest.isPossible, "needs root, libvirtd, qemu-system-x86_64, virsh, unshare and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct GuestFreezeSerialTests {
  @Test("The controller's request resumes a frozen guest", arguments: ["pause", "hang"])
  func theControllerReverts(mode: String) async throws {
    try await freeze(mode) { guest, agent in
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.cause == .controller && revert.residue == [])
      agent.hangUp()
    }
  }

  @Test("The watchdog resumes a frozen guest when the agent dies", arguments: ["pause", "hang"])
  func theWatchdogReverts(mode: String) async throws {
    try await freeze(mode) { guest, agent in
      kill(try guest.host.process(of: agent), SIGKILL)
      try guest.expectRuns()
    }
  }

  @Test("Recovery resumes a frozen guest when agent and watchdog are dead", arguments: ["pause", "hang"])
  func recoveryReverts(mode: String) async throws {
    try await freeze(mode) { guest, agent in
      let both = [try guest.host.process(of: agent), try guest.host.watchdog(of: "a1")]
      for pid in both { try guest.host.stop(pid) }
      for pid in both { kill(pid, SIGKILL) }
      try eventually("no agent is left") { guest.host.agents().isEmpty }
      try guest.expectFrozen(mode)
      let recovered = try guest.host.recover()
      #expect(
        recovered.results == [
          .reverted(fault: "vm.freeze", object: "guest (\(mode))", run: "run-1", cause: .recover)
        ])
      #expect(recovered.code == 0)
    }
  }

  @Test("The lease of a guest that has ended is reverted without residue", arguments: ["pause", "hang"])
  func aGuestThatEndedHoldsNothingUp(mode: String) async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        let agent = try guest.frozen(mode)
        kill(guest.qemu.pid, SIGKILL)
        try eventually("libvirt reports that it ended") { try guest.virsh("domstate", "guest").code != 0 }
        let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.residue == [])
      }
    }
  }

  @Test("A guest that another program resumes or destroys is no longer frozen", arguments: hands)
  func othersEndIt(hand: Hand) async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        let agent = try guest.frozen(hand.mode)
        switch hand.act {
        case "continue": kill(guest.qemu.pid, SIGCONT)
        case "kill": kill(guest.qemu.pid, SIGKILL)
        case "save":
          #expect(try guest.virsh("save", "guest", "/var/lib/libvirt/guest.save").code == 0)
        default: #expect(try guest.virsh(hand.act, "guest").code == 0)
        }
        let notice = try agent.notice()
        guard case .ended("a1", let end) = notice else {
          throw NeverHappened("an end is reported: \(notice)")
        }
        #expect(end.cause == .others && hand.shows.contains(where: end.reason.contains), "\(end.reason)")
        let reply = try agent.reply(to: .revert(lease: "a1"))
        guard case .reverted(let revert) = reply else { throw NeverHappened("it is reverted: \(reply)") }
        try revert.expectLastLook(shows: end)
      }
    }
  }

  @Test("A restart of libvirtd doesn't end a freeze, and later events are observed")
  func libvirtdRestarts() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        let agent = try guest.frozen("pause")
        for pid in guest.host.processes(where: { $0 == ["libvirtd"] }) { kill(pid, SIGKILL) }
        let notice = try agent.notice()
        guard case .warning(let words) = notice else {
          throw NeverHappened("its loss is reported: \(notice)")
        }
        #expect(words.contains("libvirt"))
        try guest.startLibvirtd()
        try guest.expectFrozen("pause")
        #expect(try guest.virsh("resume", "guest").code == 0)
        var next = try agent.notice()
        // The reason why it could not be observed may have been reported in more than one way.
        while case .warning = next { next = try agent.notice() }
        guard case .ended("a1", let end) = next else { throw NeverHappened("an end is reported: \(next)") }
        #expect(end.cause == .others && end.reason.hasPrefix("libvirt shows domain guest running"))
        _ = try agent.reply(to: .revert(lease: "a1"))
      }
    }
  }

  /// An act of another program on a frozen guest.
  struct Hand: Sendable, CustomStringConvertible {
    var mode: String
    var act: String
    /// The possible observations: libvirt shows a domain that ends as `in shutdown` first.
    var shows: [String]
    var description: String { "\(mode): \(act)" }
  }

  static let hands = [
    Hand(mode: "pause", act: "resume", shows: ["libvirt shows domain guest running"]),
    Hand(
      mode: "pause", act: "destroy",
      shows: ["domain guest is gone from this host", "domain guest in shutdown"]),
    // For libvirt this is like a migration: the domain is gone from this host.
    Hand(
      mode: "pause", act: "save", shows: ["domain guest is gone from this host", "domain guest in shutdown"]),
    Hand(
      mode: "pause", act: "kill", shows: ["domain guest is gone from this host", "domain guest in shutdown"]),
    Hand(mode: "hang", act: "continue", shows: ["of guest runs"]),
    Hand(mode: "hang", act: "destroy", shows: ["of guest is gone"]),
    Hand(mode: "hang", act: "kill", shows: ["of guest is gone"]),
  ]

  @Test("Reverting a lease that was never injected removes its mark from the guest")
  func aLeaseThatWasNeverInjectedLeavesNoMark() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        let agent = try guest.host.agent()
        let arm = Request.arm(
          lease: "a1", order: try order("vm.freeze").spec, begins: .zero, duration: .seconds(60))
        _ = try agent.reply(to: arm)
        #expect(try guest.mark().contains("a1"))
        _ = try agent.reply(to: .revert(lease: "a1"))
        try guest.expectRuns()
      }
    }
  }

  @Test("Recovery resumes a marked guest that was migrated here while it was suspended")
  func aGuestThatCamePausedIsRecovered() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        try guest.markAs("b7_1")
        #expect(try guest.virsh("suspend", "guest").code == 0)
        #expect(try guest.host.recover() == ([.resumed(domain: "guest", lease: "b7_1")], 0))
        try guest.expectRuns()
        #expect(try guest.host.recover() == ([], 0))
        // A crash may have left a mark on a running guest.
        try guest.markAs("b7_1")
        #expect(try guest.host.recover() == ([.unmarked(domain: "guest", lease: "b7_1")], 0))
        // A domain that its user suspended has no mark, and stays suspended.
        #expect(try guest.virsh("suspend", "guest").code == 0)
        #expect(try guest.host.recover() == ([], 0))
        #expect(try guest.virsh("domstate", "guest").text.hasPrefix("paused"))
      }
    }
  }

  @Test("A run resumes a guest that its own lease suspended on another host")
  func aGuestThatCamePausedIsRevertedByItsRun() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        try guest.markAs("b7_1")
        #expect(try guest.virsh("suspend", "guest").code == 0)
        let agent = try guest.host.agent()
        _ = try agent.reply(to: .thaw(leases: ["b7_2"]))
        #expect(try guest.virsh("domstate", "guest").text.hasPrefix("paused"))
        let state = Request.state(thawing: ["b7_2", "b7_1"])
        let seen = try agent.reply(to: state).state()
        #expect(!seen.lines.contains { $0.part == .domains })
        try guest.expectRuns()
      }
    }
  }

  @Test("A thaw request doesn't resume a guest whose lease is active on this host")
  func aLeaseThatIsActiveIsNotThawed() async throws {
    try await freeze("pause") { guest, agent in
      _ = try agent.reply(to: .thaw(leases: ["a1"]))
      try guest.expectFrozen("pause")
      _ = try agent.reply(to: .revert(lease: "a1"))
      agent.hangUp()
    }
  }

  @Test("A guest that is paused or shut off can't be frozen")
  func guestsThatDoNotRunAreRefused() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        #expect(try guest.virsh("suspend", "guest").code == 0)
        let agent = try guest.host.agent()
        let arm = Request.arm(
          lease: "a1", order: try order("vm.freeze").spec, begins: .zero, duration: .seconds(60))
        #expect(
          try agent.refusal(of: arm).isOfLease(
            "a1", with: DomainNotRunning(name: "guest", state: "\(DomainState.paused(.user))")))
        #expect(try guest.virsh("destroy", "guest").code == 0)
        #expect(try agent.refusal(of: arm).isOfLease("a1", with: "domain guest: "))
        #expect(try guest.host.leases.names() == [])
      }
    }
  }

  @Test("A guest whose QEMU something else has stopped can't be frozen, and stays stopped")
  func aStoppedGuestIsRefused() async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        _ = try guest.qemu.signal(SIGSTOP)
        try eventually("it is stopped") { try guest.qemu.state() == "T" }
        let agent = try guest.host.agent()
        let arm = Request.arm(
          lease: "a1", order: try order("vm.freeze", ["mode": "hang"]).spec, begins: .zero,
          duration: .seconds(60))
        #expect(try agent.refusal(of: arm).isOfLease("a1", with: "kill -CONT"))
        #expect(try guest.qemu.state() == "T")
        _ = try guest.qemu.signal(SIGCONT)
      }
    }
  }

  /// Freezes the guest, calls the body, which must revert the freeze, and checks that the guest runs.
  private func freeze(_ mode: String, _ body: @Sendable (Guest, AgentClient) throws -> Void) async throws {
    try await inNetworkNamespace {
      try Guest.run { guest in
        try guest.expectRuns()
        let agent = try guest.frozen(mode)
        try guest.expectFrozen(mode)
        try body(guest, agent)
        try guest.expectRuns()
        try eventually("no agent is left") { guest.host.agents().isEmpty }
        _ = try guest.host.recover()
        #expect(try DurableFile.list(guest.host.leases.path) == [])
        try guest.expectRuns()
      }
    }
  }
}

/// A guest named `guest` on its own host.
final class Guest {
  let host: AgentHost
  /// The guest's QEMU process.
  let qemu: ProcessIdentity

  static let isPossible =
    AgentHost.isPossible
    && TestTools.have(["/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64", "/usr/bin/virsh"])

  static func run(_ body: (Guest) throws -> Void) throws {
    try AgentHost.run { host in try body(try Guest(on: host)) }
  }

  private init(on host: AgentHost) throws {
    self.host = host
    try host.write(
      """
      auth_unix_rw = "none"
      auth_unix_ro = "none"
      log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
      """, to: "/etc/libvirt/libvirtd.conf")
    try host.write(
      """
      user = "root"
      group = "root"
      security_driver = "none"
      cgroup_controllers = []
      stdio_handler = "file"
      """, to: "/etc/libvirt/qemu.conf")
    // The guest needs no disk and no system: the firmware's boot loop is enough.
    try host.write(
      """
      <domain type='qemu'>
        <name>guest</name>
        <memory unit='MiB'>32</memory>
        <vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os>
        <devices>
          <controller type='usb' model='none'/><memballoon model='none'/>
          <interface type='user'><mac address='\(Self.linked)'/><rom enabled='no'/></interface>
          <interface type='user'>
            <mac address='\(Self.unlinked)'/><rom enabled='no'/><link state='down'/>
          </interface>
          <disk type='file' device='cdrom'>
            <source file='/usr/share/seabios/bios-256k.bin'/><target dev='hda' bus='ide'/><readonly/>
          </disk>
        </devices>
      </domain>
      """, to: Self.definition)
    try Self.startLibvirtd(on: host)
    let created = try Self.virsh(["create", Self.definition], on: host)
    #expect(created.code == 0)
    let found = host.processes { $0.contains { $0.hasPrefix("guest=guest") } }
    qemu = try ProcessIdentity(pid: try #require(found.first))
  }

  /// An interface with a carrier, and one that its owner left without.
  static let linked = "52:54:00:00:00:01"
  static let unlinked = "52:54:00:00:00:02"
  static let definition = "/etc/libvirt/guest.xml"

  func startLibvirtd() throws { try Self.startLibvirtd(on: host) }

  private static func startLibvirtd(on host: AgentHost) throws {
    // libvirtd looks up its default user for QEMU, even if another one is configured.
    let users = "grep -q ^libvirt-qemu: $f || echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >> $f"
    _ = try host.start(
      ["sh", "-euc", "for f in /etc/passwd /etc/group; do \(users); done; exec libvirtd"])
    try eventually("libvirtd answers") { try virsh(["list"], on: host).code == 0 }
  }

  /// The output of virsh and its exit code.
  func virsh(_ arguments: String...) throws -> (text: String, code: Int32) {
    try Self.virsh(arguments, on: host)
  }

  static func virsh(_ arguments: [String], on host: AgentHost) throws -> (text: String, code: Int32) {
    let client = try host.start(
      ["sh", "-c", "exec virsh --quiet -c qemu:///system \"$@\" 2> /dev/null", "virsh"] + arguments)
    return (try client.rest(), client.reap())
  }

  /// The element with which `vm.freeze` marks the guest; empty if there is none.
  func mark() throws -> String { try virsh("metadata", "guest", "urn:murphy:vm.freeze", "--live").text }

  /// Marks the guest as a lease does.
  func markAs(_ lease: String) throws {
    let element = "<lease name='\(lease)'/>"
    let set = try virsh(
      "metadata", "guest", "urn:murphy:vm.freeze", "--live", "--key", "murphy", "--set", element)
    #expect(set.code == 0)
    #expect(try mark().contains(lease))
  }

  /// Starts an agent, and freezes the guest as its lease `a1`.
  func frozen(_ mode: String) throws -> AgentClient { try injected(try order("vm.freeze", ["mode": mode])) }

  /// Starts an agent, and injects a fault as its lease `a1`.
  func injected(_ order: FaultOrder) throws -> AgentClient {
    let agent = try host.agent()
    try agent.reply(
      to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(600))
    ).armed()
    try agent.reply(to: .inject(lease: "a1")).effective()
    try host.awaitEffect(of: "a1")
    return agent
  }

  /// According to libvirt and the kernel.
  func expectFrozen(_ mode: String) throws {
    #expect(try virsh("domstate", "guest").text.hasPrefix(mode == "pause" ? "paused" : "running"))
    #expect(try (qemu.state() == "T") == (mode == "hang"))
    #expect(try mark().contains("a1") == (mode == "pause"))
  }

  /// Waits until the guest runs, according to libvirt and the kernel.
  func expectRuns() throws {
    try eventually("the guest runs") {
      let state = try qemu.state()
      return try state != nil && state != "T" && virsh("domstate", "guest").text.hasPrefix("running")
        && mark() == ""
    }
  }
}
