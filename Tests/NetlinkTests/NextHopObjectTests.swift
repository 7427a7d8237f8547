import Glibc
import NamespaceTesting
import Testing

@testable import Netlink

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct NextHopObjectTests {
  /// One object of each kind.
  private static func objects(_ left: Link) throws -> [NextHopObject] {
    let four = IPAddress("10.0.0.2")
    let resilience = RawAttribute(
      type: NextHopObject.Attribute.resilience,
      // NHA_RES_GROUP_BUCKETS 32, _IDLE_TIMER 60 s and _UNBALANCED_TIMER 0 of linux/nexthop.h.
      payload: Octets([6, 0, 1, 0, 32, 0, 0, 0, 8, 0, 2, 0, 0x70, 0x17, 0, 0, 8, 0, 3, 0, 0, 0, 0, 0]))
    let kind = RawAttribute(type: NextHopObject.Attribute.groupType, payload: Octets([1, 0]))
    return [
      NextHopObject(id: 1, family: .ipv4, origin: .static, link: left.index, gateway: four),
      NextHopObject(
        id: 2, family: .ipv4, origin: .boot, link: left.index, gateway: IPAddress("172.16.0.1"),
        isOnLink: true),
      NextHopObject(id: 3, family: .ipv6, origin: .init(rawValue: 11), link: left.index),
      NextHopObject(
        id: 4, family: .ipv6, origin: .init(rawValue: 0), link: left.index, gateway: IPAddress("fd00::2")),
      NextHopObject(
        id: 5, family: .ipv4, origin: .static,
        attributes: [RawAttribute(type: 4, payload: Octets([]))]),
      NextHopObject(
        id: 10, origin: .static, members: [.init(id: 2, weight: 1), .init(id: 1, weight: 255)]),
      NextHopObject(
        id: 11, origin: .static, members: [.init(id: 1, weight: 2)], attributes: [kind, resilience]),
    ]
  }

  @Test("Nexthop objects and groups are read as they were added")
  func readAsAdded() async throws {
    try await inNetworkNamespace {
      let socket = try RouteSocket()
      try layCables(socket)
      let left = try socket.link(TestLink.first)
      try address(left, try socket.link(TestLink.second), socket)
      let objects = try Self.objects(left)
      for object in objects { try socket.add(object) }
      let read = try socket.nextHops()
      #expect(read == objects)

      // This route refers to an object by its id.
      var route = Route(to: try prefix("10.1.0.0/16"), via: [])
      route.nextHopID = 10
      try socket.add(route)
      let found = try #require(try socket.routes().first { $0.destination.description == "10.1.0.0/16" })
      #expect(found.normalized == route && found.nextHops.map(\.weight) == [1, 255])

      let twice = #expect(throws: NetlinkError.self) { try socket.add(objects[0]) }
      #expect(twice?.code == EEXIST)
      var fewer = objects[5]
      fewer.members?.removeLast()
      try socket.add(fewer, replacing: true)
      #expect(try socket.nextHops().contains(fewer))
    }
  }
}
