import FoundationEssentials
import Glibc
import NamespaceTesting
import Netlink
import Testing

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct LinkSnapshotTests {
  /// Both cables with addresses, routes of all sorts and qdiscs; the snapshots of the two left ends.
  private static func furnish(_ socket: RouteSocket) throws -> [LinkSnapshot] {
    try layCables(socket)
    let left = try socket.link(TestLink.first)
    let second = try socket.link(TestLink.second)
    try address(left, second, socket)
    // One that duplicate address detection is done on, as on any host.
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
    return try [TestLink.first, TestLink.second].map { selector in
      let snapshot = try LinkSnapshot.take(of: selector, using: socket)
      // As it is read back from a disk.
      return try JSONDecoder().decode(LinkSnapshot.self, from: JSONEncoder().encode(snapshot))
    }
  }

  /// Of both families, a router, and one that the link answers for.
  private static func neighbours() throws -> [Neighbour] {
    [
      Neighbour(try #require(IPAddress("10.0.0.70")), at: HardwareAddress("02:00:00:00:00:70")),
      Neighbour(
        try #require(IPAddress("fd00::70")), at: HardwareAddress("02:00:00:00:00:70"), isRouter: true),
      Neighbour(try #require(IPAddress("10.0.0.71")), isProxy: true),
      Neighbour(try #require(IPAddress("fd00::71")), isProxy: true),
    ]
  }

  private static func differences(_ before: LinkSnapshot, _ socket: RouteSocket) throws -> [LinkDifference] {
    before.differences(from: try LinkSnapshot.take(of: .index(before.link.index), using: socket))
  }

  @Test func linkThatWasDownComesBackWhole() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)[0]
      #expect(before.routes.count >= 10 && before.addresses.count >= 5 && before.qdiscs.count == 1)
      #expect(Set(before.neighbours) == Set(try Self.neighbours()))
      try socket.setUp(false, TestLink.first)
      let lost = try Self.differences(before, socket)
      #expect(lost.contains(.isUp(was: true, now: false)))
      #expect(lost.count { if case .missingRoute = $0 { true } else { false } } >= 10)
      #expect(lost.count { if case .missingAddress = $0 { true } else { false } } >= 2)
      #expect(lost.count { if case .missingNeighbour = $0 { true } else { false } } == 4)

      try before.restore(using: socket)
      #expect(try Self.differences(before, socket) == [])
      // Ready for use at once, not after duplicate address detection.
      let global = try socket.addresses(of: before.link).filter {
        $0.prefix.family == .ipv6 && $0.scope == .universe
      }
      #expect(global.count == 2 && global.allSatisfy { !$0.flags.contains(.tentative) })
      try before.restore(using: socket)
      #expect(try Self.differences(before, socket) == [])
      // Nor does what the kernel does later on its own account change that.
      try eventually("the cable has its carrier") { try socket.link(TestLink.first).operativeState == .up }
      #expect(try Self.differences(before, socket) == [])
    }
  }

  @Test func multipathRouteComesBackWhenBothItsLinksWereDown() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)
      try socket.setUp(false, TestLink.first)
      try socket.setUp(false, TestLink.second)
      // One alone can't have its multipath routes back yet: said, with the kernel's reason.
      let error = #expect(throws: LinkSnapshotError.self) { try before[0].restore(using: socket) }
      guard case .incomplete(link: "left0", let errors) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(errors.allSatisfy { $0.operation == "add route" })
      #expect(errors.contains { $0.code == ENETDOWN || $0.code == ENETUNREACH })

      try LinkSnapshot.restore(before, using: socket)
      for snapshot in before { #expect(try Self.differences(snapshot, socket) == []) }
    }
  }

  @Test func lostQdiscsAndMasterComeBackAsTheyWere() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      try socket.addBridge("bridge0")
      let bridge = try socket.link(.name("bridge0"))
      try socket.setMaster(bridge.index, TestLink.first)
      let left = try socket.link(TestLink.first)
      try socket.add(
        Qdisc(kind: "htb", handle: .init(major: 1), options: hierarchy(defaultClass: 0x10)), to: left.index)
      try socket.add(Qdisc(kind: "clsact", handle: .init(major: 0xFFFF), parent: .ingress), to: left.index)
      let before = try LinkSnapshot.take(of: TestLink.first, using: socket)

      try socket.deleteQdisc(.init(major: 1), from: left.index)
      try socket.deleteQdisc(.init(major: 0xFFFF), parent: .ingress, from: left.index)
      try socket.setMaster(nil, TestLink.first)
      #expect(try Self.differences(before, socket).count == 3)
      try before.restore(using: socket)
      #expect(try Self.differences(before, socket) == [])
    }
  }

  @Test func whatOthersAddedStays() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)[0]
      try socket.setUp(false, TestLink.first)
      try socket.setUp(true, TestLink.first)
      let address = InterfaceAddress(try prefix("10.66.0.1/24"), flags: [.permanent])
      try socket.add(address, to: before.link.index)
      // A default route in the place of ours.
      let route = Route(to: .any(.ipv4), via: [gateway("10.66.0.2", before.link)])
      try socket.add(route)
      // Another one's word on a neighbour that was lost.
      let neighbour = Neighbour(try Self.neighbours()[0].address, at: HardwareAddress("02:00:00:00:00:99"))
      try socket.add(neighbour, to: before.link.index)
      try before.restore(using: socket)
      var added = try Self.differences(before, socket)
      #expect(added.contains(.addedNeighbour(neighbour)))
      added.removeAll { [.addedNeighbour(neighbour), .missingNeighbour(before.neighbours[0])].contains($0) }
      #expect(added.contains(.addedAddress(address)) && added.contains(.addedRoute(route)))
      #expect(
        added.allSatisfy {
          switch $0 {
          case .addedAddress, .addedRoute: true
          default: false
          }
        }, "\(added)")
      let defaults = try socket.routes(through: before.link).filter { $0.destination == .any(.ipv4) }
      #expect(defaults.map(\.nextHops[0].gateway?.description) == ["10.66.0.2", "10.0.0.2"])
    }
  }

  @Test func renamedLinkIsFoundAndDownLinkStaysDown() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)[0]
      try socket.setUp(false, TestLink.first)
      try socket.rename(TestLink.first, to: "wan")
      try before.restore(using: socket)
      #expect(try Self.differences(before, socket).first == .name(was: "left0", now: "wan"))
      #expect(try socket.link(.name("wan")).isUp)

      try socket.setUp(false, TestLink.second)
      let down = try LinkSnapshot.take(of: TestLink.second, using: socket)
      try socket.setUp(true, TestLink.second)
      try down.restore(using: socket)
      #expect(try !socket.link(TestLink.second).isUp)
      #expect(try Self.differences(down, socket) == [])
    }
  }

  @Test func lostLinkIsATypedError() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      let before = try Self.furnish(socket)
      var other = before[1]
      other.link.kind = "bridge"
      #expect(throws: LinkSnapshotError.linkGone(other.link)) { try other.restore(using: socket) }
      other = before[1]
      other.link.name = "other0"
      other.link.address = HardwareAddress("02:00:00:00:00:01")
      #expect(throws: LinkSnapshotError.linkGone(other.link)) { try other.restore(using: socket) }

      try socket.delete(TestLink.first)
      try socket.setUp(false, TestLink.second)
      // The other link is restored nevertheless, but for the routes that need the lost one.
      #expect(throws: LinkSnapshotError.linkGone(before[0].link)) {
        try LinkSnapshot.restore(before, using: socket)
      }
      #expect(try socket.link(TestLink.second).isUp)
    }
  }
}
