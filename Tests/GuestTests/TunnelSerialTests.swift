import Testing

/// Tunnels over the cut link, and links that share its cable.
@Suite(.needsGuest)
struct TunnelSerialTests {
  @Test("A macvlan link is restored after a cut")
  func macvlan() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link add link eth0 name mac0 type macvlan mode bridge
        ip link set mac0 up
        ip address add 10.5.0.1/24 dev mac0
        ip address add fd00:5::1/64 dev mac0
        ip route add default via 10.5.0.254
        ip -6 route add default via fd00:5::fe
        ip link add link eth0 name tap0 type macvtap mode bridge
        ip link set tap0 up
        ip address add fd00:6::1/64 dev tap0
        ip neigh add 10.5.0.77 lladdr 02:00:00:00:00:77 dev mac0 nud permanent
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("An ipvlan link is restored after a cut")
  func ipvlan() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        ip link add link eth0 name ipv0 type ipvlan mode l2
        ip link set ipv0 up
        ip address add 10.5.0.1/24 dev ipv0
        ip address add fd00:5::1/64 dev ipv0
        ip route add default via 10.5.0.254
        ip -6 route add default via fd00:5::fe
        """,
      faults: [.drop("eth0")]
    ).run()
  }

  private static let wireguard = """
    cable eth0
    network eth0 1
    ip route add 203.0.113.7 via 10.1.0.254
    ip link add wg0 type wireguard
    ip link set wg0 up
    ip address add 10.6.0.1/24 dev wg0
    ip address add fd00:6::1/64 dev wg0
    ip address add fd00:6::2/64 dev wg0
    ip route add default dev wg0
    ip -6 route add default dev wg0

    """

  @Test(
    "A WireGuard link is restored after a cut of itself or of the link below it", arguments: ["eth0", "wg0"])
  func wireguard(link: String) async throws {
    try await NetworkCase(
      setUp: Self.wireguard, faults: [.drop(link)], works: "reach 1",
      compared: ["ip route get 203.0.113.7", "ip route get 198.51.100.1", "ip -6 route get 2001:db8::1"]
    ).run()
  }

  @Test(
    "A vxlan link in a bridge is restored after a cut of itself or of the link below it",
    arguments: ["eth0", "vx0"])
  func vxlan(link: String) async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link add vx0 type vxlan id 42 local 10.1.0.1 remote 10.1.0.254 dev eth0 dstport 4789
        ip -n peer link add vx0 type vxlan id 42 local 10.1.0.254 remote 10.1.0.1 dev eth0 dstport 4789
        ip link set vx0 up
        ip -n peer link set vx0 up
        bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.1.0.253
        bridge fdb add 02:00:00:00:00:97 dev vx0 dst 10.1.0.252
        ip link add br7 type bridge
        ip link set vx0 master br7
        ip link set br7 up
        ip address add 10.2.0.1/24 dev br7
        ip address add fd00:2::1/64 dev br7
        ip -n peer address add 10.2.0.254/24 dev vx0
        ip -n peer address add fd00:2::fe/64 dev vx0 nodad
        ip route add default via 10.2.0.254
        """,
      faults: [.drop(link)], works: "reach 1 2", during: "silent 2"
    ).run()
  }

  @Test("Tunnels of all kinds that are bound to a link are restored after a cut")
  func tunnels() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link add gre1 type gre local 10.1.0.1 remote 10.1.0.254 dev eth0 ttl 64
        ip link add ipip1 type ipip local 10.1.0.1 remote 10.1.0.253 dev eth0
        ip link add sit1 type sit local 10.1.0.1 remote 10.1.0.252 dev eth0
        ip link add six1 type ip6tnl mode any local fd00:1::1 remote fd00:1::fe dev eth0
        ip link add six2 type ip6gre local fd00:1::1 remote fd00:1::fd dev eth0
        ip link add gen1 type geneve id 7 remote 10.1.0.254
        ip link add vti1 type vti local 10.1.0.1 remote 10.1.0.251 key 7
        ip link add link eth0 sec1 type macsec encrypt on
        ip macsec add sec1 tx sa 0 pn 1 on key 01 00112233445566778899aabbccddeeff
        n=10
        for link in gre1 ipip1 sit1 six1 six2 gen1 vti1 sec1; do
          ip link set $link up
          ip address add fd00:$n::1/64 dev $link
          ip -6 route add fd$n::/32 dev $link
          n=$((n + 1))
        done
        ip address add 10.10.0.1/24 dev gre1
        ip route add default dev gre1
        """,
      faults: [.drop("eth0")], works: "reach 1",
      compared: ["ip macsec show | sed 's/PN [0-9]*/PN/'"]
    ).run()
  }
}
