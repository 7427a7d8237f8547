import FoundationEssentials
import HostTesting
import Libvirt
import Linux
import Scenario
import Testing

@testable import Faults

/// Faults of virtual machines without libvirt. The agent's tests use a real guest.
struct GuestFaultTests {
  private static func nowhere() -> Instruments {
    Instruments(hypervisorURI: "qemu+unix:///system?socket=/no/such/socket")
  }

  private func link(_ texts: [String: String] = [:]) throws -> FaultOrder {
    try guestOrder("vm.link", texts.mapValues { .text($0) })
  }

  private func guestOrder(_ fault: String, _ parameters: [String: ParameterValue]) throws -> FaultOrder {
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: fault, target: .vm("web"), duration: .seconds(60),
      parameters: parameters)
    let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let fleet = Fleet(name: "tdf", hosts: [host], vms: [.init(name: "web", domain: "guest")])
    return try Catalogue.order(for: step, on: host, in: fleet)
  }

  @Test("Each fault names the domain, and its words name what reverts it or which damage stays")
  func words() throws {
    let dead = try order("vm.kill", ["restart": "leave"]).fault
    #expect(dead.object == "guest (left dead)" && dead.reversal == .damage)
    #expect(dead.traits.damage == "domain guest stays dead until something other than Murphy starts it")
    let restarted = try order("vm.kill", ["restart": "manager"]).fault
    #expect(restarted.object == "guest (restarted by its manager)" && restarted.reversal == .restart)
    #expect(restarted.traits.damage == nil)
    #expect(try restarted.remarks(using: Self.nowhere()).count == 1)
    #expect(try dead.remarks(using: Self.nowhere()) == [])

    let reset = try order("vm.reset").fault
    #expect(reset.object == "guest (reset)" && reset.reversal == .restart && reset.isByDaemon)
    let panic = try order("vm.panic").fault
    #expect(panic.object == "guest (NMI)" && panic.reversal == .damage && panic.isByDaemon)
    #expect(try #require(panic.traits.damage).contains("stays as its kernel leaves it"))

    for (parameters, object) in [
      (["iops": .count(10)], "guest (iops 10, all disks)"),
      (["bytes": .count(1), "iops": .count(2), "disk": .text("vda")], "guest (iops 2, bytes 1, disk vda)"),
    ] as [([String: ParameterValue], String)] {
      let slow = try guestOrder("vm.throttle", parameters).fault
      #expect(slow.object == object && slow.reversal == .restore && slow.isByDaemon)
    }
    for parameters in [[:], ["disk": .text("vda")], ["iops": .count(0)]] as [[String: ParameterValue]] {
      #expect(throws: StepRefused.self) { try guestOrder("vm.throttle", parameters) }
    }

    #expect(try link().fault.object == "guest (all interfaces)")
    #expect(try link(["bridge": "br0"]).fault.object == "guest (interfaces on br0)")
    let one = try link(["mac": "52:54:00:AB:CD:EF"]).fault
    #expect(one.object == "guest (interface 52:54:00:ab:cd:ef)" && one.reversal == .restore)
    let revert = one.kernelRevert
    guard case .never = revert else { throw NeverHappened("only Murphy reverts it: \(revert)") }
    #expect(one.isByDaemon)
  }

  @Test("Each fault touches the domain, vm.migrate its resource too, and leaves the controller's path")
  func footprint() throws {
    for tried in Catalogue.builtIn.cases where tried.fault.name.hasPrefix("vm.") {
      let fault = try order(tried).fault
      let inCluster = tried.fault.name == "vm.migrate" ? [Resource(.clusterResource, "guest")] : []
      #expect(fault.footprint == [Resource(.domain, "guest")] + inCluster, "\(tried)")
      #expect(!fault.traits.cuts(ControlPath(links: ["eth0"], port: 22)))
      #expect(!tried.fault.takesHost)
      let isInstant = tried.isInstant
      #expect(isInstant == (fault.kernelRevert == .nothing), "\(tried)")
    }
  }

  @Test(
    "A step that doesn't fit is refused with the parameter's name",
    arguments: [("vm.kill", [:]), ("vm.kill", ["restart": "unit"])] as [(String, [String: String])])
  func refused(fault: String, words: [String: String]) throws {
    let refusal = try #require(throws: StepRefused.self) { try order(fault, words) }
    #expect(refusal.parameters == ["restart"])
  }

  @Test("Targets other than a virtual machine of the fleet are refused", arguments: ["vm.reset", "vm.panic"])
  func targets(fault: String) throws {
    for target in [Target.vm("mail"), .host(.named("falco"))] {
      let refusal = try #require(throws: StepRefused.self) { try order(fault, target: target) }
      #expect(refusal.parameters == [])
    }
  }

  @Test(
    "An address that isn't one is refused",
    arguments: [
      "", "52:54", "52:54:00:00:00:0g", "52-54-00-00-00-01", "52:54:00:00:00:01:02", "5:54:00:00:00:001",
    ])
  func addresses(mac: String) throws {
    let refusal = try #require(throws: StepRefused.self) { try link(["mac": mac]) }
    #expect(refusal.parameters == ["mac"])
    let both = try #require(throws: StepRefused.self) { try link(["mac": mac, "bridge": "br0"]) }
    #expect(both.parameters == ["mac", "bridge"])
  }

  @Test("Every fault is refused while libvirt doesn't answer, and none counts as reverted")
  func withoutLibvirt() throws {
    for tried in Catalogue.builtIn.cases where tried.fault.name.hasPrefix("vm.") {
      let order = try order(tried)
      let missing = order.fault.missing(using: Self.nowhere())
      #expect(missing.count == 1 && missing[0].hasPrefix("domain guest: "), "\(missing)")
      #expect(throws: LibvirtError.self) { try order.snapshot(for: "a1", using: Self.nowhere()) }
    }
    let undo = try JSONEncoder().encode(
      VMLink.Undo(
        uuid: UUID(), name: "guest", lease: "a1", interfaces: [.init(mac: "52:54:00:00:00:01", link: nil)]))
    #expect(throws: LibvirtError.self) { try link().revert(undo, using: Self.nowhere()) }
    #expect(throws: LibvirtError.self) { try link().residue(undo, using: Self.nowhere()) }
    #expect(throws: LibvirtError.self) { try link().trigger(undo, for: "a1", using: Self.nowhere()).effect() }
  }

  @Test("vm.kill kills its process and no later one with the same id, and nothing reverts it")
  func kill() throws {
    let order = try order("vm.kill", ["restart": "leave"])
    let child = try ChildProcess(["/usr/bin/sleep", "600"])
    defer { child.kill() }
    var later = child.identity
    later.started -= 1
    for (process, isHit) in [(later, false), (child.identity, true)] {
      let undo = try JSONEncoder().encode(HitProcess(process: process, name: "guest"))
      let trigger = try order.trigger(undo, for: "a1", using: Self.nowhere())
      if isHit {
        #expect(try trigger.effect().evidence == nil)
        try trigger.inject(.seconds(10))
        try eventually("it is gone") { try trigger.effect().evidence?.hasSuffix("(guest) is gone") == true }
        try order.revert(undo, using: Self.nowhere())
        #expect(try order.residue(undo, using: Self.nowhere()) == [])
        #expect(try trigger.effect().evidence != nil, "nothing brings it back")
      } else {
        #expect(throws: ProcessEnded(pid: child.pid, name: "guest")) { try trigger.inject(.seconds(10)) }
      }
    }
  }

  @Test("A mark has the lease with its undo, refuses another lease of the same fault, and is reverted alone")
  func mark() throws {
    // libvirt's test driver, in this process.
    let instruments = Instruments(hypervisorURI: "test:///default")
    let hypervisor = try instruments.hypervisor()
    let domain = try hypervisor.domain(named: "test")
    let undo = VMLink.Undo(uuid: domain.uuid, name: "test", lease: "b7_1", interfaces: [])
    let mark = DomainMark(lease: "b7_1", undo: try JSONEncoder().encode(undo))
    #expect(try domain.mark(of: "vm.link") == nil)
    for _ in 0..<2 { try domain.setMark(mark, of: "vm.link") }
    #expect(try domain.mark(of: "vm.link") == mark)
    #expect(try domain.mark(of: "vm.throttle") == nil)
    #expect(throws: DomainMarkedAlready(domain: "test", lease: "b7_1", fault: "vm.link")) {
      try domain.setMark(DomainMark(lease: "c8_1", undo: Data()), of: "vm.link")
    }
    let marked = try #require(try MarkedDomain.all(on: hypervisor).first)
    #expect(marked.fault == "vm.link" && marked.lease == "b7_1" && !marked.isFrozen)
    #expect(try link().residue(mark.undo, using: instruments) != [])
    try domain.setMark(of: "d9_1")
    #expect(try MarkedDomain.all(on: hypervisor).map(\.fault) == ["vm.freeze", "vm.link"])
    try marked.revert(using: instruments)
    #expect(try domain.mark(of: "vm.link") == nil)
    #expect(try domain.mark() == "d9_1", "the other fault's mark stays")
    #expect(try link().residue(mark.undo, using: instruments) == [])
    try domain.resumeAndUnmark("d9_1")
    #expect(try MarkedDomain.all(on: hypervisor).isEmpty)
  }
}
