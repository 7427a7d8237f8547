import AgentProtocol
import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Libvirt
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
@testable import Faults

/// Faults of virtual machines on a real guest of a real libvirtd, through the real agent. The guest is checked by virsh
/// and by the kernel.
@Suite(
  .serialized,
  .enabled(if: Guest.isPossible, "needs root, libvirtd, qemu-system-x86_64, virsh, unshare and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct GuestFaultSerialTests {
  /// The faults that these tests end as another program does.
  static let ended: Set = ["vm.link", "vm.throttle"]

  private func onGuest(_ body: @escaping @Sendable (Guest) throws -> Void) async throws {
    try await inNetworkNamespace { try Guest.run { try body($0) } }
  }

  // MARK: vm.kill

  @Test("vm.kill ends the guest, and its revert starts nothing")
  func killed() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.kill", ["restart": "leave"]))
      #expect(try [nil, "Z", "X"].contains(guest.qemu.state()))
      try eventually("libvirt reports that it ended") { try guest.virsh("domstate", "guest").code != 0 }
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.residue == [] && revert.lastObservation?.ended == nil)
      #expect(try guest.virsh("domstate", "guest").code != 0)
      // What its manager starts is another process, which no later act hits.
      #expect(try guest.virsh("create", Guest.definition).code == 0)
      #expect(try guest.host.recover().code == 0)
      #expect(try guest.virsh("domstate", "guest").text.hasPrefix("running"))
      agent.hangUp()
    }
  }

  @Test(
    "A guest that doesn't run is refused by every fault",
    arguments: ["vm.kill", "vm.link", "vm.reset", "vm.panic"]
  )
  func notRunning(fault: String) async throws {
    try await onGuest { guest in
      #expect(try guest.virsh("suspend", "guest").code == 0)
      let agent = try guest.host.agent()
      let order = try order(fault, fault == "vm.kill" ? ["restart": "leave"] : [:])
      let arm = Request.arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(10))
      #expect(
        try agent.refusal(of: arm).isOfLease(
          "a1", with: DomainNotRunning(name: "guest", state: "\(DomainState.paused(.user))")))
      #expect(try guest.host.leases.names() == [])
    }
  }

  // MARK: vm.link

  @Test("The controller's request gives the carrier back, and leaves an interface that had none")
  func linkByController() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      try guest.expectUnlinked()
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.cause == .controller && revert.residue == [] && revert.lastObservation?.ended == nil)
      try guest.expectLinked()
      agent.hangUp()
      #expect(try agent.exitCode() == 0)
    }
  }

  @Test("The watchdog gives the carrier back when the agent dies")
  func linkByWatchdog() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      try guest.expectUnlinked()
      kill(try guest.host.process(of: agent), SIGKILL)
      try eventually("the carrier is back") { try guest.isLinked() }
      try eventually("no agent is left") { guest.host.agents().isEmpty }
      try guest.expectLinked()
    }
  }

  @Test("Recovery gives the carrier back when agent and watchdog are dead")
  func linkByRecovery() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      let both = [try guest.host.process(of: agent), try guest.host.watchdog(of: "a1")]
      for pid in both { try guest.host.stop(pid) }
      for pid in both { kill(pid, SIGKILL) }
      try eventually("no agent is left") { guest.host.agents().isEmpty }
      try guest.expectUnlinked()
      let recovered = try guest.host.recover()
      #expect(
        recovered.results == [
          .reverted(fault: "vm.link", object: "guest (all interfaces)", run: "run-1", cause: .recover)
        ])
      try guest.expectLinked()
    }
  }

  @Test("Reverting a lease that was never injected leaves no mark")
  func linkNeverInjected() async throws {
    try await onGuest { guest in
      let agent = try guest.host.agent()
      let arm = Request.arm(
        lease: "a1", order: try order("vm.link").spec, begins: .zero, duration: .seconds(60))
      try agent.reply(to: arm).armed()
      #expect(try guest.linkMark().contains("a1"))
      #expect(try guest.isLinked())
      _ = try agent.reply(to: .revert(lease: "a1"))
      try guest.expectLinked()
    }
  }

  @Test("A second lease on the same guest is refused, and the first stays active")
  func linkTwice() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      let arm = Request.arm(
        lease: "a2", order: try order("vm.link").spec, begins: .zero, duration: .seconds(60))
      #expect(
        try agent.refusal(of: arm).isOfLease(
          "a2", with: DomainMarkedAlready(domain: "guest", lease: "a1", fault: "vm.link")))
      try guest.expectUnlinked()
      _ = try agent.reply(to: .revert(lease: "a1"))
      try guest.expectLinked()
    }
  }

  @Test(
    "A guest whose carrier another program gives back, or that ends, is no longer cut",
    arguments: [
      ("up", ["libvirt shows a carrier on interface \(Guest.linked) of guest"]),
      ("destroy", ["is gone from this host", "has ended"]),
      ("kill", ["is gone from this host", "has ended"]),
    ])
  func linkEnded(act: String, shows: [String]) async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      switch act {
      case "up": #expect(try guest.virsh("domif-setlink", "guest", Guest.linked, "up").code == 0)
      case "kill": kill(guest.qemu.pid, SIGKILL)
      default: #expect(try guest.virsh("destroy", "guest").code == 0)
      }
      let notice = try agent.notice()
      guard case .ended("a1", let end) = notice else {
        throw NeverHappened("an end is reported: \(notice)")
      }
      #expect(end.cause == .others && shows.contains(where: end.reason.contains), "\(end.reason)")
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      try revert.expectLastLook(shows: end)
      #expect(revert.residue == [])
      if act == "up" { try guest.expectLinked(byOthers: true) }
    }
  }

  @Test("A guest that was started again is left as it is")
  func linkRestarted() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.link"))
      let uuid = try guest.virsh("domuuid", "guest").text.words.first ?? ""
      #expect(try guest.virsh("destroy", "guest").code == 0)
      guard case .ended("a1", _) = try agent.notice() else { throw NeverHappened("an end is reported") }
      // Its owner starts the same domain with another state: no carrier on an interface that had one.
      let file = guest.host.path(Guest.definition)
      let text = String(decoding: try DurableFile.read(file), as: UTF8.self)
        .replacing("<name>guest</name>", with: "<name>guest</name><uuid>\(uuid)</uuid>")
        .replacing(
          "<mac address='\(Guest.linked)'/>", with: "<mac address='\(Guest.linked)'/><link state='down'/>")
      try guest.host.write(text, to: Guest.definition)
      #expect(try guest.virsh("create", Guest.definition).code == 0)
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.residue == [])
      #expect(try !guest.isLinked(), "this is not Murphy's change")
    }
  }

  @Test("Recovery gives the carrier back to a marked guest that was migrated here")
  func linkMigrated() async throws {
    try await onGuest { guest in
      let uuid = try #require(
        UUID(uuidString: try guest.virsh("domuuid", "guest").text.words.first ?? ""))
      let undo = VMLink.Undo(
        uuid: uuid, name: "guest", lease: "b7_1", interfaces: [.init(mac: Guest.linked, link: nil)])
      let element = "<lease name='b7_1' undo='\(try JSONEncoder().encode(undo).base64EncodedString())'/>"
      let set = try guest.virsh(
        "metadata", "guest", "urn:murphy:vm.link", "--live", "--key", "murphy", "--set", element)
      #expect(set.code == 0)
      #expect(try guest.virsh("domif-setlink", "guest", Guest.linked, "down").code == 0)
      let agent = try guest.host.agent()
      _ = try agent.reply(to: .thaw(leases: ["b7_2"]))
      try guest.expectUnlinked()
      agent.hangUp()
      try eventually("no agent is left") { guest.host.agents().isEmpty }
      let recovered = try guest.host.recover()
      #expect(
        recovered.results == [
          .reverted(fault: "vm.link", object: "guest", run: "of lease b7_1", cause: .recover)
        ])
      try guest.expectLinked()
      #expect(try guest.host.recover() == ([], 0))
    }
  }

  @Test("Interfaces are chosen by address or by bridge, and a choice of none is refused with a list")
  func linkChoice() async throws {
    try await onGuest { guest in
      let agent = try guest.host.agent()
      func arm(_ lease: String, _ texts: [String: String]) throws -> Request {
        let step = Step(
          name: "step-1", trigger: .at(.zero), fault: "vm.link", target: .vm("web"), duration: .seconds(60),
          parameters: texts.mapValues { .text($0) })
        let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
        let fleet = Fleet(name: "tdf", hosts: [host], vms: [.init(name: "web", domain: "guest")])
        return .arm(
          lease: lease, order: try Catalogue.order(for: step, on: host, in: fleet).spec, begins: .zero,
          duration: .seconds(60))
      }
      #expect(
        try agent.refusal(of: arm("a1", ["bridge": "br0"])).isOfLease(
          "a1",
          with: NoInterface(
            object: "guest (interfaces on br0)",
            present: ["\(Guest.linked) on user", "\(Guest.unlinked) on user"])))
      #expect(
        try agent.refusal(of: arm("a2", ["mac": Guest.unlinked])).isOfLease(
          "a2", with: NoCarrier(object: "guest (interface \(Guest.unlinked))")))
      try agent.reply(to: arm("a3", ["mac": Guest.linked])).armed()
      try agent.reply(to: .inject(lease: "a3")).effective()
      #expect(try !guest.isLinked())
      _ = try agent.reply(to: .revert(lease: "a3"))
      try guest.expectLinked()
    }
  }

  // MARK: vm.throttle

  private static func throttle(
    _ texts: [String: ParameterValue] = ["iops": .count(10), "bytes": .count(65536)]
  ) throws -> FaultOrder {
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "vm.throttle", target: .vm("web"), duration: .seconds(60),
      parameters: texts)
    let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let fleet = Fleet(name: "tdf", hosts: [host], vms: [.init(name: "web", domain: "guest")])
    return try Catalogue.order(for: step, on: host, in: fleet)
  }

  private static let earlierLimits: [[String: Int]] = [
    [:], ["read-iops-sec": 500], ["total-bytes-sec": 1_000_000, "total-bytes-sec-max": 2_000_000],
  ]

  @Test(
    "A throttled disk gets its own limits back", arguments: earlierLimits,
    ["controller", "watchdog", "recover"])
  func throttled(before: [String: Int], by process: String) async throws {
    try await onGuest { guest in
      try guest.limit(before)
      let original = try guest.limits()
      let agent = try guest.injected(try Self.throttle())
      let limited = try guest.limits()
      #expect(limited["total_iops_sec"] == "10" && limited["total_bytes_sec"] == "65536")
      #expect(limited["read_iops_sec"] == "0" && limited["total_bytes_sec_max"] == "0")
      switch process {
      case "controller":
        let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.residue == [] && revert.lastObservation?.ended == nil)
      case "watchdog":
        kill(try guest.host.process(of: agent), SIGKILL)
        try eventually("no agent is left") { guest.host.agents().isEmpty }
      default:
        let both = [try guest.host.process(of: agent), try guest.host.watchdog(of: "a1")]
        for pid in both { try guest.host.stop(pid) }
        for pid in both { kill(pid, SIGKILL) }
        try eventually("no agent is left") { guest.host.agents().isEmpty }
        #expect(try guest.limits() == limited)
        #expect(try guest.host.recover().code == 0)
      }
      #expect(try guest.limits() == original)
      #expect(try guest.virsh("metadata", "guest", "urn:murphy:vm.throttle", "--live").text == "")
    }
  }

  @Test("A limit that another program sets ends the fault, and stays", arguments: [0, 77])
  func throttleEnded(limit: Int) async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try Self.throttle())
      try guest.limit(["total-iops-sec": limit])
      guard case .ended("a1", let end) = try agent.notice() else {
        throw NeverHappened("an end is reported")
      }
      #expect(
        end.reason
          == (limit == 0
            ? "QEMU has no limit of iops on disk hda of guest"
            : "QEMU limits disk hda of guest to 77 iops per second"))
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      try revert.expectLastLook(shows: end)
      #expect(revert.residue == [])
      #expect(try guest.limits()["total_iops_sec"] == "\(limit)")
      #expect(try guest.limits()["total_bytes_sec"] == "0", "this limit was still Murphy's")
    }
  }

  @Test("A disk that the guest doesn't have, and a limit that it has already, are refused")
  func throttleRefused() async throws {
    try await onGuest { guest in
      let agent = try guest.host.agent()
      func refusal(_ lease: String, _ texts: [String: ParameterValue]) throws -> Refusal {
        try agent.refusal(
          of: .arm(
            lease: lease, order: try Self.throttle(texts).spec, begins: .zero, duration: .seconds(60)))
      }
      #expect(
        try refusal("a1", ["iops": .count(10), "disk": .text("vda")]).isOfLease(
          "a1", with: NoDisk(object: "guest (iops 10, disk vda)", present: ["hda"])))
      try guest.limit(["total-iops-sec": 10])
      #expect(
        try refusal("a2", ["iops": .count(10)]).isOfLease(
          "a2", with: LimitedAlready(disk: "hda", object: "guest (iops 10, all disks)")))
    }
  }

  // MARK: vm.reset and vm.panic

  @Test("vm.reset is announced by QEMU, and the guest's process stays")
  func reset() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.reset"))
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.residue == [] && revert.lastObservation?.ended == nil)
      try guest.expectRuns()
      agent.hangUp()
      #expect(try agent.exitCode() == 0)
    }
  }

  @Test("A reset that would end the guest is refused")
  func resetThatEnds() async throws {
    try await onGuest { guest in
      #expect(try guest.virsh("destroy", "guest").code == 0)
      let file = guest.host.path(Guest.definition)
      let text = String(decoding: try DurableFile.read(file), as: UTF8.self)
      try guest.host.write(
        text.replacing("<devices>", with: "<on_reboot>destroy</on_reboot><devices>"), to: Guest.definition)
      #expect(try guest.virsh("create", Guest.definition).code == 0)
      let agent = try guest.host.agent()
      let arm = Request.arm(
        lease: "a1", order: try order("vm.reset").spec, begins: .zero, duration: .seconds(10))
      #expect(
        try agent.refusal(of: arm).isOfLease("a1", with: "on_reboot destroy"))
    }
  }

  @Test("vm.panic sends an NMI, and the guest's process stays")
  func panic() async throws {
    try await onGuest { guest in
      let agent = try guest.injected(try order("vm.panic"))
      let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
      #expect(revert.residue == [] && revert.lastObservation?.ended == nil)
      try guest.expectRuns()
      agent.hangUp()
    }
  }
}

extension Guest {
  /// The limits that virsh shows of the guest's disk, by libvirt's names.
  fileprivate func limits() throws -> [String: String] {
    var found: [String: String] = [:]
    for line in try virsh("blkdeviotune", "guest", "hda").text.split(separator: "\n") {
      let parts = line.split(separator: ":").flatMap { String($0).words }
      if let name = parts.first, let value = parts.last { found[name] = value }
    }
    // libvirt keeps the name of the group to which a disk belonged, which has no effect without limits.
    found["group_name"] = nil
    return found
  }

  fileprivate func limit(_ values: [String: Int]) throws {
    if values.isEmpty { return }
    let words = values.flatMap { ["--\($0.key)", "\($0.value)"] }
    #expect(try Self.virsh(["blkdeviotune", "guest", "hda", "--live"] + words, on: host).code == 0)
  }

  /// Whether virsh shows a carrier on the interface that has one at first.
  fileprivate func isLinked() throws -> Bool { try link(of: Guest.linked) == "up" }

  private func link(of mac: String) throws -> String {
    try virsh("domif-getlink", "guest", mac).text.words.last ?? ""
  }

  /// The element with which `vm.link` marks the guest; empty if there is none.
  fileprivate func linkMark() throws -> String {
    try virsh("metadata", "guest", "urn:murphy:vm.link", "--live").text
  }

  fileprivate func expectUnlinked() throws {
    #expect(try !isLinked())
    #expect(try link(of: Guest.unlinked) == "down")
    #expect(try !linkMark().isEmpty)
  }

  /// As it was before: the state that the definition leaves out isn't in the XML either, unless another program set it.
  fileprivate func expectLinked(byOthers: Bool = false) throws {
    #expect(try isLinked())
    #expect(try link(of: Guest.unlinked) == "down")
    #expect(try linkMark() == "")
    #expect(try virsh("dumpxml", "guest").text.count(of: "<link state=") == (byOthers ? 2 : 1))
  }
}

extension String {
  fileprivate var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }

  /// How often a text occurs in it.
  fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
