import Testing

/// Links on top of a cut link in other network namespaces, like those of containers.
@Suite(.needsGuest)
struct ContainerSerialTests {
  private static let compared = [
    "ip -n ct address", "ip -n ct route", "ip -n ct -6 route", "ip -n ct nexthop",
  ]

  private static let vlan = """
    cable eth0
    network eth0 2
    vlan eth0 100
    ip netns add ct
    ip link set eth0.100 netns ct
    ip -n ct link set eth0.100 up
    ip -n ct addr add 10.1.0.1/24 dev eth0.100
    ip -n ct addr add fd00:1::1/64 dev eth0.100 nodad
    ip -n peer addr add 10.1.0.254/24 dev eth0.100
    ip -n ct route add default via 10.1.0.254
    ip -n ct -6 route add default via fd00:1::fe

    """

  private static let macvlan = """
    cable eth0
    network eth0 2
    ip netns add ct
    ip link add link eth0 name mac0 netns ct type macvlan mode bridge
    ip -n ct link set mac0 up
    ip -n ct addr add 10.1.0.1/24 dev mac0
    ip -n ct addr add fd00:1::1/64 dev mac0 nodad
    ip -n peer addr add 10.1.0.254/24 dev eth0
    ip -n ct route add default via 10.1.0.254
    ip -n ct -6 route add default via fd00:1::fe

    """

  @Test("A carrier cut that would take addresses and routes in a container is refused")
  func refused() async throws {
    try await RefusedCase(
      setUp: Self.vlan, fault: .drop("eth0"), compared: Self.compared,
      reason: ["eth0: ", "/run/netns/ct", "link eth0.100 goes down and up", "mode: silent"]
    ).run()
  }

  @Test("A carrier cut that would take nexthop objects of a container's macvlan is refused")
  func nexthops() async throws {
    try await RefusedCase(
      setUp: Self.macvlan + """
        ip -n ct nexthop add id 10 via 10.1.0.254 dev mac0
        ip -n ct route add 10.77.0.0/16 nhid 10
        """,
      fault: .drop("eth0"), compared: Self.compared, reason: ["/run/netns/ct", "nexthop id 10", "mac0"]
    ).run()
  }

  @Test("A namespace without a name is named by its process, and links are found at any depth")
  func deep() async throws {
    try await RefusedCase(
      setUp: """
        cable eth0
        ip link add link eth0 name mac0 type macvlan mode bridge
        unshare -n sleep 600 < /dev/null > /dev/null 2>&1 &
        first=$!
        unshare -n sleep 600 < /dev/null > /dev/null 2>&1 &
        second=$!
        sleep 0.5
        ip link set mac0 netns $first
        nsenter -t $first -n /usr/sbin/ip link set mac0 up
        nsenter -t $first -n /usr/sbin/ip link add link mac0 name mac0.5 type vlan id 5
        nsenter -t $first -n /usr/sbin/ip link set mac0.5 netns $second
        nsenter -t $second -n /usr/sbin/ip link set mac0.5 up
        nsenter -t $second -n /usr/sbin/ip address add 10.5.0.1/24 dev mac0.5
        nsenter -t $second -n /usr/sbin/ip nexthop add id 7 via 10.5.0.2 dev mac0.5
        """,
      fault: .drop("eth0"), reason: ["in network namespace process ", " (sleep)", "nexthop id 7", "mac0.5"]
    ).run()
  }

  @Test("A container's macvlan without nexthop objects, its veth and its tunnels lose nothing")
  func harmless() async throws {
    try await NetworkCase(
      setUp: Self.macvlan + """
        ip link add gre1 type gre remote 10.2.0.254 local 10.2.0.1 dev eth0
        ip link set gre1 netns ct
        ip -n ct link set gre1 up
        ip -n ct address add fd00:4::1/64 dev gre1 nodad
        """,
      faults: [.drop("eth0")], works: "reach 2; ip netns exec ct ping -c 1 -W 5 10.1.0.254",
      during: "silent 2", compared: Self.compared
    ).run()
  }

  @Test("A silent cut drops a container's packets, and keeps its addresses and routes")
  func silent() async throws {
    try await NetworkCase(
      setUp: Self.vlan, faults: [.drop("eth0", mode: "silent")],
      works: "reach 2; ip netns exec ct ping -c 1 -W 5 10.1.0.254",
      during: "silent 2; ! ip netns exec ct ping -c 1 -W 1 10.1.0.254", compared: Self.compared
    ).run()
  }
}
