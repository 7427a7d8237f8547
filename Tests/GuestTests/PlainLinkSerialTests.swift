import Testing

/// One or two links without other links on top.
@Suite(.needsGuest)
struct PlainLinkSerialTests {
  @Test("Addresses and routes are restored after a carrier cut")
  func addressesAndRoutes() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1",
      compared: ["ip route get 203.0.113.1", "ip -6 route get 2001:db8:ffff::1"]
    ).run()
  }

  @Test("IPv6 addresses of one prefix keep their order")
  func orderOfAddresses() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        for n in 20 10 30; do ip address add fd00:1::$n/64 dev eth0; done
        ip address add 2001:db8::2/64 dev eth0 nodad
        ip address add 2001:db8::1/64 dev eth0 nodad
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1",
      compared: [
        "ip -6 route get fd00:1::fe", "ip -6 route get 2001:db8::fe", "ip -6 route get 2001:db8:ffff::1",
      ]
    ).run()
  }

  @Test("Addresses keep their flags, labels, peers and lifetimes")
  func kindsOfAddresses() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip address add 10.1.0.2/24 dev eth0 label eth0:1
        ip address add 10.9.9.1 peer 10.9.9.2/32 dev eth0
        ip address add 10.1.0.3/24 dev eth0 valid_lft 900 preferred_lft 600
        ip address add 10.8.0.1/24 dev eth0 noprefixroute metric 77
        ip address add fd00:9::1 peer fd00:9::2/128 dev eth0
        ip address add fd00:1::3/64 dev eth0 valid_lft 900 preferred_lft 600
        ip address add fd00:1::4/64 dev eth0 preferred_lft 0
        ip address add fd00:8::1/64 dev eth0 noprefixroute nodad
        ip address add fd00:7::1/64 dev eth0 metric 77
        ip address add fe80::77/64 dev eth0 scope link
        """,
      faults: [.drop("eth0")], works: "reach 1",
      compared: ["ip -6 route get fd00:1::fe", "ip route get 10.9.9.2", "ip -6 route get fd00:9::2"]
    ).run()
  }

  /// The other end of the cable is set up two seconds after the revert has begun.
  private static let lateCarrier = """
    ip -n peer link set eth0 down
    (sleep 2; ip -n peer link set eth0 up; ip -n peer link set eth0.100 up) < /dev/null > /dev/null 2>&1 &
    """

  @Test(
    "The kernel makes temporary addresses after a cut",
    arguments: ["", " valid_lft 9000 preferred_lft 8000"], ["", lateCarrier])
  func temporaryAddresses(lifetime: String, during: String) async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        vlan eth0 100
        for link in eth0 eth0.100; do echo 2 > /proc/sys/net/ipv6/conf/$link/use_tempaddr; done
        stable
        ip address add fd00:6::7/64 dev eth0.100
        ip address add fd00:5::5/64 dev eth0 mngtmpaddr\(lifetime)
        ip address add fd00:6::6/64 dev eth0.100 mngtmpaddr\(lifetime)
        """,
      faults: [.drop("eth0")],
      works: """
        for try in 1 2 3 4 5; do ping -c 1 -W 1 10.1.0.254 > /dev/null && break; done
        if [ "$(ip -6 address | grep -c 'scope global temporary')" != 2 ]; then ip -6 address >&2; exit 1; fi
        """,
      during: during,
      compared: [
        "cat /proc/sys/net/ipv6/conf/eth0/use_tempaddr /proc/sys/net/ipv6/conf/eth0.100/use_tempaddr"
      ]
    ).run()
  }

  @Test("A link that a supplicant has set operative is restored as operative")
  func operative() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        stable
        ip link set eth0 mode dormant
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1", during: "silent 1", compared: ["ip link show eth0"]
    ).run()
  }

  @Test("A link that waits for its supplicant is restored as waiting")
  func dormant() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link set eth0 down
        ip link set eth0 mode dormant
        sleep 1.5
        ip link set eth0 up
        sleep 1.5
        """,
      faults: [.drop("eth0")], works: "ip link show eth0 | grep -q 'state DORMANT'",
      compared: ["ip link show eth0"]
    ).run()
  }

  @Test("Routes of all types, tables and attributes are restored in their order")
  func kindsOfRoutes() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip address add 10.1.0.2/24 dev eth0
        modprobe tcp_bbr
        stable
        ip route add default via 10.1.0.254 proto static metric 100
        ip route add default via 10.1.0.253 proto dhcp metric 200 src 10.1.0.2
        ip route add 10.20.0.0/16 via 10.1.0.254 proto bird mtu lock 1400 advmss 1300 initcwnd 20 src 10.1.0.2
        ip route add 10.21.0.0/16 via 10.1.0.254 congctl bbr quickack 1 rto_min 300ms realm 5
        ip route add 10.22.0.0/16 via 198.51.100.1 dev eth0 onlink
        ip route add 10.23.0.0/16 dev eth0 scope link table 100
        ip route add 10.24.0.0/16 via inet6 fd00:1::fe dev eth0
        ip route add 10.25.0.0/16 tos 0x10 via 10.1.0.254
        ip route add 10.25.0.0/16 via 10.1.0.253
        ip route add local 203.0.113.0/24 dev eth0
        ip route add broadcast 10.26.0.255 dev eth0
        ip route add multicast 239.1.0.0/16 dev eth0
        ip route add blackhole 10.30.0.0/16
        ip route add unreachable 10.31.0.0/16 metric 9000
        ip route add throw 10.32.0.0/16 table 100
        ip -6 route add default via fd00:1::fe metric 100
        ip -6 route add default via fd00:1::fd metric 200 proto static
        ip -6 route add fd20::/32 via fd00:1::fe mtu 1400 pref high src fd00:1::1
        ip -6 route add fd21::/32 dev eth0 table 100 expires 900
        ip -6 route add fd22::/32 from fd00:1::/64 via fd00:1::fe
        ip -6 route add local fd23::/64 dev eth0
        ip -6 route add anycast fd24::1 dev eth0
        ip -6 route add blackhole fd30::/32
        ip -6 route add fd25::/32 nexthop via fd00:1::fe weight 3 nexthop via fd00:1::fd
        """,
      faults: [.drop("eth0")], works: "reach 1",
      compared: ["ip route get 10.20.0.1", "ip route get 10.25.0.1 tos 0x10", "ip -6 route get fd20::1"]
    ).run()
  }

  @Test("Two links in one network keep their order")
  func oneNetwork() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        for n in 0 1; do
          ip address add 10.1.0.$((n + 1))/24 dev eth$n
          ip address add fd00:1::$((n + 1))/64 dev eth$n
          ip -6 route append fd20::/32 dev eth$n metric 50
        done
        """,
      faults: [.drop("eth0")],
      compared: [
        "ip route get 10.1.0.99", "ip -6 route get fd00:1::99", "ip -6 route get fd20::1",
        "ip -6 route get ff05::1",
      ]
    ).run()
  }

  @Test("Permanent and proxied neighbours are restored after a cut")
  func neighbours() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
        ip neigh add 10.1.0.76 lladdr 02:00:00:00:00:76 dev eth0 nud permanent protocol static
        ip neigh add fd00:1::77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent router
        ip neigh add 10.1.0.78 lladdr 02:00:00:00:00:78 dev eth0 nud noarp
        ip neigh add proxy 10.1.0.88 dev eth0
        ip neigh add proxy fd00:1::88 dev eth0
        """,
      faults: [.drop("eth0")], works: "reach 1", compared: ["ip neigh show 10.1.0.78"]
    ).run()
  }

  @Test("Rules and the tables that they lead to are restored after a cut")
  func policyRouting() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 1
        network eth1 2
        ip rule add from 10.1.0.0/24 table 101 priority 1000
        ip rule add fwmark 7 iif eth0 table 102 priority 900
        ip rule add oif eth0 suppress_prefixlength 0 table main priority 950
        ip -6 rule add from fd00:1::/64 table 101 priority 1000
        ip route add default via 10.1.0.254 table 101
        ip route add 10.1.0.0/24 dev eth0 table 101
        ip route add default via 10.2.0.254 table 102
        ip -6 route add default via fd00:1::fe table 101
        ip route add default via 10.2.0.254
        """,
      faults: [.drop("eth0")], works: "reach 1 2", during: "reach 2",
      compared: ["ip route get 203.0.113.1 from 10.1.0.1", "ip -6 route get 2001:db8::1 from fd00:1::1"]
    ).run()
  }

  @Test("A router's anycast addresses and a link's own settings are restored after a cut")
  func settings() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.accept_ra=0
        ip link set eth0 mtu 1400 txqueuelen 77 alias uplink group 5 promisc on allmulticast on
        ip link property add dev eth0 altname enp3s0f0np0
        ip maddress add 33:33:00:00:12:34 dev eth0
        network eth0 1
        """,
      faults: [.drop("eth0")], works: "reach 1",
      compared: [
        "sysctl -a 2> /dev/null | grep eth0 | grep -v mpls", "ip maddress show dev eth0 | grep 12:34",
      ]
    ).run()
  }

  @Test("A link is cut by its alternative name")
  func alternativeName() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        ip link property add dev eth0 altname enp3s0f0np0
        network eth0 1
        ip route add default via 10.1.0.254
        """,
      faults: [.drop("enp3s0f0np0")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("A link that keeps its addresses while down has each address once after the revert")
  func keptAddresses() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        sysctl -q -w net.ipv6.conf.eth0.keep_addr_on_down=1
        network eth0 1
        ip address add fd00:1::2/64 dev eth0
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.drop("eth0")], works: "reach 1", compared: ["ip -6 route get 2001:db8::1"]
    ).run()
  }

  @Test("A link without a carrier is restored without a carrier")
  func noCarrier() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip -6 route add fd20::/32 via fd00:1::fe
        ip route add 10.20.0.0/16 via 10.1.0.254
        stable
        ip -n peer link set eth0 down
        sleep 1
        """,
      faults: [.drop("eth0")]
    ).run()
  }

  @Test("A link with IPv6 off, or without a link-local address, is restored as such")
  func withoutIPv6() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1
        ip link set eth1 addrgenmode none
        ip address flush dev eth1
        ip address add 10.1.0.1/24 dev eth0
        ip address add fd00:2::1/64 dev eth1
        """,
      faults: [.unplug(["eth0", "eth1"])]
    ).run()
  }

  @Test("MPTCP endpoints and MPLS routes are restored after a cut")
  func mptcpAndMPLS() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 1
        network eth1 2
        ip mptcp endpoint add 10.1.0.1 dev eth0 signal
        ip mptcp endpoint add fd00:1::1 dev eth0 id 7 subflow
        modprobe -a mpls_router mpls_iptunnel
        sysctl -q -w net.mpls.platform_labels=1000 net.mpls.conf.eth0.input=1
        ip -f mpls route add 100 via inet 10.1.0.254 dev eth0
        ip -f mpls route add 101 nexthop as 200 via inet 10.1.0.254 dev eth0 nexthop as 300 via inet 10.2.0.254 dev eth1
        ip route add 10.40.0.0/16 encap mpls 200/300 via 10.1.0.254
        ip -6 route add fd40::/32 encap seg6 mode encap segs fd00:1::aa,fd00:1::bb dev eth0
        """,
      faults: [.drop("eth0")], works: "reach 1", compared: ["ip -f mpls route"]
    ).run()
  }

  @Test("Queues, classes, filters and netem are restored after a cut")
  func queues() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        network eth0 1
        ip link add ifb7 type ifb
        ip link set ifb7 up
        tc qdisc add dev eth0 root handle 1: htb default 20
        tc class add dev eth0 parent 1: classid 1:1 htb rate 100mbit
        tc class add dev eth0 parent 1:1 classid 1:10 htb rate 10mbit ceil 100mbit prio 1
        tc class add dev eth0 parent 1:1 classid 1:20 htb rate 90mbit
        tc qdisc add dev eth0 parent 1:10 handle 10: netem delay 1ms 100us loss 0.1%
        tc qdisc add dev eth0 parent 1:20 handle 20: fq_codel
        tc filter add dev eth0 parent 1: protocol ip prio 5 u32 match ip dport 80 0xffff flowid 1:10
        tc qdisc add dev eth0 clsact
        tc filter add dev eth0 ingress matchall action mirred egress redirect dev ifb7
        tc filter del dev eth0 ingress
        tc filter add dev eth0 ingress protocol ip flower ip_proto tcp dst_port 81 action drop
        tc qdisc add dev ifb7 root netem delay 5ms
        """,
      faults: [.drop("eth0")], works: "reach 1"
    ).run()
  }

  @Test("Routes of other links keep a source address that the cut link has")
  func sourceElsewhere() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 1
        network eth1 2
        stable
        ip route add 10.70.0.0/16 via 10.2.0.254 src 10.1.0.1
        ip -6 route add fd70::/32 via fd00:2::fe src fd00:1::1
        ip -6 route add fd71::/32 dev eth1 src fd00:1::1 table 100
        ip -6 route add blackhole fd72::/32 metric 7
        """,
      faults: [.drop("eth0")], works: "reach 1 2", during: "reach 2",
      compared: ["ip -6 route get fd70::1"]
    ).run()
  }

  @Test("The route to a gateway is restored before the routes by that gateway")
  func gatewayBehindRoute() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0
        sysctl -q -w net.ipv6.conf.eth0.accept_ra=0
        network eth0 1
        ip route add 198.51.100.7 dev eth0 scope link
        ip route add 10.70.0.0/16 via 198.51.100.7
        ip -6 route add fd99::7/128 dev eth0
        ip -6 route add fd10::/32 via fd99::7
        ip -6 route add default via fe80::fe dev eth0 proto ra metric 1024 expires 900
        """,
      faults: [.drop("eth0")], works: "reach 1"
    ).run()
  }

  @Test("A silent cut keeps the host's own filters")
  func ownFilters() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 1
        network eth1 2
        nft -f - << END
        table netdev own {
          chain early {
            type filter hook ingress device eth0 priority -600; policy accept;
            counter
          }
        }
        table inet own {
          set friends {
            type ipv4_addr; flags interval; elements = { 10.1.0.0/24, 10.2.0.0/24 };
          }
          flowtable fast {
            hook ingress priority 0; devices = { eth0, eth1 };
          }
          chain in {
            type filter hook input priority 0; policy accept;
            ct state invalid counter drop
            ip saddr @friends accept
          }
          chain pass {
            type filter hook forward priority 0; policy accept;
            ip protocol tcp flow add @fast
          }
        }
        table ip nat {
          chain out {
            type nat hook postrouting priority 100;
            oifname eth1 masquerade
          }
        }
        END
        """,
      faults: [.drop("eth0"), .drop("eth1", mode: "silent")], works: "reach 1 2", during: "silent 1 2"
    ).run()
  }

  @Test("A stack is recovered after the death of the agent and its watchdog")
  func recovered() async throws {
    try await NetworkCase(
      setUp: """
        cable eth0 eth1
        network eth0 2
        network eth1 3
        vlan eth0 100
        network eth0.100 1
        ip nexthop add id 10 via 10.1.0.254 dev eth0.100
        ip nexthop add id 11 via 10.3.0.254 dev eth1
        ip nexthop add id 20 group 10/11
        ip route add default nhid 20
        ip -6 route add default via fd00:1::fe
        ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev eth0.100 nud permanent
        """,
      faults: [.drop("eth0")], end: .recover, works: "reach 1 2 3"
    ).run()
  }

  @Test("Both ends of a cable within the host are restored after a cut")
  func innerCable() async throws {
    try await NetworkCase(
      setUp: """
        ip link add in0 type veth peer name in1
        ip link set in0 up
        ip link set in1 up
        ip address add 10.5.0.1/24 dev in0
        ip address add 10.6.0.1/24 dev in1
        ip address add fd00:6::1/64 dev in1
        ip nexthop add id 50 via 10.5.0.2 dev in0
        ip nexthop add id 60 via 10.6.0.2 dev in1
        ip nexthop add id 61 via fd00:6::2 dev in1
        ip route add 10.60.0.0/16 nhid 60
        ip -6 route add fd60::/32 nhid 61
        ip route add 10.50.0.0/16 nhid 50
        """,
      faults: [.drop("in0")]
    ).run()
  }
}
