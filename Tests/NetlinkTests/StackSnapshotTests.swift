import FoundationEssentials
import Glibc
import NamespaceTesting
import Netlink
import Testing

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct StackSnapshotTests {
  /// Both veth pairs with addresses, routes of all kinds and qdiscs; a snapshot of the left ends.
  private static func furnish(
    _ socket: RouteSocket, cutting links: [LinkSelector] = [TestLink.first]
  ) throws -> StackSnapshot {
    try layCables(socket)
    let left = try socket.link(TestLink.first)
    let second = try socket.link(TestLink.second)
    try address(left, second, socket)
    // An address with duplicate address detection, as on any host.
    try socket.add(InterfaceAddress(try prefix("fd00::99/64")), to: left.index)
    try socket.add(InterfaceAddress(try prefix("10.0.0.99/24"), label: "left0:9"), to: left.index)
    for route in try routes(left, second) { try socket.add(route) }
    try socket.add(
      Qdisc(kind: "htb", handle: .init(major: 1), options: hierarchy(defaultClass: 0x10)), to: left.index)
    try socket.add(
      Qdisc(kind: "tbf", handle: .init(major: 0x20), options: tokenBucket(bytesPerSecond: 1_250_000)),
      to: second.index)
    for neighbour in try neighbours() { try socket.add(neighbour, to: left.index) }
    try eventually("no address is tentative") {
      try [left, second].allSatisfy { link in
        let addresses = try socket.addresses(of: link)
        return addresses.contains { $0.prefix.family == .ipv6 && $0.scope == .link }
          && addresses.allSatisfy { !$0.flags.contains(.tentative) }
      }
    }
    let snapshot = try StackSnapshot.take(of: links, using: socket)
    // Encoded and decoded, as if it had been written to disk.
    return try JSONDecoder().decode(StackSnapshot.self, from: JSONEncoder().encode(snapshot))
  }

  /// Neighbours of both families, a router, and a proxy entry.
  private static func neighbours() throws -> [Neighbour] {
    [
      Neighbour(try #require(IPAddress("10.0.0.70")), at: HardwareAddress("02:00:00:00:00:70")),
      Neighbour(
        try #require(IPAddress("fd00::70")), at: HardwareAddress("02:00:00:00:00:70"), isRouter: true),
      Neighbour(try #require(IPAddress("10.0.0.71")), isProxy: true),
      Neighbour(try #require(IPAddress("fd00::71")), isProxy: true),
    ]
  }

  /// The differences from a snapshot of the same links.
  private static func differences(_ before: StackSnapshot, _ socket: RouteSocket) throws -> [String] {
    let links = before.links.filter { $0.loss == .everything }.map { LinkSelector.index($0.link.index) }
    return before.differences(from: try StackSnapshot.take(of: links, using: socket))
  }

  @Test("A link that was set down is restored completely")
  func linkThatWasDownComesBackWhole() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)
      let link = before.links[0]
      #expect(before.routes.count >= 10 && link.addresses.count >= 5 && link.qdiscs.count == 1)
      #expect(Set(link.neighbours) == Set(try Self.neighbours()))
      try socket.setUp(false, TestLink.first)
      let lost = try before.missing(using: socket)
      #expect(lost.contains("left0: was up, is now down"))
      #expect(try Self.differences(before, socket).count { $0.hasPrefix("- route") } >= 9)

      try before.restore(using: socket)
      #expect(try before.missing(using: socket) == [])
      #expect(try Self.differences(before, socket) == [])
      // The address is usable immediately, without duplicate address detection.
      let global = try socket.addresses(of: link.link).filter {
        $0.prefix.family == .ipv6 && $0.scope == .universe
      }
      #expect(global.count == 2 && global.allSatisfy { !$0.flags.contains(.tentative) })
      try before.restore(using: socket)
      #expect(try Self.differences(before, socket) == [])
      // Later asynchronous changes of the kernel don't undo this.
      try eventually("the cable has its carrier") { try socket.link(TestLink.first).operativeState == .up }
      #expect(try Self.differences(before, socket) == [])
    }
  }

  @Test("A multipath route is restored after both of its links were down, in sequence or together")
  func multipathRouteComesBackWhenBothItsLinksWereDown() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let both = try Self.furnish(socket, cutting: [TestLink.first, TestLink.second])
      let one = try StackSnapshot.take(of: [TestLink.first], using: socket)
      try socket.setUp(false, TestLink.first)
      try socket.setUp(false, TestLink.second)
      // One link restores the part of the routes that works.
      try one.restore(using: socket)
      let missing = try one.missing(using: socket)
      #expect(missing == [])
      let routes = try socket.routes(through: try socket.link(TestLink.first))
      #expect(routes.first { $0.destination.description == "10.2.0.0/16" }?.nextHops.count == 1)
      try both.restore(using: socket)
      #expect(try Self.differences(both, socket) == [])
    }
  }

  @Test("Lost qdiscs are restored unchanged")
  func lostQdiscsComeBackAsTheyWere() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)
      try socket.add(
        Qdisc(kind: "htb", handle: .init(major: 1), options: hierarchy(defaultClass: 0x10)), to: left.index)
      try socket.add(Qdisc(kind: "clsact", handle: .init(major: 0xFFFF), parent: .ingress), to: left.index)
      let before = try StackSnapshot.take(of: [TestLink.first], using: socket)

      try socket.deleteQdisc(.init(major: 1), from: left.index)
      try socket.deleteQdisc(.init(major: 0xFFFF), parent: .ingress, from: left.index)
      #expect(try Self.differences(before, socket).count == 2)
      try before.restore(using: socket)
      #expect(try Self.differences(before, socket) == [])
    }
  }

  @Test("Changes that other programs made meanwhile are kept")
  func whatOthersAddedStays() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)
      let left = before.links[0].link
      try socket.setUp(false, TestLink.first)
      try socket.setUp(true, TestLink.first)
      let address = InterfaceAddress(try prefix("10.66.0.1/24"), flags: [.permanent])
      try socket.add(address, to: left.index)
      // A default route instead of the lost one.
      let route = Route(to: .any(.ipv4), via: [gateway("10.66.0.2", left)])
      try socket.add(route)
      // A neighbour that was lost and has been set again differently.
      let neighbour = Neighbour(try Self.neighbours()[0].address, at: HardwareAddress("02:00:00:00:00:99"))
      try socket.add(neighbour, to: left.index)
      try before.restore(using: socket)
      #expect(try before.missing(using: socket) == [])
      let after = try StackSnapshot.take(of: [TestLink.first], using: socket)
      #expect(after.links[0].neighbours.contains(neighbour))
      #expect(after.links[0].addresses.contains(address))
      let defaults = after.routes.filter { $0.destination == .any(.ipv4) }
      #expect(defaults.map(\.nextHops[0].gateway?.description) == ["10.66.0.2", "10.0.0.2"])
    }
  }

  @Test("A renamed link is found, and one that was down stays down")
  func renamedLinkIsFoundAndDownLinkStaysDown() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)
      try socket.setUp(false, TestLink.first)
      try socket.rename(TestLink.first, to: "wan")
      try before.restore(using: socket)
      #expect(try socket.link(.name("wan")).isUp)
      #expect(try before.missing(using: socket) == [])

      try socket.setUp(false, TestLink.second)
      let down = try StackSnapshot.take(of: [TestLink.second], using: socket)
      try socket.setUp(true, TestLink.second)
      try down.restore(using: socket)
      #expect(try !socket.link(TestLink.second).isUp)
      #expect(try Self.differences(down, socket) == [])
    }
  }

  @Test("A link that is gone or was replaced doesn't prevent the restoration of the others")
  func lostLinkIsLeft() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      var before = try Self.furnish(socket, cutting: [TestLink.first, TestLink.second])
      try socket.delete(TestLink.first)
      try socket.setUp(false, TestLink.second)
      try before.restore(using: socket)
      #expect(try socket.link(TestLink.second).isUp)
      #expect(try before.missing(using: socket) == [])

      try socket.setUp(false, TestLink.second)
      let index = try #require(before.links.firstIndex { $0.link.name == "left1" })
      before.links[index].link.name = "other0"
      before.links[index].link.address = HardwareAddress("02:00:00:00:00:01")
      try before.restore(using: socket)
      #expect(try !socket.link(TestLink.second).isUp)
    }
  }
}
