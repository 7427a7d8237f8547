import Testing

@testable import Netlink

@Suite struct LinkDifferenceTests {
  private static let link = Link(
    index: 3, name: "eth0", flags: [.up, .running, .lowerUp], operativeState: .up, hasCarrier: true,
    mtu: 1500,
    master: nil, kind: nil, address: HardwareAddress("52:54:00:00:00:01"))

  private static func snapshot() throws -> LinkSnapshot {
    LinkSnapshot(
      link: link,
      addresses: [
        InterfaceAddress(try #require(IPPrefix("fd00::1/64")), flags: [.permanent, .tentative]),
        InterfaceAddress(
          try #require(IPPrefix("10.0.0.1/24")), broadcast: IPAddress("10.0.0.255"), validSeconds: 60,
          preferredSeconds: 60),
      ],
      routes: [
        Route(
          to: .any(.ipv6),
          via: [
            NextHop(link: 3, gateway: IPAddress("fd00::2")), NextHop(link: 4, gateway: IPAddress("fd01::2")),
          ],
          metric: 1024)
      ],
      qdiscs: [
        Qdisc(kind: "noqueue", handle: .unspecified),
        Qdisc(kind: "htb", handle: .init(major: 1), options: Octets([UInt8](repeating: 1, count: 32))),
      ])
  }

  @Test func whatChangesByItselfIsPassedOver() throws {
    let before = try Self.snapshot()
    var after = before
    after.link.flags = [.up]
    after.link.operativeState = .dormant
    after.link.hasCarrier = false
    after.addresses[0].flags = [.permanent]
    after.addresses[1].validSeconds = 3
    after.addresses[1].preferredSeconds = 0
    after.addresses[1].flags = [.deprecated]
    after.routes[0].nextHops.reverse()
    after.routes[0].expiresInSeconds = 9
    after.qdiscs[0].kind = "fq_codel"
    after.qdiscs[1].options?.bytes[20] = 77
    #expect(before.differences(from: after) == [])
  }

  @Test func whatWasChangedIsTold() throws {
    let before = try Self.snapshot()
    var after = before
    after.link.name = "wan"
    after.link.flags = []
    after.link.mtu = 9000
    after.link.master = 7
    after.addresses.removeLast()
    after.addresses[0].flags.insert(.duplicateDetected)
    after.routes[0].nextHops.removeFirst()
    after.qdiscs[1].options?.bytes[16] = 77
    #expect(
      before.differences(from: after).map(\.description) == [
        "name was eth0, is now wan",
        "was up, is now down",
        "MTU was 1500, is now 9000",
        "was a port of nothing, is now a port of link #7",
        "address missing: fd00::1/64 scope global",
        "address missing: 10.0.0.1/24 brd 10.0.0.255 scope global",
        "address added: fd00::1/64 scope global dadfailed",
        "route missing: default nexthop via fd00::2 dev #3 nexthop via fd01::2 dev #4 table main proto static metric 1024",
        "route added: default via fd01::2 dev #4 table main proto static metric 1024",
        "missing: qdisc htb 1:0 parent root",
        "added: qdisc htb 1:0 parent root",
      ])
  }

  @Test func anotherLinkIsNotCompared() throws {
    let before = try Self.snapshot()
    var after = before
    after.link.index = 9
    #expect(before.differences(from: after) == [.otherLink(was: "eth0 (#3)", now: "eth0 (#9)")])
  }

  @Test func onlyTheLostNextHopOfIPv6IsAddedBack() throws {
    let before = try Self.snapshot()
    var present = before.routes
    present[0].nextHops.removeFirst()
    let missing = before.missingRoutes(among: present)
    #expect(missing.map(\.nextHops) == [[NextHop(link: 3, gateway: IPAddress("fd00::2"))]])
    #expect(before.missingRoutes(among: before.routes) == [])
  }
}
