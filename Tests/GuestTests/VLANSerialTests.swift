import Testing

/// VLANs on top of the cut link.
@Suite(.needsGuest)
struct VLANSerialTests {
  @Test("A VLAN's default route is restored after a cut, and a VLAN that was down stays down")
  func defaultRoute() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        vlan eth0 100
        network eth0.100 1
        ip link add link eth0 name eth0.200 type vlan id 200
        ip address add 10.200.0.10/24 dev eth0.200
        ip route add default via 10.1.0.254
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1", compared: ["ip route get 203.0.113.1"]
    ).run()
  }

  @Test("A VLAN's IPv6 addresses, static routes and permanent neighbours are restored after a cut")
  func allOfAVLAN() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 2
        vlan eth0 100
        network eth0.100 1
        ip link set eth0.100 type vlan egress-qos-map 1:3 ingress-qos-map 2:4
        ip address add fd00:1::2/64 dev eth0.100
        ip address add fd00:1::3/64 dev eth0.100
        ip route add 10.20.0.0/16 via 10.1.0.254 proto static mtu 1400
        ip route add 10.21.0.0/16 via 10.1.0.254 table 100
        ip rule add from 10.1.0.0/24 table 100
        ip -6 route add default via fd00:1::fe
        ip -6 route add fd20::/32 via fd00:1::fe metric 50
        ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev eth0.100 nud permanent
        ip neigh add fd00:1::77 lladdr 02:00:00:00:00:77 dev eth0.100 nud permanent
        tc qdisc add dev eth0.100 root handle 1: htb default 1
        """,
      faults: [.drop("eth0")], works: "reach 1 2", during: "silent 1 2",
      compared: ["ip -6 route get 2001:db8::1", "ip -6 route get fd00:1::fe"]
    ).run()
  }

  @Test("A VLAN whose name sorts before its link's is restored after it")
  func namesOutOfOrder() async throws {
    try await NetworkCase(
      setUp: """
        cable eth9
        vlan eth9 100 data
        network data 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.unplug(["data", "eth9"])], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test(
    "Leases on a link and on its VLAN end in any order",
    arguments: [["eth0", "eth0.100"], ["eth0.100", "eth0"]])
  func twoLeases(links: [String]) async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 2
        vlan eth0 100
        network eth0.100 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: links.map { .drop($0) }, works: "reach 1 2", during: "silent 1 2"
    ).run()
  }

  @Test("A VLAN in a VLAN is restored after a cut")
  func qinq() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        ip link add link eth0 name outer type vlan proto 802.1ad id 10
        ip link set outer up
        ip -n peer link add link eth0 name outer type vlan proto 802.1ad id 10
        ip -n peer link set outer up
        vlan outer 20 inner
        network inner 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("A cut of one VLAN doesn't affect the other VLANs")
  func oneOfTwoVLANs() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        vlan eth0 100
        vlan eth0 200
        network eth0.100 1
        network eth0.200 2
        ip route add default via 10.1.0.254
        """,
      faults: [.drop("eth0.100")], works: "reach 1 2", during: "silent 1; reach 2"
    ).run()
  }

  @Test("A VLAN that stays up without its link is restored after a cut")
  func looseBinding() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        vlan eth0 100
        ip link set eth0.100 type vlan loose_binding on
        network eth0.100 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1"
    ).run()
  }

  @Test("A VLAN with its own MAC address and MTU is restored after a cut, with a VLAN on it that is down")
  func ownSettings() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        vlan eth0 100
        ip link set eth0.100 address 02:00:00:00:01:00 mtu 1400
        network eth0.100 1
        ip link add link eth0.100 name below type vlan id 7
        ip address add 10.7.0.1/24 dev below
        ip link add link eth0 name spare type macvlan mode bridge
        ip address add 10.8.0.1/24 dev spare
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1"
    ).run()
  }
}
