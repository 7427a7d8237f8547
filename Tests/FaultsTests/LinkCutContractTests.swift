import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// All acts of `host.unplug` and `link.drop` on real links.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct LinkCutContractTests {
  /// A cut with its links and its directions.
  struct Cut: Sendable, CustomStringConvertible {
    var fault: String
    var words: [String: String]
    var links: [Int]
    var ways: [Cable.Way] = Cable.Way.allCases

    var description: String { "\(fault) \(words.values.sorted().joined(separator: " "))" }
  }

  /// Every variant that cuts links.
  private static let cuts = Catalogue.builtIn.cases.compactMap { tried -> Cut? in
    let words = tried.words
    guard tried.needs == .namespace, tried.variant.observed != .inNamespace(.linksSlowed),
      let fault = try? order(tried).fault, !fault.footprint.links.isEmpty
    else { return nil }
    return Cut(
      fault: tried.fault.name, words: words, links: Array(fault.footprint.links.indices),
      ways: Cable.Way.allCases.filter { ["both", "\($0)"].contains(words["direction"] ?? "both") })
  }

  @Test("The cuts are those of the catalogue") func cutsOfTheCatalogue() {
    #expect(Set(Self.cuts.map(\.fault)) == ["host.unplug", "link.drop"])
  }

  @Test(
    "A cut drops frames on its links in its directions, and its revert restores the host", arguments: cuts)
  func contract(cut: Cut) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cables = try (0...1).map { try Cable($0, of: network) }
      let before = try network.snapshot()
      let contract = try Contract(try order(cut.fault, cut.words))
      let isCarrier = cut.words["mode"] == "carrier"
      func expectAllPasses() throws {
        for cable in cables { for way in Cable.Way.allCases { try cable.expectPasses(way) } }
      }

      try contract.prepare()
      #expect(try contract.ruleset().isEmpty == isCarrier)
      try expectAllPasses()

      try contract.inject()
      let evidence = try #require(try contract.effect())
      #expect(try contract.onset() == evidence)
      for number in cut.links { #expect(evidence.contains("eth\(number)")) }
      #expect(!(try contract.residue()).isEmpty)
      for number in 0...1 {
        let isCut = cut.links.contains(number)
        #expect(try network.isUp("eth\(number)") == !(isCut && isCarrier))
        #expect(
          try network.socket.link(.name("switch\(number)")).hasCarrier == !(isCut && isCarrier))
        for way in Cable.Way.allCases where !(isCut && isCarrier) {
          if isCut, cut.ways.contains(way) {
            try cables[number].sendIntoCut(way)
          } else {
            try cables[number].expectPasses(way)
          }
        }
      }

      try contract.revert()
      #expect(try contract.effect() == nil)
      #expect(try network.differences(from: before) == [])
      #expect(try contract.ruleset() == [])
      try expectAllPasses()
    }
  }

  @Test("A cut is reverted after any of its acts, also if it is already undone in part", arguments: cuts)
  func revertsAtAnyPoint(cut: Cut) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      for steps in 0...3 {
        let contract = try Contract(try order(cut.fault, cut.words))
        if steps > 0 { try contract.prepare() }
        if steps > 1 { try contract.inject() }
        if steps > 2 {
          // A user has undone a part of the cut.
          if cut.words["mode"] == "carrier" {
            try network.socket.setUp(true, .name("eth0"))
          } else {
            try contract.instruments.nftables().run("flush set netdev murphy_a1 cut")
          }
          #expect(!(try contract.residue()).isEmpty)
        }
        try contract.revert()
        #expect(try network.differences(from: before) == [])
        #expect(try contract.ruleset() == [])
      }
    }
  }

  @Test("The revert of a silent cut removes only its own table")
  func onlyItsOwnTableGoes() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("host.unplug", ["mode": "silent"]))
      let nft = try contract.instruments.nftables()
      try nft.run("add table inet filter; add chain inet filter input { type filter hook input priority 0; }")
      try nft.run("add rule inet filter input tcp dport 22 accept; add table netdev murphy_other")
      let theirs = try nft.ruleset()
      try contract.prepare()
      try contract.inject()
      try contract.revert()
      #expect(try nft.ruleset() == theirs)
    }
  }

  @Test("The kernel ends a silent cut when its set elements expire")
  func silentCutsPassByThemselves() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cable = try Cable(0, of: network)
      let contract = try Contract(try order("host.unplug", ["mode": "silent"]))
      try contract.prepare()
      try contract.inject(.milliseconds(100))
      try eventually("the cut has passed") { try contract.effect() == nil }
      for way in Cable.Way.allCases { try cable.expectPasses(way) }
      #expect(try contract.residue() == ["nft table netdev murphy_a1 is still there"])
      try contract.revert()
    }
  }

  @Test("Two silent cuts of one link are reverted independently")
  func twoCutsOfOneLinkAreTwo() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cable = try Cable(0, of: network)
      let instruments = Instruments()
      let cut = try order("link.drop", ["mode": "silent"])
      let undos = try ["a", "b"].map { try cut.snapshot(for: $0, using: instruments) }
      for (lease, undo) in zip(["a", "b"], undos) {
        try cut.prepare(undo, for: lease, using: instruments)
        try cut.trigger(undo, for: lease, using: instruments).inject(.seconds(600))
      }
      try cut.revert(undos[0], using: instruments)
      #expect(try cut.residue(undos[0], using: instruments) == [])
      #expect(try cut.trigger(undos[1], for: "b", using: instruments).effect().evidence != nil)
      try cable.sendIntoCut(.in)
      try cut.revert(undos[1], using: instruments)
      try cable.expectPasses(.in)
    }
  }

  @Test("Residue names the routes, addresses and flags that differ")
  func residueNamesWhatIsWrong() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try order("host.unplug"))
      try contract.prepare()
      try contract.inject()
      try contract.revert()
      // An incomplete revert would leave this state.
      try network.socket.setUp(false, .name("eth1"))
      try network.socket.setUp(true, .name("eth1"))
      let residue = try contract.residue()
      #expect(residue.contains { $0.contains("10.9.0.0/16") }, "\(residue)")
      #expect(residue.contains { $0.contains("fd00:1::1/64") }, "\(residue)")
      #expect(residue.allSatisfy { $0.hasPrefix("eth1: ") }, "\(residue)")
      try network.socket.setUp(false, .name("eth0"))
      #expect(try contract.residue().contains("eth0: was up, is now down"))
      try contract.revert()
    }
  }

  @Test("A deleted link doesn't prevent the revert of the others")
  func aLinkThatWasTakenAwayHoldsNothingUp() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot(of: "eth1")
      let contract = try Contract(try order("host.unplug"))
      try contract.inject()
      try network.socket.delete(.name("eth0"))
      try contract.revert()
      // The other link is restored.
      let differences = before.differences(from: try network.snapshot(of: "eth1"))
      #expect(differences.filter { $0.contains("eth1") } == [])
    }
  }

  private func missing(_ links: [String], mode: String = "carrier") throws -> [String] {
    try order("host.unplug", ["mode": mode], links: links).fault.missing(using: Instruments())
  }

  @Test("A bridge is refused in either mode, with its ports named", arguments: ["carrier", "silent"])
  func bridgesAreRefused(mode: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try run("ip", "link", "add", "br0", "type", "bridge")
      for port in ["eth0", "switch1"] { try run("ip", "link", "set", port, "master", "br0") }
      try run("ip", "link", "set", "br0", "up")
      try run("ip", "link", "property", "add", "dev", "br0", "altname", "uplink")
      let reason =
        "is a bridge and has no cable: its ports, and guests on them, would still work without it. "
        + "Name the port that has the cable in the fleet's links; its ports are eth0, switch1"
      #expect(try missing(["br0"], mode: mode) == ["link br0 \(reason)"])
      #expect(try missing(["uplink", "eth1"], mode: mode) == ["link br0 (uplink) \(reason)"])
      #expect(try missing(["eth0", "eth1"], mode: mode) == [])
      #expect(try missing(["lo"], mode: mode) == ["link lo is the loopback link: no cable leads there"])
    }
  }

  @Test("A link that the fleet names twice is cut once", arguments: ["carrier", "silent"])
  func linkOfTwoNames(mode: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cable = try Cable(0, of: network)
      try run("ip", "link", "property", "add", "dev", "eth0", "altname", "enp3s0f0np0")
      let before = try NetworkListing.settled()
      let contract = try Contract(
        try order("host.unplug", ["mode": mode], links: ["enp3s0f0np0", "eth0"]))
      try contract.prepare()
      try contract.inject()
      let evidence = try #require(try contract.effect())
      #expect(evidence.contains("eth0") && !evidence.contains("enp3s0f0np0") && !evidence.contains(","))
      if mode == "silent" { for way in Cable.Way.allCases { try cable.sendIntoCut(way) } }
      try contract.revert()
      let differences = try NetworkListing.settled().differences(from: before)
      #expect(differences == [], "\(differences.joined(separator: "\n"))")
    }
  }

  @Test(
    "A revert doesn't restore a link-local address that was removed by hand", arguments: ["eui64", "none"])
  func removedLinkLocalAddress(generation: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let linkLocal = try run("ip", "-6", "-o", "address", "show", "dev", "eth1", "scope", "link")
      let address = try #require(linkLocal.split(separator: " ").first { $0.hasPrefix("fe80") })
      try run("ip", "address", "del", String(address), "dev", "eth1")
      try run("ip", "link", "set", "eth1", "addrgenmode", generation)
      #expect(try missing(["eth1"]) == [])
      let before = try NetworkListing.settled()
      let contract = try Contract(try order("host.unplug", links: ["eth1"]))
      try contract.inject()
      try contract.revert()
      let differences = try NetworkListing.settled().differences(from: before)
      #expect(differences == [])
    }
  }

  @Test("A check names the links that are absent or down already")
  func missingNamesLinksThatAreDownOrAbsent() async throws {
    try await inNetworkNamespace {
      let instruments = Instruments()
      for mode in ["carrier", "silent"] {
        let absent = try order("host.unplug", ["mode": mode]).fault.missing(using: instruments)
        #expect(absent.count == 2)
        #expect(
          absent.first?.hasPrefix("link eth0: ") == true && absent.last?.hasPrefix("link eth1: ") == true)
      }
      let network = try HostNetwork()
      #expect(try order("host.unplug").fault.missing(using: instruments) == [])
      try network.socket.setUp(false, .name("eth1"))
      for mode in ["carrier", "silent"] {
        #expect(
          try order("host.unplug", ["mode": mode]).fault.missing(using: instruments)
            == ["link eth1 is down already: nothing could be cut"])
      }
      #expect(try order("link.drop").fault.missing(using: instruments) == [])
      for fault in [try order("link.drop", ["mode": "silent"]), try order("firewall.lock")] {
        #expect(fault.missing(using: instruments) == [])
      }
      // The checks in the kernel have left no table.
      #expect(try instruments.nftables().ruleset() == [])
    }
  }
}

extension Tag {
  /// Needs root, and network namespaces.
  @Tag static var namespace: Self
}
