@testable import Faults
import Glibc
import HostTesting
import Journal
import Libvirt
import Linux
import NamespaceTesting
import Netlink
@testable import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// A host's state, read from the real kernel: each change that a fault or another program can make adds or removes a
/// line.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct HostStateTests {
  /// The differences of the state after a change: `- line`, `+ line`.
  private static func changes(
    by change: (HostNetwork, Instruments) throws -> Void
  ) throws -> [String] {
    let network = try HostNetwork()
    let instruments = Instruments(hypervisorURI: "test:///default")
    try instruments.nftables().run(
      """
      table inet filter {
        set allowed { type ipv4_addr; flags timeout; }
        chain input {
          type filter hook input priority 0
          tcp dport 22 counter accept
          tcp dport 80 accept
        }
      }
      """)
    let before = try HostState.read(using: instruments)
    #expect(before.unread == [])
    #expect(try before.boot == Clock.bootIdentity())
    try change(network, instruments)
    let after = try HostState.read(using: instruments)
    // Mounts and processes belong to the machine, not to the namespace.
    return after.lines.difference(from: before.lines).compactMap { change in
      switch change {
      case .remove(_, let line, _) where [.network, .firewall].contains(line.part): "- \(line.text)"
      case .insert(_, let line, _) where [.network, .firewall].contains(line.part): "+ \(line.text)"
      default: nil
      }
    }
    // A kernel with VLANs adds one to each bridge.
    .filter { !$0.dropFirst(2).hasPrefix("bridge ") }
    .sorted()
  }

  private func expect(
    _ lines: [String], sourceLocation: SourceLocation = #_sourceLocation,
    after change: @escaping @Sendable (HostNetwork, Instruments) throws -> Void
  ) async throws {
    let changes = try await inNetworkNamespace { try Self.changes(by: change) }
    #expect(changes == lines.sorted(), sourceLocation: sourceLocation)
  }

  @Test("An unchanged host has no differences")
  func nothingIsReportedWhereNothingChanged() async throws {
    try await expect([]) { _, _ in }
  }

  /// The carrier, routes and addresses with a lifetime, counters, and elements with a timeout change by themselves.
  @Test("Carrier, expiring routes and addresses, and set elements with a timeout are not reported")
  func whatMovesByItselfIsNotReported() async throws {
    try await expect([]) { network, instruments in
      let link = try network.socket.link(.name("eth0")).index
      try network.socket.setUp(false, .name("switch0"))
      try eventually("eth0 has no carrier") { try !network.socket.link(.name("eth0")).hasCarrier }
      try network.socket.setUp(true, .name("switch0"))
      let leased = InterfaceAddress(
        try #require(IPPrefix("fd00:77::1/128")), flags: .noDuplicateDetection, validSeconds: 600,
        preferredSeconds: 600)
      try network.socket.add(leased, to: link)
      try network.socket.add(
        Route(
          to: try #require(IPPrefix("fd00:88::/64")), via: [NextHop(link: link)], expiresInSeconds: 600))
      try instruments.nftables().run("add element inet filter allowed { 10.0.0.7 timeout 1h }")
      try eventually("eth0 has its carrier again") {
        let addresses = try network.socket.addresses(of: try network.socket.link(.name("switch0")))
        return try network.socket.link(.name("eth0")).operativeState == .up
          && addresses.contains { $0.prefix.family == .ipv6 && !$0.flags.contains(.tentative) }
      }
    }
  }

  @Test("A cut that was reverted leaves no difference", arguments: ["carrier", "silent"])
  func aCutThatWasRevertedLeavesNothing(mode: String) async throws {
    try await expect([]) { _, instruments in
      let cut = try order("host.unplug", ["mode": mode])
      let undo = try cut.snapshot(for: "a1", using: instruments)
      try cut.prepare(undo, for: "a1", using: instruments)
      try cut.trigger(undo, for: "a1", using: instruments).inject(.seconds(60))
      try cut.revert(undo, using: instruments)
    }
  }

  @Test("A cut that was not reverted is reported")
  func aCutThatHoldsIsReported() async throws {
    let changes = try await inNetworkNamespace {
      try Self.changes { network, _ in try network.socket.setUp(false, .name("eth1")) }
    }
    for line in [
      "- link eth1 up multicast mtu 1500", "+ link eth1 down multicast mtu 1500",
      "- address eth1 fd00:1::1/64 scope global nodad",
      "- route 10.9.0.0/16 via 10.0.1.254 dev eth1 table main proto static scope global",
      "- neighbour eth1 10.0.1.253 lladdr 02:00:00:00:00:fd",
    ] {
      #expect(changes.contains(line), "\(line): \(changes)")
    }
    #expect(!changes.contains { $0.contains("address eth1 10.0.1.1") }, "IPv4 addresses stay")
    #expect(!changes.contains { $0.contains("eth0") })
  }

  @Test("A change of a link's flags is reported")
  func flagsAreReported() async throws {
    try await expect([
      "- link eth0 up multicast mtu 1500", "+ link eth0 up noarp promisc allmulticast mtu 1500",
      // The kernel drops the entry, because it resolves no neighbours on this link any more.
      "- neighbour eth0 10.0.0.253 lladdr 02:00:00:00:00:fd",
    ]) { _, _ in
      try run(
        "ip", "link", "set", "eth0", "promisc", "on", "allmulticast", "on", "arp", "off", "multicast", "off")
    }
  }

  @Test("A change of a link's MTU is reported")
  func theMTUIsReported() async throws {
    try await expect(["- link eth0 up multicast mtu 1500", "+ link eth0 up multicast mtu 1400"]) {
      network, _ in try network.socket.setMTU(1400, .name("eth0"))
    }
  }

  @Test("A change of a link's master is reported")
  func aMasterIsReported() async throws {
    try await expect([
      "+ link br0 down multicast mtu 1500",
      "- link switch0 up multicast mtu 1500", "+ link switch0 up multicast mtu 1500 master br0",
    ]) { network, _ in
      try network.socket.addBridge("br0")
      try network.socket.setMaster(try network.socket.link(.name("br0")).index, .name("switch0"))
    }
  }

  @Test("Changes of addresses, and of routes in all tables, are reported")
  func addressesAndRoutesOfAllTablesAreReported() async throws {
    try await expect([
      "+ address eth0 10.66.0.1/32 scope global",
      "+ route 10.67.0.0/16 dev eth0 table 100 proto static scope link",
      "+ route blackhole 10.68.0.0/16 table main proto boot scope global",
      "+ route fd00:99::/64 dev eth1 table 1000 proto static metric 1024",
      "- route 10.9.0.0/16 via 10.0.1.254 dev eth1 table main proto static scope global",
    ]) { network, _ in
      try run("ip", "address", "add", "10.66.0.1/32", "dev", "eth0")
      try run("ip", "route", "add", "10.67.0.0/16", "dev", "eth0", "table", "100", "proto", "static")
      try run("ip", "route", "add", "blackhole", "10.68.0.0/16")
      try run("ip", "-6", "route", "add", "fd00:99::/64", "dev", "eth1", "table", "1000", "proto", "static")
      try run("ip", "route", "del", "10.9.0.0/16")
    }
  }

  @Test("Changes of permanent neighbour entries are reported")
  func neighboursAreReported() async throws {
    try await expect([
      "- neighbour eth0 10.0.0.253 lladdr 02:00:00:00:00:fd",
      "+ neighbour eth0 fd00::7 lladdr 02:00:00:00:00:07",
    ]) { _, _ in
      try run("ip", "neighbour", "del", "10.0.0.253", "dev", "eth0")
      try run(
        "ip", "neighbour", "add", "fd00::7", "lladdr", "02:00:00:00:00:07", "dev", "eth0", "nud", "permanent")
      try run(
        "ip", "neighbour", "add", "10.0.0.8", "lladdr", "02:00:00:00:00:08", "dev", "eth0", "nud", "stale")
    }
  }

  /// A qdisc's options are part of its line.
  @Test("A new qdisc is reported, and so is a change of its rate")
  func qdiscsAreReported() async throws {
    let changes = try await inNetworkNamespace {
      try Self.changes { _, _ in
        try run(
          "tc", "qdisc", "add", "dev", "eth0", "root", "handle", "9:", "tbf", "rate", "1mbit", "burst", "10k",
          "limit", "20k")
      }
    }
    #expect(changes.count == 1 && changes[0].hasPrefix("+ qdisc eth0 tbf 9:0 parent root options "))
    let slower = try await inNetworkNamespace {
      let network = try HostNetwork()
      func shape(_ verb: String, to rate: String) throws -> [HostState.Line] {
        try run(
          "tc", "qdisc", verb, "dev", "eth0", "root", "handle", "9:", "tbf", "rate", rate, "burst", "10k",
          "limit", "20k")
        return try HostState.network(using: network.socket)
      }
      let before = try shape("add", to: "1mbit")
      return try shape("change", to: "500kbit").difference(from: before).count
    }
    #expect(slower == 2)
  }

  @Test("New nft tables and a changed order of rules are reported")
  func rulesAndTheirOrderAreReported() async throws {
    let chain = "nft table inet filter / chain input"
    try await expect([
      "- \(chain) / tcp dport 22 counter accept", "+ \(chain) / tcp dport 22 counter accept",
      "+ nft table netdev murphy_a1",
    ]) { _, instruments in
      let nftables = try instruments.nftables()
      try nftables.run("insert rule inet filter input tcp dport 80 accept")
      let listing = try run("nft", "-a", "list", "chain", "inet", "filter", "input")
      let last = try #require(listing.split(separator: "\n").last { $0.contains("dport 80") })
      let number = try #require(last.split(separator: " ").last)
      try nftables.run("delete rule inet filter input handle \(number)")
      try nftables.run("add table netdev murphy_a1")
    }
  }

  @Test(
    "Nexthop objects, rules and bridge entries are lines of the state, with the links that they depend on")
  func otherSettingsAreReported() async throws {
    try await expect([
      "+ nexthop id 10 via 10.0.0.2 dev eth0 proto static", "+ nexthop id 20 group 10 proto unspec",
      "+ route 10.99.0.0/16 nhid 20 table main proto boot scope global",
      "+ rule ipv4 50: from 10.0.0.0/8 iif eth1 fwmark 7 lookup 100",
      "+ link br0 up multicast mtu 1500",
      "- link switch0 up multicast mtu 1500", "+ link switch0 up multicast mtu 1500 master br0",
      "+ fdb switch0 02:00:00:00:00:99",
    ]) { _, _ in
      try run("ip", "nexthop", "add", "id", "10", "via", "10.0.0.2", "dev", "eth0", "proto", "static")
      try run("ip", "nexthop", "add", "id", "20", "group", "10")
      try run("ip", "route", "add", "10.99.0.0/16", "nhid", "20")
      try run(
        "ip", "rule", "add", "from", "10.0.0.0/8", "iif", "eth1", "fwmark", "7", "lookup", "100", "priority",
        "50")
      try run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
      try run("ip", "link", "add", "br0", "type", "bridge")
      try run("ip", "link", "set", "switch0", "master", "br0")
      try run("ip", "link", "set", "br0", "up")
      try run("bridge", "fdb", "add", "02:00:00:00:00:99", "dev", "switch0", "master", "static")
    }
    let objects = try await inNetworkNamespace {
      let network = try HostNetwork()
      for (id, link) in [("10", "eth0"), ("11", "eth1")] {
        try run("ip", "nexthop", "add", "id", id, "dev", link)
      }
      try run("ip", "nexthop", "add", "id", "20", "group", "10/11")
      try run("ip", "route", "add", "10.99.0.0/16", "nhid", "20")
      try run("ip", "rule", "add", "iif", "eth1", "lookup", "100")
      let lines = try HostState.network(using: network.socket)
      return ["nexthop id 10 ", "nexthop id 20 ", "route 10.99.0.0/16 ", "rule ipv4 32765"].map { start in
        lines.first { $0.text.hasPrefix(start) }?.objects
      }
    }
    #expect(objects == [["eth0"], ["eth0", "eth1"], ["eth0", "eth1"], ["eth1"]])
  }

  @Test("The order of addresses, and of routes to one destination, is part of the state")
  func orderIsReported() async throws {
    let moved = try await inNetworkNamespace {
      let network = try HostNetwork()
      for address in ["fd00::2/64", "fd00::3/64"] {
        try run("ip", "address", "add", address, "dev", "eth0", "nodad")
      }
      for link in ["eth0", "eth1"] { try run("ip", "route", "append", "10.99.0.0/16", "dev", link) }
      let before = try HostState.network(using: network.socket)
      try run("ip", "address", "del", "fd00::2/64", "dev", "eth0")
      try run("ip", "address", "add", "fd00::2/64", "dev", "eth0", "nodad")
      try run("ip", "route", "del", "10.99.0.0/16", "dev", "eth0")
      try run("ip", "route", "append", "10.99.0.0/16", "dev", "eth0")
      let after = try HostState.network(using: network.socket)
      #expect(Set(before) == Set(after))
      return after.difference(from: before).insertions.compactMap { change in
        if case .insert(_, let line, _) = change { line.sequence } else { nil }
      }
    }
    #expect(moved == ["addresses eth0 ipv6", "routes 10.99.0.0/16 tos 0 table main metric 0"])
  }

  @Test("A line has all names of its link, and the name of the bond that the link is a port of")
  func namesOfLinks() async throws {
    let objects = try await inNetworkNamespace {
      let network = try HostNetwork()
      try run("ip", "link", "property", "add", "dev", "eth0", "altname", "enp3s0f0np0", "altname", "uplink")
      return try HostState.network(using: network.socket).first { $0.text.hasPrefix("link eth0 ") }?.objects
    }
    #expect(objects == ["enp3s0f0np0", "eth0", "uplink"])
  }

  @Test("The line of a virtual link names its lower links, since a fault on those touches it too")
  func linksOnTopOfOthersBelongToThemToo() async throws {
    let objects = try await inNetworkNamespace {
      let network = try HostNetwork()
      try run("ip", "link", "add", "link", "eth0", "name", "mac0", "type", "macvlan")
      try network.socket.addBridge("br0")
      try network.socket.setMaster(try network.socket.link(.name("br0")).index, .name("mac0"))
      return try HostState.network(using: network.socket).first { $0.text.hasPrefix("link br0 ") }?.objects
    }
    #expect(objects == ["br0", "eth0", "mac0"])
  }

  /// Uses the domain of libvirt's test driver.
  @Test("A suspended domain is reported")
  func aDomainThatIsSuspendedIsReported() throws {
    let instruments = Instruments(hypervisorURI: "test:///default")
    func domains() throws -> [String] {
      try HostState.read(using: instruments).lines.filter { $0.part == .domains }.map(\.text)
    }
    #expect(try domains() == [])
    try instruments.hypervisor().domain(named: "test").suspend()
    #expect(try domains() == ["domain test paused (user)"])
    try instruments.hypervisor().domain(named: "test").resume()
    #expect(try domains() == [])
  }

  /// The part is marked as unread instead of empty.
  @Test("A part of the state that can't be read is named, and the others are read")
  func aPartThatCannotBeReadIsNamed() throws {
    let state = try HostState.read(using: Instruments(hypervisorURI: "test:///nonexistent"))
    #expect(state.unread.map(\.part) == [.domains])
    #expect(state.lines.contains { $0.part == .mounts })
  }

  /// A line of the protocol can't hold this many lines of state.
  @Test("A state with very many lines becomes checksums, which differ if one line differs")
  func aHugeStateIsCondensed() throws {
    func element(_ number: Int) -> HostState.Line {
      HostState.Line(
        .firewall, of: ["inet filter"], "nft table inet filter / set blocked / element 10.0.0.\(number)")
    }
    let few = HostState.Line(.firewall, of: ["inet other"], "nft table inet other")
    let many = (0..<20_000).map(element) + [few]
    let condensed = try HostState.condensed(many)
    #expect(condensed.count == 2 && condensed.contains(few))
    #expect(condensed[0].text.hasPrefix("20000 lines of inet filter, checksum "))
    #expect(try HostState.condensed(many) == condensed)
    var other = many
    other[7] = element(8)
    #expect(try HostState.condensed(other)[0] != condensed[0])
    #expect(try HostState.condensed(Array(many.prefix(100))) == Array(many.prefix(100)))
    let apart = (0..<20_000).map { HostState.Line(.firewall, of: ["inet t\($0)"], "nft table inet t\($0)") }
    #expect(throws: StateTooLong.self) { try HostState.condensed(apart) }
  }
}
