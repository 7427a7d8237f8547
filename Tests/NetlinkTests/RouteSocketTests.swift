import Glibc
import NamespaceTesting
import Netlink
import Testing

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct RouteSocketTests {
  @Test("Links are read, set, renamed and deleted")
  func linksAreReadAndSet() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      #expect(try socket.links().map(\.name) == ["lo"])
      try socket.addVeth("left0", peer: "right0")
      try socket.addBridge("bridge0")
      let bridge = try socket.link(.name("bridge0"))
      #expect(bridge.kind == "bridge")

      var left = try socket.link(TestLink.first)
      #expect(left.kind == "veth")
      #expect(left.address?.bytes.count == 6)
      #expect(!left.isUp && !left.hasCarrier && left.master == nil && left.mtu == 1500)
      try socket.setUp(true, TestLink.first)
      try socket.setUp(true, .index(try socket.link(TestLink.firstPeer).index))
      try socket.setMTU(1400, TestLink.first)
      try socket.setMaster(bridge.index, TestLink.first)
      try eventually("the cable has its carrier") { try socket.link(TestLink.first).operativeState == .up }
      left = try socket.link(.index(left.index))
      #expect(left.isUp && left.hasCarrier && left.flags.contains([.running, .lowerUp]))
      #expect(left.master == bridge.index && left.mtu == 1400)

      try socket.setUp(false, .index(left.index))
      try socket.setMaster(nil, TestLink.first)
      try socket.rename(.index(left.index), to: "wan")
      left = try socket.link(.name("wan"))
      #expect(!left.isUp && !left.hasCarrier && left.master == nil)
      try socket.delete(.name("wan"))
      #expect(try Set(socket.links().map(\.name)) == ["lo", "bridge0"])
    }
  }

  @Test("An error has the kernel's errno and message")
  func kernelsErrnoAndWordsAreKept() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)

      let absent = #expect(throws: NetlinkError.self) { try socket.setUp(false, .name("absent0")) }
      #expect(absent?.code == ENODEV && absent?.object == "link absent0" && absent?.operation == "set down")
      #expect(throws: NetlinkError(operation: "read", object: "link #999", code: ENODEV)) {
        try socket.link(.index(999))
      }
      let unknown = #expect(throws: NetlinkError.self) {
        try socket.add(Qdisc(kind: "nonsense", handle: .init(major: 1)), to: left.index)
      }
      #expect(unknown?.code == ENOENT && unknown?.kernelMessage == "Specified qdisc kind is unknown")
      let unreachable = #expect(throws: NetlinkError.self) {
        try socket.add(Route(to: try prefix("10.1.0.0/16"), via: [gateway("10.9.9.9", left)]))
      }
      #expect(unreachable?.code == ENETUNREACH && unreachable?.kernelMessage == "Nexthop has invalid gateway")
      let address = InterfaceAddress(try prefix("10.0.0.1/24"))
      try socket.add(address, to: left.index)
      let twice = #expect(throws: NetlinkError.self) { try socket.add(address, to: left.index) }
      #expect(twice?.code == EEXIST)
      // The socket still works.
      #expect(try socket.link(TestLink.first).index == left.index)
    }
  }

  @Test("Addresses are read as they were added")
  func addressesAreReadAsTheyWereAdded() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)
      let added = [
        InterfaceAddress(
          try prefix("10.0.0.1/24"), broadcast: IPAddress("10.0.0.255"), flags: [.permanent], routeMetric: 50),
        InterfaceAddress(
          try prefix("10.0.0.2/24"), flags: [.permanent, .secondary, .noPrefixRoute], label: "left0:1"),
        InterfaceAddress(
          try prefix("192.0.2.1/32"), peer: IPAddress("192.0.2.2"), scope: .link, flags: [.permanent]),
        InterfaceAddress(
          try prefix("fd00::1/64"), flags: [.permanent, .noDuplicateDetection, .noPrefixRoute], origin: 77),
        InterfaceAddress(
          try prefix("fd00::2/64"), flags: [.noDuplicateDetection], validSeconds: 4000, preferredSeconds: 3000
        ),
      ]
      for address in added { try socket.add(address, to: left.index) }
      var read = try socket.addresses(of: left).filter { $0.scope != .link || $0.prefix.family == .ipv4 }
      read.sort { $0.prefix.description < $1.prefix.description }
      let last = read.removeLast()
      #expect(last.prefix == added[4].prefix)
      #expect(
        (3900...4000).contains(last.validSeconds ?? 0) && (2900...3000).contains(last.preferredSeconds ?? 0))
      #expect(read == added.dropLast())
      // Only the addresses of one link are listed.
      #expect(
        try socket.addresses(of: try socket.link(.name("lo"))).map(\.prefix.description) == [
          "127.0.0.1/8", "::1/128",
        ])
    }
  }

  @Test("Routes are read as they were added")
  func routesAreReadAsTheyWereAdded() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)
      let second = try socket.link(TestLink.second)
      try address(left, second, socket)
      for route in try routes(left, second) { try socket.add(route) }

      let read = try socket.routes(through: left)
      for route in try routes(left, second) {
        let same = read.first { $0.destination == route.destination && $0.table == route.table }
        var found = try #require(same, "\(route) is not among \(read)")
        if route.family == .ipv6 {
          // IPv6 adds its preference, medium, to every route.
          found.attributes.removeAll { $0.payload.bytes == [0] }
        }
        #expect(found == route)
      }
      #expect(read.first { $0.mtu == 1400 }?.destination.description == "10.1.0.0/16")
      #expect(read.allSatisfy { $0.uses(link: left.index) })
      // A multipath route is a route of both links, the others aren't.
      #expect(
        try socket.routes(through: second).filter { $0.origin == .static }.map(\.destination.description)
          == ["10.2.0.0/16", "fd20::/64"])
      let twice = #expect(throws: NetlinkError.self) { try socket.add(try routes(left, second)[0]) }
      #expect(twice?.code == EEXIST)
    }
  }

  @Test("A qdisc is added with its exact options and deleted by its handle")
  func qdiscIsAddedByteForByteAndDeletedByItsOwnHandle() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)
      #expect(try socket.qdiscs(of: left).allSatisfy(\.isDefault))
      let bucket = Qdisc(
        kind: "tbf", handle: .init(major: 0x77), options: tokenBucket(bytesPerSecond: 125_000))
      try socket.add(bucket, to: left.index)
      #expect(try socket.qdiscs(of: left) == [bucket])
      #expect(try socket.qdiscs(of: try socket.link(TestLink.second)).allSatisfy(\.isDefault))

      let occupied = #expect(throws: NetlinkError.self) {
        try socket.add(
          Qdisc(kind: "htb", handle: .init(major: 1), options: hierarchy(defaultClass: 1)), to: left.index)
      }
      #expect(occupied?.code == EEXIST)
      let foreign = #expect(throws: NetlinkError.self) {
        try socket.deleteQdisc(.init(major: 0x78), from: left.index)
      }
      #expect(foreign?.code == EINVAL)
      #expect(try socket.qdiscs(of: left) == [bucket])

      let faster = Qdisc(
        kind: "tbf", handle: .init(major: 0x77), options: tokenBucket(bytesPerSecond: 250_000))
      try socket.replace(with: faster, on: left.index)
      #expect(try socket.qdiscs(of: left) == [faster])
      try socket.deleteQdisc(faster.handle, from: left.index)
      #expect(try socket.qdiscs(of: left).allSatisfy(\.isDefault))
      let gone = #expect(throws: NetlinkError.self) {
        try socket.deleteQdisc(faster.handle, from: left.index)
      }
      #expect(gone?.code == EINVAL)

      let clsact = Qdisc(kind: "clsact", handle: .init(major: 0xFFFF), parent: .ingress)
      try socket.add(clsact, to: left.index)
      #expect(try socket.qdiscs(of: left).last?.parent == .ingress)
    }
  }
}

/// Addresses on two links that the routes below need.
func address(_ left: Link, _ second: Link, _ socket: RouteSocket) throws {
  for (text, link) in [
    ("10.0.0.1/24", left), ("fd00::1/64", left), ("10.9.0.1/24", second), ("fd01::1/64", second),
  ] {
    let family = try prefix(text).family
    let flags: AddressFlags = family == .ipv6 ? [.noDuplicateDetection] : []
    try socket.add(InterfaceAddress(try prefix(text), flags: flags), to: link.index)
  }
}

/// One route of each kind through the first link.
func routes(_ left: Link, _ second: Link) throws -> [Route] {
  // RTAX_MTU 1400.
  let mtu = RawAttribute(type: 8, payload: Octets([8, 0, 2, 0, 0x78, 5, 0, 0]))
  return [
    Route(to: try prefix("10.1.0.0/16"), via: [gateway("10.0.0.2", left)], metric: 7, attributes: [mtu]),
    Route(to: .any(.ipv4), via: [gateway("10.0.0.2", left)], preferredSource: IPAddress("10.0.0.1")),
    Route(to: try prefix("10.3.0.0/16"), via: [NextHop(link: left.index)], scope: .link, typeOfService: 0x10),
    Route(
      to: try prefix("10.4.0.0/16"), via: [gateway("10.0.0.3", left)], table: .init(rawValue: 1000)),
    Route(
      to: try prefix("10.5.0.0/16"),
      via: [NextHop(link: left.index, gateway: IPAddress("172.16.0.1"), isOnLink: true)]),
    Route(to: try prefix("10.6.0.0/16"), via: [gateway("fd00::2", left)]),
    Route(
      to: try prefix("10.2.0.0/16"),
      via: [
        NextHop(link: left.index, gateway: IPAddress("10.0.0.2"), weight: 3), gateway("10.9.0.2", second),
      ]),
    Route(to: .any(.ipv6), via: [gateway("fd00::2", left)], metric: 1024),
    Route(to: try prefix("fd10::/64"), via: [gateway("fd00::3", left)], metric: 9, attributes: [mtu]),
    Route(
      to: try prefix("fd20::/64"), via: [gateway("fd00::2", left), gateway("fd01::2", second)], metric: 1024),
  ]
}
