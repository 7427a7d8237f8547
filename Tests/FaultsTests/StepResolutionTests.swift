import Faults
import FoundationEssentials
import HostTesting
import Scenario
import Testing

/// The faults of a step on a host, and the refusals.
struct StepResolutionTests {
  @Test("Faults that need no parameter have defaults, and no two faults have one name")
  func faultsHaveDefaults() throws {
    let names = Catalogue.builtIn.descriptions.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(try order("host.unplug").fault.object == "eth0, eth1 (carrier)")
    #expect(try order("link.drop").fault.object == "eth0 (carrier)")
    #expect(try order("vm.freeze").fault.object == "guest (pause)")
    #expect(try order("firewall.lock").fault.object == "in, open ports: 22, established kept")
    #expect(try order("partition").fault.object == "what comes from excelsior on internal")
  }

  @Test("The parameters of a step become part of its fault")
  func wordsAreTaken() throws {
    #expect(try order("host.unplug", ["mode": "silent"]).fault.object == "eth0, eth1 (silent)")
    #expect(
      try order("link.drop", ["mode": "silent", "direction": "in"]).fault.object == "eth0 (silent, in)")
    let other = try order("link.drop", target: .link(.named("falco"), network: "external"))
    #expect(other.fault.footprint.links == ["eth1"])
    #expect(try order("vm.freeze", ["mode": "hang"]).fault.object == "guest (hang)")
    #expect(
      try order("firewall.lock", ["direction": "both", "established": "cut"], allow: []).fault.object
        == "both, open ports: none, established cut")
  }

  @Test("Each fault declares its footprint and how the kernel reverts it")
  func eachFaultSaysWhatItTouchesAndHowItIsReverted() throws {
    #expect(try order("host.unplug").fault.footprint.links == ["eth0", "eth1"])
    #expect(try order("host.unplug").fault.footprint.domains == [])
    #expect(try order("vm.freeze").fault.footprint.domains == ["guest"])
    #expect(try order("vm.freeze").fault.footprint.links == [])
    for (name, mode) in [
      ("host.unplug", "carrier"), ("host.unplug", "silent"), ("vm.freeze", "pause"), ("vm.freeze", "hang"),
    ] {
      #expect(try !order(name, ["mode": mode]).fault.undoing.isEmpty)
    }
    for (name, mode) in [
      ("host.unplug", "silent"), ("link.drop", "silent"), ("firewall.lock", nil), ("partition", nil),
    ] {
      #expect(try order(name, mode.map { ["mode": $0] } ?? [:]).fault.kernelRevert == .expires)
    }
    for (name, mode) in [
      ("host.unplug", "carrier"), ("link.drop", "carrier"), ("vm.freeze", "pause"), ("vm.freeze", "hang"),
    ] {
      let revert = try order(name, ["mode": mode]).fault.kernelRevert
      guard case .never = revert else {
        Issue.record("\(name) \(mode): \(revert)")
        continue
      }
    }
  }

  @Test(
    "A parameter with a wrong value is refused with its name",
    arguments: [
      ("host.unplug", "mode", "loud", ["mode", "direction"]),
      ("link.drop", "mode", "loud", ["mode", "direction"]),
      ("link.drop", "direction", "in", ["mode", "direction"]), ("vm.freeze", "mode", "melt", ["mode"]),
      ("firewall.lock", "direction", "up", ["direction", "allow", "established"]),
      ("partition", "direction", "up", ["direction"]), ("partition", "mode", "carrier", ["mode"]),
      // In this direction, the partition does nothing on the host.
      ("partition", "direction", "out", []),
    ] as [(String, String, String, [String])])
  func wrongWordsAreRefused(fault: String, parameter: String, word: String, refused: [String]) throws {
    let refusal = try #require(throws: StepRefused.self) { _ = try order(fault, [parameter: word]) }
    #expect(refusal.parameters == refused)
    #expect(refusal.step == "step-1")
  }

  @Test("A target that the fleet doesn't have is refused")
  func targetsThatTheFleetLacksAreRefused() throws {
    for (fault, target, refused) in [
      ("link.drop", Target.link(.named("falco"), network: "backup"), []),
      ("link.drop", .host(.named("falco")), []),
      ("vm.freeze", .vm("mail"), []), ("vm.freeze", .host(.named("falco")), []),
      ("host.explode", .host(.named("falco")), ["fault"]),
    ] as [(String, Target, [String])] {
      let refusal = try #require(throws: StepRefused.self) { _ = try order(fault, target: target) }
      #expect(refusal.parameters == refused, "\(refusal)")
    }
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("bare")),
      duration: .seconds(1))
    let bare = Fleet.Host(name: "bare", ssh: "root@bare", links: [:])
    let refusal = try #require(throws: StepRefused.self) {
      _ = try Catalogue.order(for: step, on: bare, in: Fleet(name: "tdf", hosts: [bare]))
    }
    #expect(refusal.step == "cut" && refusal.parameters == [])
  }

  @Test("An assignment is decoded as it was encoded")
  func ordersComeBackFromJSON() throws {
    for sent in [
      try order("host.unplug", ["mode": "silent"]),
      try order("link.drop", ["mode": "silent", "direction": "out"]),
      try order("vm.freeze", ["mode": "hang"]),
      try order("firewall.lock", ["established": "cut"], allow: [22, 8080]),
      try order("partition", ["direction": "in"]),
    ] {
      let read = try JSONDecoder().decode(FaultOrder.self, from: JSONEncoder().encode(sent))
      #expect(read.name == sent.name)
      #expect(read.fault.object == sent.fault.object)
      #expect(
        read.fault.footprint.links == sent.fault.footprint.links
          && read.fault.footprint.domains == sent.fault.footprint.domains)
    }
  }

  @Test("An assignment of an unknown fault, or without its fields, is refused")
  func ordersOfUnknownFaultsAreErrors() {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(FaultOrder.self, from: Data(#"{"fault":"host.explode","order":{}}"#.utf8))
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(FaultOrder.self, from: Data(#"{"fault":"host.unplug","order":{}}"#.utf8))
    }
  }

  @Test("A fault declares whether it cuts the control path")
  func faultsKnowWhetherTheyCutTheControllersPath() throws {
    let path = ControlPath(links: ["bridge0", "eth1"], port: 22)
    #expect(try order("host.unplug").fault.traits.cuts(path))
    #expect(try order("host.unplug", ["mode": "silent"]).fault.traits.cuts(path))
    #expect(try !order("link.drop").fault.traits.cuts(path))
    #expect(
      try order("link.drop", target: .link(.named("falco"), network: "external")).fault.traits.cuts(path))
    #expect(try !order("vm.freeze").fault.traits.cuts(path))
    // The open connection is kept, or its port is open.
    #expect(try !order("firewall.lock").fault.traits.cuts(path))
    #expect(try !order("firewall.lock", ["established": "cut"]).fault.traits.cuts(path))
    #expect(try !order("firewall.lock", allow: []).fault.traits.cuts(path))
    #expect(try order("firewall.lock", ["established": "cut"], allow: [80]).fault.traits.cuts(path))
  }

  @Test(
    "A partition cuts the control path if the controller's connection comes from a host on another side"
  )
  func partitionsOnThePath() throws {
    func path(_ client: String) -> ControlPath { ControlPath(links: ["eth0"], port: 22, client: client) }
    #expect(try !order("partition").fault.traits.cuts(path("10.0.0.250")))
    #expect(try !order("partition").fault.traits.cuts(path("10.0.0.1")))
    #expect(try order("partition").fault.traits.cuts(path("10.0.0.2")))
    #expect(try order("partition").fault.traits.cuts(path("fd00::2")))
    // Excelsior's address on another network.
    #expect(try !order("partition").fault.traits.cuts(path("10.0.1.2")))
    let everywhere = try order("partition", target: .sides([["falco"], ["excelsior"]], network: nil))
    #expect(everywhere.fault.traits.cuts(path("10.0.1.2")))
    #expect(everywhere.fault.object == "what comes from excelsior on all networks")
  }

  /// No scenario gives such an assignment, but a line on the wire can.
  @Test("A cut without links is refused")
  func aCutOfNothingIsRefused() throws {
    for fault in ["host.unplug", "link.drop"] {
      let text = #"{"fault":"\#(fault)","order":{"cut":{"direction":"both","links":[],"mode":"silent"}}}"#
      let order = try JSONDecoder().decode(FaultOrder.self, from: Data(text.utf8))
      #expect(order.fault.missing(using: Instruments()).contains { $0.hasPrefix("no link is named") })
    }
  }
}
