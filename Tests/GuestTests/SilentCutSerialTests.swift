import Testing

/// Cuts that leave the carrier: packets are lost, and nothing else changes.
@Suite(.needsGuest)
struct SilentCutSerialTests {
  @Test("A silent cut of a link drops all packets of its VLANs")
  func vlans() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 2
        vlan eth0 100
        network eth0.100 1
        ip link add link eth0 name outer type vlan proto 802.1ad id 10
        ip link set outer up
        ip -n peer link add link eth0 name outer type vlan proto 802.1ad id 10
        ip -n peer link set outer up
        vlan outer 20 inner
        network inner 3
        ip route add default via 10.1.0.254
        """,
      faults: [.drop("eth0", mode: "silent")], works: "reach 1 2 3", during: "silent 1 2 3"
    ).run()
  }

  @Test("A silent cut of a VLAN drops all its packets and none of its link")
  func vlanItself() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 2
        vlan eth0 100
        network eth0.100 1
        """,
      faults: [.drop("eth0.100", mode: "silent")], works: "reach 1 2", during: "silent 1; reach 2"
    ).run()
  }

  @Test(
    "A silent cut of one direction drops all packets of the link's VLANs in that direction",
    arguments: ["in", "out"])
  func oneWay(direction: String) async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        vlan eth0 100
        network eth0.100 1
        """,
      faults: [.drop("eth0", mode: "silent", direction: direction)], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("A silent cut of a bridge's port or of a bond drops all packets")
  func masters() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        ip link add br0 type bridge
        ip link set eth0 master br0
        ip link set br0 up
        ip address add 10.1.0.1/24 dev br0
        ip address add fd00:1::1/64 dev br0
        ip -n peer address add 10.1.0.254/24 dev eth0
        ip -n peer address add fd00:1::fe/64 dev eth0 nodad
        ip link add bond0 type bond mode active-backup miimon 100
        ip link set eth1 down
        ip link set eth1 master bond0
        ip link set bond0 up
        ip address add 10.2.0.1/24 dev bond0
        ip address add fd00:2::1/64 dev bond0
        ip -n peer address add 10.2.0.254/24 dev eth1
        ip -n peer address add fd00:2::fe/64 dev eth1 nodad
        """,
      faults: [.drop("eth0", mode: "silent"), .drop("bond0", mode: "silent")], works: "reach 1 2",
      during: "silent 1 2"
    ).run()
  }

  @Test(
    "A silent cut is refused if tc redirects frames past it, and the host is unchanged",
    arguments: [
      "matchall action mirred egress redirect dev ifb7",
      "protocol ip u32 match u32 0 0 action mirred egress redirect dev ifb7",
    ])
  func redirected(filter: String) async throws {
    try await RefusedCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link add ifb7 type ifb
        ip link set ifb7 up
        tc qdisc add dev eth0 clsact
        tc filter add dev eth0 ingress \(filter)
        """,
      fault: .drop("eth0", mode: "silent"), reason: ["tc filter show dev eth0 ingress"]
    ).run()
  }

  private static let tap = """
    cable eth0
    network eth0 1
    ip link add tap0 type dummy
    ip link set tap0 up
    ip address add 10.9.0.1/24 dev tap0
    ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:09 dev tap0
    tc qdisc add dev tap0 clsact

    """

  @Test(
    "A silent cut is refused if tc redirects frames from another link to it",
    arguments: [
      "egress matchall action mirred egress redirect dev eth0",
      "ingress matchall action mirred egress mirror dev eth0",
      "egress protocol ip flower dst_ip 10.9.0.2 action pass action mirred egress redirect dev eth0",
      "egress protocol ip u32 match u32 0 0 action mirred egress redirect dev eth0",
    ])
  func redirectedFromAnother(filter: String) async throws {
    let hook = filter.prefix { $0 != " " }
    try await RefusedCase(
      setUp: Self.tap + "tc filter add dev tap0 \(filter)", fault: .drop("eth0", mode: "silent"),
      reason: ["link tap0 has a tc filter (tc filter show dev tap0 \(hook)) that redirects to eth0"]
    ).run()
  }

  @Test(
    "A silent cut is done if the frames that tc redirects don't leave by its link",
    arguments: ["in", "both"],
    [
      "tc filter add dev tap0 egress matchall action mirred egress redirect dev tap1",
      "tc filter add dev eth0 egress protocol ip flower dst_ip 203.0.113.1 action mirred egress redirect dev tap1",
    ])
  func redirectedElsewhere(direction: String, filter: String) async throws {
    try await NetworkCase(
      setUp: Self.tap + """
        ip link add tap1 type dummy
        ip link set tap1 up
        tc qdisc add dev eth0 clsact
        \(filter)
        """,
      faults: [.drop("eth0", mode: "silent", direction: direction)], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("Frames that tc redirects to a link's egress don't arrive at its ingress")
  func redirectedOutward() async throws {
    try await NetworkCase(
      setUp: Self.tap + "tc filter add dev tap0 egress matchall action mirred egress redirect dev eth0",
      faults: [.drop("eth0", mode: "silent", direction: "in")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("A link whose tc filters redirect no frame can be cut silently")
  func policed() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        tc qdisc add dev eth0 handle ffff: ingress
        tc filter add dev eth0 parent ffff: protocol ip u32 match u32 0 0 police rate 100mbit burst 1m
        """,
      faults: [.drop("eth0", mode: "silent")], works: "reach 1", during: "silent 1"
    ).run()
  }
}
