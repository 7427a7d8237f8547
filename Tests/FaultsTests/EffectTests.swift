import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// The check whether a fault is active. It detects each way in which a user or a service ends one.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct EffectTests {
  /// An act of another program, and the expected observation.
  struct Hand: Sendable, CustomStringConvertible {
    var act: String
    var shows: String
    var description: String { act }

    init(_ act: String, _ shows: String) {
      self.act = act
      self.shows = shows
    }

    static func onTable(_ table: String, chain: String, set: String, lacks: String) -> [Hand] {
      [
        Hand("flush ruleset", "nft table \(table) is gone"),
        Hand("delete table \(table)", "nft table \(table) is gone"),
        Hand("add table \(table) { flags dormant; }", "nft table \(table) is dormant"),
        Hand("flush table \(table)", "nft table \(table): chain \(chain) was changed"),
        Hand("flush chain \(table) \(chain)", "nft table \(table): chain \(chain) was changed"),
        Hand("insert rule \(table) \(chain) accept", "nft table \(table): chain \(chain) was changed"),
        Hand(
          "insert rule \(table) \(chain) jump elsewhere",
          "nft table \(table) was changed: a statement 'jump'"),
        Hand(
          "flush chain \(table) \(chain); delete chain \(table) \(chain)",
          "nft table \(table): chain \(chain) is gone"),
        Hand("flush set \(table) \(set)", "nft table \(table): the set that drops lacks \(lacks)"),
      ]
    }
  }

  private func expectEnd(_ hand: Hand, of contract: Contract, _ act: () throws -> Void) throws {
    try contract.prepare()
    try contract.inject()
    #expect(try contract.end() == nil)
    try act()
    let end = try #require(try contract.end(), "\(hand) was not seen")
    #expect(end.contains(hand.shows), "\(end)")
    try contract.revert()
  }

  @Test(
    "A change by another program to the table of a firewall lock ends its effect",
    arguments: Hand.onTable("inet murphy_a1", chain: "in", set: "lock", lacks: "ipv4, ipv6") + [
      Hand("delete element inet murphy_a1 lock { ipv6 }", "the set that drops lacks ipv6")
    ])
  func handsOnALock(hand: Hand) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("firewall.lock"))
      try expectEnd(hand, of: contract) {
        let nft = try contract.instruments.nftables()
        if hand.act.contains("jump") { try nft.run("add chain inet murphy_a1 elsewhere") }
        try nft.run(hand.act)
      }
    }
  }

  @Test(
    "A change by another program to the table of a silent cut ends its effect",
    arguments: Hand.onTable("netdev murphy_a1", chain: "in0", set: "cut", lacks: "\"eth0\", \"eth1\"") + [
      Hand("delete element netdev murphy_a1 cut { \"eth1\" }", "the set that drops lacks \"eth1\""),
      Hand("flush chain netdev murphy_a1 out1", "chain out1 was changed"),
    ])
  func handsOnASilentCut(hand: Hand) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("host.unplug", ["mode": "silent"]))
      try expectEnd(hand, of: contract) {
        let nft = try contract.instruments.nftables()
        if hand.act.contains("jump") { try nft.run("add chain netdev murphy_a1 elsewhere") }
        try nft.run(hand.act)
      }
    }
  }

  @Test("Deleting the last rule of a lock ends its effect")
  func aRuleThatIsDeleted() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("firewall.lock"))
      let hand = Hand("delete rule", "chain in was changed")
      try expectEnd(hand, of: contract) {
        let nft = try contract.instruments.nftables()
        let listing = try nft.run("list chain inet murphy_a1 in", printing: .json)
        let handles = listing.split(separator: "\"rule\"").dropFirst().compactMap { rule in
          rule.split(separator: "\"handle\": ").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) }
        }
        try nft.run("delete rule inet murphy_a1 in handle \(try #require(handles.last))")
      }
    }
  }

  @Test(
    "A cut link that is set up, deleted or moved ends the effect of a carrier cut",
    arguments: [
      Hand("up", "link eth1 is up"), Hand("delete", "link eth1 is gone"), Hand("move", "link eth1 is gone"),
    ])
  func handsOnALinkThatIsDown(hand: Hand) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try order("host.unplug"))
      try expectEnd(hand, of: contract) { try act(hand.act, network) }
    }
  }

  @Test(
    "A cut link that is deleted, moved or renamed ends the effect of a silent cut",
    arguments: [
      Hand("delete", "link eth1 is gone"), Hand("move", "link eth1 is gone"),
      Hand("rename", "link eth1 was renamed to port9"),
    ])
  func handsOnALinkThatIsCutInSilence(hand: Hand) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try order("host.unplug", ["mode": "silent"]))
      try expectEnd(hand, of: contract) { try act(hand.act, network) }
    }
  }

  @Test("A carrier cut stays effective when its link is renamed")
  func aLinkThatIsDownAndRenamedIsStillCut() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try order("host.unplug"))
      try contract.inject()
      try network.socket.rename(.name("eth1"), to: "port9")
      #expect(try contract.end() == nil)
      try network.socket.rename(.name("port9"), to: "eth1")
      try contract.revert()
    }
  }

  @Test("Changes to tables of other programs don't end an effect")
  func othersRulesEndNothing() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("firewall.lock"))
      try contract.prepare()
      try contract.inject()
      let nft = try contract.instruments.nftables()
      try nft.run("add table inet theirs; add chain inet theirs in { type filter hook input priority 0; }")
      try nft.run("add rule inet theirs in accept; add set inet theirs s { type ipv4_addr; }")
      _ = try nft.run("list ruleset")
      try nft.run("delete table inet theirs")
      #expect(try contract.end() == nil)
      try contract.revert()
    }
  }

  private func act(_ act: String, _ network: HostNetwork) throws {
    switch act {
    case "up": try network.socket.setUp(true, .name("eth1"))
    case "delete": try network.socket.delete(.name("eth1"))
    case "rename":
      do {
        try network.socket.rename(.name("eth1"), to: "port9")
      } catch  where error.code == EBUSY {
        // Before Linux 6.2 a link can be renamed only while it is down, as udev does it.
        try network.socket.setUp(false, .name("eth1"))
        try network.socket.rename(.name("eth1"), to: "port9")
        try network.socket.setUp(true, .name("port9"))
      }
    default: try NeighbourNamespace().take("eth1")
    }
  }
}
