import Testing

/// Nexthop objects, multipath routes, and leases that overlap on them.
@Suite(.needsGuest)
struct NexthopSerialTests {
  private static let objects = """
    cable eth0 eth1
    network eth0 1
    network eth1 2
    ip nexthop add id 10 via 10.1.0.254 dev eth0 proto static
    ip nexthop add id 11 via 10.2.0.254 dev eth1
    ip nexthop add id 12 dev eth0
    ip nexthop add id 13 blackhole
    ip nexthop add id 20 group 10,3/11
    ip nexthop add id 30 via fd00:1::fe dev eth0
    ip nexthop add id 31 via fd00:2::fe dev eth1
    ip nexthop add id 40 group 31/30
    ip route add default nhid 20
    ip route add 10.20.0.0/16 nhid 10 metric 50
    ip route add 10.21.0.0/16 nhid 12 table 100
    ip -6 route add default nhid 40
    ip -6 route add fd20::/32 nhid 30

    """

  @Test("A revert restores nexthop objects, their groups and the routes that use them")
  func objects() async throws {
    try await NetworkCase(
      setUp: Self.objects, faults: [.drop("eth0")], works: "reach 1 2", during: "reach 2",
      compared: ["ip route get 10.20.0.1", "ip -6 route get fd20::1"]
    ).run()
  }

  @Test("Nexthop groups are restored after the loss of all their members")
  func allMembers() async throws {
    try await NetworkCase(
      setUp: Self.objects, faults: [.unplug(["eth0", "eth1"])], works: "reach 1 2", during: "silent 1 2"
    ).run()
  }

  @Test("A resilient nexthop group is restored after a cut")
  func resilient() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 1
        network eth1 2
        ip nexthop add id 10 via 10.1.0.254 dev eth0
        ip nexthop add id 11 via 10.2.0.254 dev eth1
        ip nexthop add id 20 group 10/11 type resilient buckets 8 idle_timer 60 unbalanced_timer 300
        ip route add default nhid 20
        """,
      faults: [.drop("eth0")], works: "reach 1 2"
    ).run()
  }

  private static let multipath = """
    cable eth0 eth1
    network eth0 1
    network eth1 2
    ip route add default nexthop via 10.1.0.254 weight 2 nexthop via 10.2.0.254
    ip -6 route add default nexthop via fd00:1::fe nexthop via fd00:2::fe weight 3

    """

  @Test("A multipath default route is restored after a cut of one link", arguments: ["eth0", "eth1"])
  func oneOfTwo(link: String) async throws {
    try await NetworkCase(setUp: Self.multipath, faults: [.drop(link)], works: "reach 1 2").run()
  }

  @Test(
    "Two leases on a multipath route end in any order", arguments: [["eth0", "eth1"], ["eth1", "eth0"]])
  func twoLeases(links: [String]) async throws {
    try await NetworkCase(
      setUp: Self.multipath, faults: links.map { .drop($0) }, works: "reach 1 2", during: "silent 1 2"
    ).run()
  }

  @Test(
    "Two leases on a group of nexthops end in any order", arguments: [["eth0", "eth1"], ["eth1", "eth0"]])
  func twoLeasesOnObjects(links: [String]) async throws {
    try await NetworkCase(
      setUp: Self.objects, faults: links.map { .drop($0) }, works: "reach 1 2", during: "silent 1 2"
    ).run()
  }
}
