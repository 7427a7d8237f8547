import Glibc
import NamespaceTesting
import Netlink
import Testing

@testable import Nftables

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct TableTests {
  private static let id = Table.ID(.inet, "murphy")

  private static let firewall = Table(
    id,
    sets: [
      NamedSet(
        "lock", of: .networkProtocol, elements: [.init(.ipv4, timeout: .seconds(600))]),
      NamedSet("cut", of: .interfaceName, elements: [.init(.interface("eth0"), timeout: .seconds(30))]),
    ],
    chains: [
      Chain(
        "first", at: .prerouting, priority: -500,
        rules: [["10.0.0.2", "10.0.0.1", "9.255.0.1"], ["10.0.0.1"], ["fd00::2", "fd00::1"]].map { texts in
          let addresses = texts.compactMap { try? PacketAddress($0) }
          return .drop(.networkProtocolIn("lock"), where: .source(addresses[0].family, addresses))
        }),
      Chain(
        "input", at: .input, priority: -500,
        rules: [
          .accept(.connectionState([.established, .related]), counted: true),
          .accept(.connectionState(.new), .destinationPort(.tcp, [443, 22])),
          .accept(.sourcePort(.udp, [53])),
          .accept(.inputInterface("lo")),
          .accept(.icmp6(Rule.ICMP6Type.allCases.reversed())),
          .accept(.icmp6([.routerAdvertisement])),
          .drop(.networkProtocolIn("lock"), counted: true),
          .drop(.inputInterfaceIn("cut")),
        ]),
      Chain(
        "output", at: .output, priority: -100,
        rules: [.accept(.outputInterface("lo")), .drop(.outputInterfaceIn("cut"))]),
    ])

  @Test("An inet table is read as it was created")
  func inetTableIsReadAsItWasMade() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      #expect(try nft.table(Self.id) == nil)
      try nft.create(Self.firewall)
      let read = try #require(try nft.table(Self.id))
      #expect(read.definition == Self.firewall.definition)
      #expect(!read.hasFlags)
      try nft.run("add table inet murphy { flags dormant; }")
      let dormant = try #require(try nft.table(Self.id))
      // Listed as text only: see `table`.
      #expect(dormant.hasFlags && dormant.sets.isEmpty && dormant.chains.isEmpty)
      #expect(try nft.tables() == [Self.id])
      let lock = try #require(read.sets.first { $0.name == "lock" }).elements
      #expect(lock.count == 1)
      let ipv4 = try #require(lock.first { $0.value == .ipv4 })
      #expect(ipv4.timeout == .seconds(600))
      #expect(try (.seconds(500) ... .seconds(600)).contains(#require(ipv4.remaining)))
      #expect(read.chains[1].rules[0].counter == .init(packets: 0, bytes: 0))
      #expect(read.chains[1].rules[3].counter == nil)
    }
  }

  @Test("A set has the elements that were added to it and no other")
  func aSetHoldsWhatWasAddedToItAndNothingElse() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      #expect(try !nft.contains([.ipv4], in: "lock", of: Self.id))
      try nft.create(
        Table(Self.id, sets: [NamedSet("lock", of: .networkProtocol), NamedSet("cut", of: .interfaceName)]))
      #expect(try !nft.contains([.ipv4], in: "lock", of: Self.id))
      #expect(try !nft.contains([.ipv4], in: "ipv4", of: Self.id))
      try nft.add(
        [.init(.ipv6, timeout: .seconds(600)), .init(.ipv4, timeout: .seconds(600))], to: "lock", of: Self.id)
      #expect(try nft.contains([.ipv4, .ipv6], in: "lock", of: Self.id))
      #expect(try !nft.contains([.interface("ipv4")], in: "lock", of: Self.id))
      let names: [InterfaceName] = ["eth0", "eth0,1", "eth0.7", "timeout", "{"]
      for name in names {
        #expect(try !nft.contains([.interface(name)], in: "cut", of: Self.id))
        try nft.add([.init(.interface(name), timeout: .seconds(600))], to: "cut", of: Self.id)
        #expect(try nft.contains([.interface(name)], in: "cut", of: Self.id))
      }
      #expect(try nft.contains(names.map { .interface($0) }, in: "cut", of: Self.id))
      #expect(try !nft.contains([.interface("eth0"), .interface("eth1")], in: "cut", of: Self.id))
      try nft.remove(.interface("eth0"), from: "cut", of: Self.id)
      #expect(try !nft.contains([.interface("eth0")], in: "cut", of: Self.id))
    }
  }

  @Test("A netdev table is read as it was created")
  func netdevTableIsReadAsItWasMade() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try socket.addVeth("left0", peer: "right0")
      let table = Table(
        .init(.netdev, "murphy"), sets: [NamedSet("cut", of: .interfaceName)],
        chains: [
          Chain(
            "in", at: .ingress(device: "left0"), priority: -500, rules: [.drop(.inputInterfaceIn("cut"))]),
          Chain(
            "out", at: .egress(device: "right0"), priority: 7, rules: [.drop(.outputInterfaceIn("cut"))]),
        ])
      let nft = try NftablesContext()
      try nft.create(table)
      #expect(try nft.table(table.id) == table)
    }
  }

  @Test("A refused command has the kernel's message and changes nothing")
  func refusalCarriesTheTextAndLeavesNothing() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      // The kernel accepts the first command and refuses the second: neither may stay.
      let error = #expect(throws: NftablesError.self) {
        try nft.run("add table inet murphy\ncreate table inet murphy")
      }
      guard case .refused(let command, let message) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(command.hasPrefix("add table inet murphy"))
      #expect(message.contains(String(cString: strerror(EEXIST))))
      #expect(error?.isNoSuchObject == false)
      let absent = #expect(throws: NftablesError.self) {
        try nft.put(.init(.ipv4, timeout: .seconds(600)), into: "lock", of: Self.id)
      }
      #expect(absent?.isNoSuchObject == true)
      #expect(try nft.tables() == [])

      let syntax = #expect(throws: NftablesError.self) { try nft.run("add tabel inet murphy") }
      guard case .refused("add tabel inet murphy", _) = syntax else {
        Issue.record("\(String(describing: syntax))")
        return
      }
      // The context still works, and its buffers are empty.
      #expect(try nft.run("list tables") == "")
    }
  }

  @Test("A table is created once, replaced, and deleted idempotently")
  func tableIsMadeOnceReplacedAndDeletedIdempotently() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      try nft.create(Self.firewall)
      let twice = #expect(throws: NftablesError.self) { try nft.create(Self.firewall) }
      guard case .refused(_, let message) = twice else {
        Issue.record("\(String(describing: twice))")
        return
      }
      #expect(message.contains(String(cString: strerror(EEXIST))))
      var open = Self.firewall
      open.chains.removeLast()
      try nft.create(open, replacing: true)
      #expect(try nft.table(Self.id)?.definition == open.definition)

      try nft.create(Table(.init(.netdev, "murphy")))
      try nft.create(Table(.init(.inet, "other")))
      #expect(try nft.tables(prefix: "mur") == [Self.id, .init(.netdev, "murphy")])
      try nft.delete(Self.id)
      try nft.delete(Self.id)
      #expect(try nft.tables() == [.init(.netdev, "murphy"), .init(.inet, "other")])
    }
  }

  @Test("An element is added, refreshed and removed")
  func elementIsPutRefreshedAndTakenOut() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      try nft.create(Self.firewall)
      func element() throws -> NamedSet.Element? {
        try nft.table(Self.id)?.sets.first { $0.name == "lock" }?.elements.first { $0.value == .ipv4 }
      }
      try nft.put(.init(.ipv4, timeout: .seconds(7000)), into: "lock", of: Self.id)
      #expect(try element()?.timeout == .seconds(7000))
      #expect(try #require(try element()?.remaining) > .seconds(6000))
      // The same context must not use a cache.
      let before = try #require(try element()?.remaining)
      usleep(1_100_000)
      #expect(try #require(try element()?.remaining) < before)

      try nft.put(.init(.ipv4, timeout: .milliseconds(100)), into: "lock", of: Self.id)
      try eventually("the element is gone by itself") { try element() == nil }
      try nft.remove(.ipv4, from: "lock", of: Self.id)
      try nft.remove(.ipv6, from: "lock", of: Self.id)
      #expect(try nft.table(Self.id)?.sets.first { $0.name == "lock" }?.elements == [])
      #expect(throws: NftablesError.self) {
        try nft.put(.init(.interface("eth0"), timeout: .seconds(9)), into: "lock", of: Self.id)
      }
    }
  }

  @Test("A table with an unknown rule can't be read")
  func foreignRuleIsNotGuessedAt() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      try nft.create(Self.firewall)
      try nft.run("add rule inet murphy input ip daddr 10.0.0.1 drop")
      let error = #expect(throws: NftablesError.self) { try nft.table(Self.id) }
      #expect(
        error
          == .unreadable(command: "list chain inet murphy input", reason: "an unknown match"),
        "\(String(describing: error))")
    }
  }

  @Test("The ruleset is unchanged after a table was created and deleted")
  func rulesetIsTheSameAfterATableCameAndWent() async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      let nft = try NftablesContext()
      try nft.run(
        """
        table inet site { set banned { type ipv4_addr; flags timeout; elements = { 10.0.0.9 timeout 1h, 10.0.0.2 }; }
        chain input { type filter hook input priority 0; udp dport 7000 counter accept; }
        }
        """)
      let before = try nft.ruleset()
      #expect(before.contains("table inet site / chain input / udp dport 7000 counter accept"))
      #expect(before.contains("table inet site / set banned / element 10.0.0.2"))
      try nft.create(Self.firewall)
      #expect(try nft.ruleset() != before)
      try nft.delete(Self.id)
      let socket = try DatagramSocket(.ipv4, port: 7000)
      try socket.send(1, to: 7000)
      try nft.run("delete element inet site banned { 10.0.0.9 }")
      #expect(try nft.ruleset() == before)
      #expect(try nft.run("list ruleset").contains("counter packets 1 "))
      try nft.run("add element inet site banned { 10.0.0.3 }")
      #expect(try nft.ruleset() != before)
    }
  }
}
