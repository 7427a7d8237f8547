import Glibc
import NamespaceTesting
import Netlink
import Nftables
import Testing

/// The effect of the tables on packets. A drop is detected by the next packet that arrives: packets of one sender
/// keep their order, so no test waits for the absence of a packet.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct PacketTests {
  @Test("A silent drop affects bridged frames until its set element expires")
  func silentDropHitsBridgedFramesUntilTheElementExpires() async throws {
    try await inNetworkNamespace {
      let links = try RouteSocket()
      // A guest's link to a bridge, and the host's uplink.
      try links.addBridge("bridge0")
      let bridge = try links.link(.name("bridge0")).index
      try links.setUp(true, .index(bridge))
      for (outer, port) in [("guest0", "tap0"), ("switch0", "eth0")] {
        try links.addVeth(outer, peer: port)
        try links.setMaster(bridge, .name(port))
        for end in [outer, port] { try links.setUp(true, .name(end)) }
      }
      let guest = try FrameSocket(link: try links.link(.name("guest0")).index)
      let network = try FrameSocket(link: try links.link(.name("switch0")).index)
      /// Sends until a frame arrives, and returns it.
      func arrival(of tag: UInt8, from sender: FrameSocket, at receiver: FrameSocket) throws -> UInt8? {
        var received: UInt8?
        try eventually("frame \(tag) arrives") {
          try sender.send(tag)
          received = receiver.receive()
          return received != nil
        }
        while receiver.receive() == tag {}
        return received
      }
      #expect(try arrival(of: 1, from: guest, at: network) == 1)
      #expect(try arrival(of: 1, from: network, at: guest) == 1)
      while network.receive() != nil || guest.receive() != nil { usleep(10_000) }

      let nft = try NftablesContext()
      let id = Table.ID(.netdev, "murphy")
      try nft.create(
        Table(
          id,
          sets: [
            NamedSet("cut", of: .interfaceName, elements: [.init(.interface("eth0"), timeout: .seconds(600))])
          ],
          chains: [
            Chain(
              "in", at: .ingress(device: "eth0"), priority: -500,
              rules: [.drop(.inputInterfaceIn("cut"), counted: true)]),
            Chain(
              "out", at: .egress(device: "eth0"), priority: -500,
              rules: [.drop(.outputInterfaceIn("cut"), counted: true)]),
          ]))
      func dropped() throws -> [UInt64] {
        try #require(try nft.table(id)).chains.map { $0.rules[0].counter?.packets ?? 0 }
      }
      for _ in 0..<5 {
        try guest.send(2)
        try network.send(2)
      }
      // The kernel's own traffic is counted too.
      try eventually("all frames met the rules") { try dropped().allSatisfy { $0 >= 5 } }

      // The kernel's timeout alone ends the drops: no process changes the table again.
      try nft.put(.init(.interface("eth0"), timeout: .milliseconds(200)), into: "cut", of: id)
      try eventually("the element is gone by itself") {
        try nft.table(id)?.sets[0].elements.isEmpty ?? false
      }
      #expect(try arrival(of: 3, from: guest, at: network) == 3)
      #expect(try arrival(of: 3, from: network, at: guest) == 3)
    }
  }

  /// A firewall that drops new connections while its set contains the packet's protocol.
  private static func firewall(keepEstablished: Bool, locked: [NamedSet.Element]) -> Table {
    let established: [Rule] = keepEstablished ? [.accept(.connectionState([.established, .related]))] : []
    return Table(
      .init(.inet, "murphy"), sets: [NamedSet("lock", of: .networkProtocol, elements: locked)],
      chains: [
        Chain(
          "input", at: .input, priority: -500,
          rules: established + [
            .accept(.destinationPort(.udp, [7002])), .drop(.networkProtocolIn("lock"), counted: true),
          ])
      ])
  }

  @Test("A locked firewall keeps or cuts established flows")
  func lockedFirewallKeepsOrCutsEstablishedFlows() async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      let nft = try NftablesContext()
      let server = try DatagramSocket(.ipv4, port: 7001)
      let allowed = try DatagramSocket(.ipv4, port: 7002)
      let server6 = try DatagramSocket(.ipv6, port: 7001)
      let old = try DatagramSocket(.ipv4)
      let new = try DatagramSocket(.ipv4)
      let new6 = try DatagramSocket(.ipv6)

      // Connections are tracked, but not locked yet: a reply establishes a connection.
      try nft.create(Self.firewall(keepEstablished: true, locked: []))
      try old.send(1, to: 7001)
      #expect(server.receive() == 1)
      try server.send(1, to: server.lastSender)
      #expect(old.receive() == 1)

      try nft.put(.init(.ipv4, timeout: .seconds(600)), into: "lock", of: .init(.inet, "murphy"))
      try new.send(2, to: 7001)
      try old.send(3, to: 7001)
      #expect(server.receive() == 3)
      try new.send(2, to: 7002)
      #expect(allowed.receive() == 2)
      try new6.send(2, to: 7001)
      #expect(server6.receive() == 2)

      try nft.create(
        Self.firewall(
          keepEstablished: false,
          locked: [.init(.ipv4, timeout: .seconds(600)), .init(.ipv6, timeout: .seconds(600))]),
        replacing: true)
      try old.send(4, to: 7001)
      try new6.send(4, to: 7001)
      let counter = try #require(try nft.table(.init(.inet, "murphy"))?.chains[0].rules[1].counter)
      #expect(counter.packets == 2)

      for value in [NamedSet.Value.ipv4, .ipv6] {
        try nft.put(.init(value, timeout: .milliseconds(200)), into: "lock", of: .init(.inet, "murphy"))
      }
      try eventually("all elements are gone by themselves") {
        try nft.table(.init(.inet, "murphy"))?.sets[0].elements.isEmpty ?? false
      }
      try old.send(5, to: 7001)
      #expect(server.receive() == 5)
      try new.send(5, to: 7001)
      #expect(server.receive() == 5)
      try new6.send(5, to: 7001)
      #expect(server6.receive() == 5)
    }
  }
}
