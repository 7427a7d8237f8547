import FoundationEssentials
import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults

/// Carrier cuts on hosts with different links. The machine's own tools show the same state before the cut and after its
/// revert.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct LinkStackContractTests {
  /// A host and the links that are cut.
  struct Shape: Sendable, CustomStringConvertible {
    var description: String
    var cut = ["eth0"]
    var setUp: String
    /// Addresses for which route and source are compared.
    var destinations: [String] = []
  }

  static let shapes = [
    Shape(
      description: "addresses of one network, in an order that chooses the source",
      setUp: """
        for i in 2 3 4; do ip address add fd00::$i/64 dev eth0; ip address add 10.0.0.1$i/24 dev eth0; done
        ip address add fd07::7/64 dev eth0 metric 77
        ip route add default via 10.0.0.254
        ip -6 route add default via fd00::fe
        """, destinations: ["fd00::99", "2001:db8::1", "10.0.0.99", "192.0.2.1"]),
    Shape(
      description: "peer addresses",
      setUp: """
        ip address add 10.7.0.1 peer 10.7.0.2/32 dev eth0
        ip address add 10.8.0.1 peer 10.8.9.2/24 dev eth0
        ip address add fd07::1 peer fd07::2/64 dev eth0
        ip address add fd08::1 peer fd09::2/128 dev eth0
        """),
    Shape(
      description: "two links in one network",
      setUp: """
        ip address add 10.0.0.5/24 dev eth1
        ip address add fd00::5/64 dev eth1
        ip address add fd00::4/64 dev eth0
        """, destinations: ["10.0.0.9", "fd00::9", "ff05::1"]),
    Shape(
      description: "the second of two links in one network", cut: ["eth1"],
      setUp: """
        ip address add 10.0.0.5/24 dev eth1
        ip address add fd00::5/64 dev eth1
        """, destinations: ["10.0.0.9"]),
    Shape(
      description: "several routes to one destination",
      setUp: """
        ip route add 10.9.0.0/16 via 10.0.0.2
        ip route append 10.9.0.0/16 via 10.0.1.2
        ip route append 10.9.0.0/16 via 10.0.0.3
        ip route append 10.9.0.0/16 via 10.0.1.3
        ip route add 10.9.0.0/16 via 10.0.0.4 tos 0x10
        ip route add 10.9.0.0/16 via 10.0.0.4 metric 9
        """, destinations: ["10.9.0.1"]),
    Shape(
      description: "a multipath route, one link cut",
      setUp: """
        ip route add default nexthop via 10.0.0.2 weight 2 nexthop via 10.0.1.2
        ip -6 route add default nexthop via fd00::2 weight 3 nexthop via fd01::2
        """),
    Shape(
      description: "a multipath route, both links cut", cut: ["eth0", "eth1"],
      setUp: """
        ip route add default nexthop via 10.0.0.2 weight 2 nexthop via 10.0.1.2
        ip -6 route add default nexthop via fd00::2 weight 3 nexthop via fd01::2
        """),
    Shape(
      description: "routes whose gateways are reached by other routes",
      setUp: """
        ip route add 10.20.0.1 dev eth0
        ip route add 10.21.0.0/16 via 10.20.0.1 onlink dev eth0
        ip -6 route add fd20::1 dev eth0
        ip -6 route add fd21::/64 via fd20::1 dev eth0
        ip route add 10.22.0.0/16 via inet6 fd00::2 dev eth0
        ip route add 10.23.0.0/16 via 10.0.0.2 mtu lock 1400 advmss 1360 src 10.0.0.1 proto bird
        ip -6 route add fd23::/64 via fd00::2 pref high mtu 1400 proto static
        ip -6 route add fd24::/64 from fd25::/64 via fd00::2
        """),
    Shape(
      description: "policy routing in separate tables",
      setUp: """
        ip route add default via 10.0.0.2 table 100
        ip route add 10.0.0.0/24 dev eth0 table 100 scope link
        ip -6 route add default via fd00::2 table 4000
        ip rule add from 10.0.0.1 lookup 100
        ip -6 rule add from fd00::1 lookup 4000
        ip rule add iif eth0 fwmark 7 lookup 100 priority 50
        """, destinations: ["192.0.2.1 from 10.0.0.1"]),
    Shape(
      description: "nexthop objects and groups",
      setUp: """
        ip nexthop add id 10 via 10.0.0.2 dev eth0 proto static
        ip nexthop add id 11 via 10.0.1.2 dev eth1
        ip nexthop add id 12 via fd00::2 dev eth0
        ip nexthop add id 13 dev eth0 proto zebra
        ip nexthop add id 20 group 10,3/11
        ip nexthop add id 21 group 11/10 type resilient buckets 32 idle_timer 60
        ip nexthop add id 22 group 10
        ip nexthop add id 30 blackhole
        ip route add default nhid 20
        ip route add 10.9.0.0/16 nhid 10
        ip route add 10.10.0.0/16 nhid 21
        ip route add 10.11.0.0/16 nhid 22 metric 5
        ip route add 10.12.0.0/16 nhid 30
        ip -6 route add fd99::/64 nhid 12
        """),
    Shape(
      description: "nexthop objects, both links cut", cut: ["eth1", "eth0"],
      setUp: """
        ip nexthop add id 10 via 10.0.0.2 dev eth0 proto static
        ip nexthop add id 11 via 10.0.1.2 dev eth1
        ip nexthop add id 20 group 11,3/10
        ip route add default nhid 20
        ip route add 10.9.0.0/16 nhid 10
        """),
    Shape(
      description: "nexthop objects that routes show only by number",
      setUp: """
        echo 0 > /proc/sys/net/ipv4/nexthop_compat_mode
        ip nexthop add id 10 via 10.0.0.2 dev eth0
        ip nexthop add id 11 via fd00::2 dev eth0
        ip route add default nhid 10
        ip -6 route add default nhid 11
        """),
    Shape(
      description: "neighbours",
      setUp: """
        ip neighbour add 10.0.0.70 lladdr 02:00:00:00:00:70 nud permanent dev eth0
        ip neighbour add 10.0.0.71 lladdr 03:bf:00:00:00:71 nud permanent dev eth0 protocol zebra
        ip neighbour add 10.0.0.72 lladdr 02:00:00:00:00:72 nud noarp dev eth0
        ip neighbour add fd00::70 lladdr 02:00:00:00:00:70 nud permanent router dev eth0
        ip neighbour add fd00::73 lladdr 02:00:00:00:00:73 nud permanent extern_learn dev eth0
        ip neighbour add proxy 10.0.0.74 dev eth0
        ip neighbour add proxy fd00::74 dev eth0 protocol static
        """),
    Shape(
      description: "a network's own route replaced by another",
      setUp: """
        ip route del 10.0.0.0/24 dev eth0
        ip route add 10.0.0.0/24 dev eth0 metric 50 src 10.0.0.1
        ip -6 route del fd00::/64 dev eth0
        ip -6 route add fd00::/64 dev eth0 metric 50
        ip address add 10.33.0.1/24 dev eth0 noprefixroute
        ip address add fd33::1/64 dev eth0 noprefixroute
        """),
    Shape(
      description: "addresses that stay on a link that is down",
      setUp: """
        echo 1 > /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
        for i in 3 2 4; do ip address add fd00::$i/64 dev eth0; done
        ip -6 route add default via fd00::fe
        """),
    Shape(
      description: "addresses with lifetimes between others",
      setUp: """
        ip address add fd00::31/64 dev eth0 valid_lft 3000 preferred_lft 2000
        ip address add fd00::32/64 dev eth0
        ip address add fd44::33/64 dev eth0 valid_lft 3000 preferred_lft 2000
        ip address add fd00::34/64 dev eth0 home
        """),
    Shape(
      description: "macvlans, one of them down",
      setUp: """
        for i in 0 1; do ip link add link eth0 name mac$i type macvlan mode bridge; done
        ip link set mac0 up
        ip address add 10.50.0.1/24 dev mac0
        ip address add fd50::1/64 dev mac0
        ip address add fd50::2/64 dev mac0
        ip address add fd51::1/64 dev mac1
        ready mac0
        ip route add 10.51.0.0/16 via 10.50.0.2
        ip neighbour add 10.50.0.70 lladdr 02:00:00:00:00:70 nud permanent dev mac0
        ip neighbour add proxy 10.50.0.71 dev mac0
        ip nexthop add id 50 via 10.50.0.2 dev mac0
        ip route add 10.52.0.0/16 nhid 50
        """),
    Shape(
      description: "a bridge and what is made on it",
      setUp: """
        ip link add br0 address 02:00:00:00:00:b0 type bridge
        ip link set eth0 master br0
        ip link set br0 up
        bridge fdb add 02:00:00:00:00:99 dev eth0 master static
        ip address add 10.60.0.1/24 dev br0
        ip address add fd60::1/64 dev br0
        ip link add link br0 name mac0 type macvlan mode bridge
        ip link set mac0 up
        ip address add 10.61.0.1/24 dev mac0
        ready br0 mac0
        ip route add 10.62.0.0/16 via 10.60.0.2
        ip nexthop add id 60 via 10.60.0.2 dev br0
        ip nexthop add id 61 via 10.61.0.2 dev mac0
        ip nexthop add id 62 group 60/61
        ip route add 10.63.0.0/16 nhid 62
        """),
    Shape(
      description: "a VXLAN link on a link",
      setUp: """
        ip link add vx0 type vxlan id 7 remote 10.0.0.9 dev eth0 dstport 4789
        ip link set vx0 up
        ip address add 10.70.0.1/24 dev vx0
        ip address add fd70::1/64 dev vx0
        bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.8
        bridge fdb add 02:00:00:00:00:07 dev vx0 dst 10.0.0.7
        ip route add 10.71.0.0/16 via 10.70.0.2
        """),
    Shape(
      description: "shaped links",
      setUp: """
        tc qdisc add dev eth0 root handle 1: htb default 10
        tc class add dev eth0 parent 1: classid 1:10 htb rate 10mbit
        tc qdisc add dev eth0 clsact
        """),
    Shape(
      description: "segment routing",
      setUp: """
        ip -6 route add fd80::/64 encap seg6 mode encap segs fd81::1,fd82::1 dev eth0
        ip -6 route add fd83::1 encap seg6local action End.DX6 nh6 fd00::2 dev eth0
        """),
    Shape(
      description: "a link whose name is another's alternative", cut: ["enp3s0f0np0"],
      setUp: """
        ip link property add dev eth0 altname enp3s0f0np0
        ip -6 route add default via fd00::2
        """),
  ]

  /// Two cables, each with an address of either family.
  private static let common = """
    set -eu
    echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
    ip link set lo up
    for i in 0 1; do
      ip link add eth$i type veth peer name switch$i
      ip link set eth$i up; ip link set switch$i up
      ip address add 10.0.$i.1/24 dev eth$i
      ip address add fd0$i::1/64 dev eth$i
    done
    # The kernel finds carriers and states out in its own time: at most once a second, where much happens.
    ready() {
      for link; do
        until ip -o link show dev $link | grep -F LOWER_UP | grep -qv -e "state DOWN" -e LOWERLAYERDOWN; do
          sleep 0.01
        done
      done
    }
    ready eth0 eth1 switch0 switch1
    """

  /// Makes a host, and waits until the kernel has completed its own changes.
  static func makeHost(_ shape: Shape) throws -> NetworkListing {
    try run("sh", "-c", common + "\n" + shape.setUp)
    return try .settled(destinations: shape.destinations)
  }

  /// A host with two links that share routes in several ways.
  static let shared = [
    Shape(
      description: "multipath",
      setUp: """
        ip route add default nexthop via 10.0.0.2 weight 2 nexthop via 10.0.1.2
        ip route add 10.9.0.0/16 nexthop via 10.0.1.2 nexthop via 10.0.0.2
        ip -6 route add default nexthop via fd00::2 weight 3 nexthop via fd01::2
        ip -6 route add fd99::/64 nexthop via fd01::2 nexthop via fd00::2
        """),
    Shape(
      description: "nexthop groups",
      setUp: """
        ip nexthop add id 10 via 10.0.0.2 dev eth0
        ip nexthop add id 11 via 10.0.1.2 dev eth1
        ip nexthop add id 12 via fd00::2 dev eth0
        ip nexthop add id 13 via fd01::2 dev eth1
        ip nexthop add id 20 group 10,3/11
        ip nexthop add id 21 group 13/12
        ip route add default nhid 20
        ip -6 route add default nhid 21
        ip route add 10.9.0.0/16 nhid 11
        """),
    Shape(
      description: "one network",
      setUp: """
        ip address add 10.0.0.5/24 dev eth1
        ip address add fd00::5/64 dev eth1
        ip route add 10.9.0.0/16 via 10.0.0.2 dev eth0
        ip route append 10.9.0.0/16 via 10.0.1.2 dev eth1
        ip route append 10.9.0.0/16 via 10.0.0.3 dev eth0
        """),
  ]

  /// When the second lease is armed, and which of both ends first.
  @Test(
    "Two leases on the same links end in any order, and the last one restores the original state",
    arguments: shared,
    [(false, 0), (false, 1), (true, 0), (true, 1)])
  func twoLeases(shape: Shape, course: (isArmedLater: Bool, endsFirst: Int)) async throws {
    try await inNetworkNamespace {
      let before = try Self.makeHost(shape)
      var cuts: [Contract] = []
      for link in ["eth0", "eth1"] {
        let others = cuts.filter(\.isInEffect).map(\.active)
        cuts.append(
          try Contract(try order("host.unplug", links: [link]), named: link, beside: { others }))
        if course.isArmedLater { try cuts.last?.inject() }
      }
      if !course.isArmedLater { for cut in cuts { try cut.inject() } }
      usleep(100_000)
      for (cut, other) in [(cuts[0], cuts[1]), (cuts[1], cuts[0])] {
        cut.instruments.otherFaults = { other.isInEffect ? [other.active] : [] }
      }
      try cuts[course.endsFirst].revert()
      #expect(try cuts[1 - course.endsFirst].effect() != nil)
      usleep(100_000)
      try cuts[1 - course.endsFirst].revert()
      let differences = try NetworkListing.settled(destinations: shape.destinations)
        .differences(from: before)
      #expect(differences == [], "\(differences.joined(separator: "\n"))")
    }
  }

  @Test("After a cut, the host is as it was before, line by line and in order", arguments: shapes)
  func restored(shape: Shape) async throws {
    try await inNetworkNamespace {
      let before = try Self.makeHost(shape)
      let contract = try Contract(try order("host.unplug", ["mode": "carrier"], links: shape.cut))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.effect() != nil)
      // The kernel removes this shortly after the carrier is lost.
      usleep(200_000)
      #expect(try !contract.residue().isEmpty)
      try contract.revert()
      let differences = try NetworkListing.settled(destinations: shape.destinations)
        .differences(from: before)
      #expect(differences == [], "\(differences.joined(separator: "\n"))")
    }
  }
}
