import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// All acts of `partition` and `manager.cut` on the host falco, which loses only the machine at 10.0.0.2: its neighbour
/// excelsior, or the manager.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct PartitionContractTests {
  private static let evidence = [
    "partition": "the kernel drops what comes from excelsior (10.0.0.2, fd00::2)",
    "manager.cut": "the kernel drops what comes from the manager (10.0.0.2, fd00::2)",
  ]
  private static let faults = evidence.keys.sorted()

  /// A request from a host of the other side, followed by one from a host of no side. Requests are answered in order,
  /// so when the second is answered, no answer to the first can come.
  private func expect(
    _ isCut: Bool, _ family: Family, _ neighbour: Neighbour, _ port: UInt16, _ away: UInt16,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let peer = try neighbour.connect(family.host, port, from: family.neighbour)
    let other = try neighbour.connect(family.host, port, from: family.other)
    let toPeer = try Call(family.neighbour, away, SOCK_STREAM, IPPROTO_TCP)
    let toOther = try Call(family.other, away, SOCK_STREAM, IPPROTO_TCP)
    try eventually("packets of others arrive over \(family)", sourceLocation: sourceLocation) {
      other.isConnected && toOther.isConnected
    }
    if isCut {
      #expect(
        !peer.isConnected && !peer.isRefused, "packets of excelsior arrive", sourceLocation: sourceLocation)
      #expect(!toPeer.isConnected && !toPeer.isRefused, "its answer arrives", sourceLocation: sourceLocation)
    } else {
      try eventually("packets of excelsior arrive over \(family)", sourceLocation: sourceLocation) {
        peer.isConnected && toPeer.isConnected
      }
    }
  }

  @Test(
    "The host receives nothing from the other side, by either protocol, and everything from other hosts",
    arguments: faults)
  func contract(fault: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let neighbour = try Neighbour()
      let here = try Listener(port: 7001)
      let away = try neighbour.listen(7002)
      let links = try network.snapshot()
      let contract = try Contract(try order(fault))
      try contract.prepare()
      for family in Family.allCases { try expect(false, family, neighbour, here.port, away.port) }

      try contract.inject()
      #expect(try contract.effect() == Self.evidence[fault])
      #expect(try contract.onset() == contract.effect())
      #expect(try contract.residue() == ["nft table inet murphy_a1 is still there"])
      for family in Family.allCases { try expect(true, family, neighbour, here.port, away.port) }

      try contract.revert()
      #expect(try contract.effect() == nil)
      #expect(try contract.ruleset() == [])
      #expect(try network.differences(from: links) == [])
      for family in Family.allCases { try expect(false, family, neighbour, here.port, away.port) }
    }
  }

  @Test("The kernel ends a partition when its set elements expire", arguments: faults)
  func expires(fault: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let service = try Service(port: 7001, of: network)
      let contract = try Contract(try order(fault))
      try contract.prepare()
      try contract.inject(.milliseconds(100))
      try eventually("the partition has passed") { try contract.effect() == nil }
      try service.expectReached(from: 5001)
      try contract.revert()
    }
  }

  @Test("A partition is reverted after any of its acts", arguments: faults)
  func revertsAtAnyPoint(fault: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      for steps in 0...3 {
        let contract = try Contract(try order(fault))
        if steps > 0 { try contract.prepare() }
        if steps > 1 { try contract.inject() }
        if steps > 2 { try contract.instruments.nftables().run("flush set inet murphy_a1 cut") }
        try contract.revert()
        #expect(try contract.ruleset() == [])
      }
    }
  }

  @Test(
    "Any change by another program to the table ends the partition", arguments: faults,
    EffectTests.Hand.onTable("inet murphy_a1", chain: "in", set: "cut", lacks: "ipv4, ipv6") + [
      .init("delete element inet murphy_a1 cut { ipv6 }", "the set that drops lacks ipv6"),
      .init(
        "insert rule inet murphy_a1 in ip saddr 10.0.0.2 accept",
        "nft table inet murphy_a1: chain in was changed"),
    ])
  func hands(fault: String, hand: EffectTests.Hand) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order(fault))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.end() == nil)
      let nft = try contract.instruments.nftables()
      if hand.act.contains("jump") { try nft.run("add chain inet murphy_a1 elsewhere") }
      try nft.run(hand.act)
      let end = try #require(try contract.end(), "\(hand) was not seen")
      #expect(end.contains(hand.shows), "\(end)")
      try contract.revert()
    }
  }

  @Test(
    "A host whose addresses differ from the fleet's is refused, and the missing addresses are named")
  func addresses() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let instruments = Instruments()
      let partition = try order("partition").fault
      #expect(partition.missing(using: instruments) == [])
      #expect(try partition.remarks(using: instruments) == [])
      let link = try network.socket.link(.name("eth0")).index
      let moved = InterfaceAddress(try #require(IPPrefix("10.0.0.100/32")))
      try network.socket.add(moved, to: link)
      #expect(try partition.remarks(using: instruments).map { $0.contains("eth0 has 10.0.0.100") } == [true])
      let peers = InterfaceAddress(try #require(IPPrefix("10.0.0.2/32")))
      try network.socket.add(peers, to: link)
      #expect(partition.missing(using: instruments).map { $0.contains(" 10.0.0.2,") } == [true])
      try network.socket.delete(peers, from: link)
      for address in try network.socket.addresses(of: try network.socket.link(.index(link)))
      where address.prefix.family == .ipv4 {
        try network.socket.delete(address, from: link)
      }
      #expect(
        partition.missing(using: instruments).map { $0.contains(" 10.0.0.1,") } == [true])
    }
  }
  @Test("A host that has the manager's address is refused") func managerHere() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cut = try order("manager.cut").fault
      #expect(cut.missing(using: Instruments()) == [])
      #expect(cut.pathLoss == .fromAddresses(["10.0.0.2", "fd00::2"]) && cut.footprint == [])
      let address = InterfaceAddress(try #require(IPPrefix("10.0.0.2/32")))
      try network.socket.add(address, to: try network.socket.link(.name("eth0")).index)
      #expect(
        cut.missing(using: Instruments()).map { $0.contains(" 10.0.0.2,") } == [true])
    }
  }

  @Test("A fleet without a manager, or with a name as its address, refuses the cut") func noManager() throws {
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: "manager.cut", target: .host(.named("falco")),
      duration: .seconds(60))
    let falco = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    func reason(_ manager: Fleet.Manager?) throws -> String {
      try #require(throws: StepRefused.self) {
        _ = try Catalogue.order(
          for: step, on: falco, in: Fleet(name: "tdf", hosts: [falco], manager: manager))
      }.reason
    }
    for none in [nil, Fleet.Manager(addresses: [])] {
      #expect(
        try reason(none)
          == "the fleet names no manager: write manager: {addresses: [ADDRESS]} in the fleet file")
    }
    #expect(
      try reason(.init(addresses: ["engine"]))
        == "the manager's 'engine' is not an address: correct it in the fleet file")
  }

  @Test("A cut of the manager takes no host, since the host works") func takesNone() throws {
    let falco = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let fleet = Fleet(name: "tdf", hosts: [falco], manager: .init(addresses: ["10.0.0.9", "10.0.0.10"]))
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: "manager.cut", target: .host(.named("falco")),
      duration: .seconds(60))
    let assignments = try Catalogue.builtIn.assignments(for: step, on: falco, in: fleet)
    #expect(assignments.map(\.site) == [.host("falco")] && assignments[0].takes == [])
    #expect(assignments[0].traits.object == "what comes from the manager (10.0.0.10, 10.0.0.9)")
    #expect(assignments[0].traits.kernelRevert == .expires)
  }
}
