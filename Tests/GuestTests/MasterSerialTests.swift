import Faults
import Agent
import AgentProtocol
import IsolatedHost
import Journal
import Scenario
import Testing

/// Bonds, bridges and VRFs: the cut link has a master, or is one.
@Suite(.needsGuest)
struct MasterSerialTests {
  /// A bond of eth0 and eth1. Both cables end in one bridge of the peer.
  private static func bond(_ options: String) -> String {
    """
    cable eth0 eth1
    ip -n peer link add bond0 type bridge
    for link in eth0 eth1; do ip -n peer link set $link master bond0; done
    ip -n peer link set bond0 up
    ip link add bond0 type bond \(options)
    for link in eth0 eth1; do
      ip link set $link down
      ip link set $link master bond0
    done
    ip link set bond0 up

    """
  }

  private static let primary = bond("mode active-backup miimon 100 primary eth0")
  private static let addressed = """
    network bond0 1
    ip route add default via 10.1.0.254
    ip -6 route add default via fd00:1::fe
    ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev bond0 nud permanent

    """

  @Test("A bond works without one of its links")
  func oneOfABond() async throws {
    try await NetworkCase(
      setUp: Self.primary + Self.addressed, faults: [.drop("eth0")], works: "reach 1", during: "reach 1"
    ).run()
  }

  @Test("A bond is restored after a cut of all its links")
  func allOfABond() async throws {
    try await NetworkCase(
      setUp: Self.primary + Self.addressed, faults: [.unplug(["eth0", "eth1"])], works: "reach 1",
      during: "silent 1"
    ).run()
  }

  @Test(
    "A bond without a primary port stays on the port that it chose; plan and audit show it",
    arguments: [["eth0"], ["eth0", "eth1"]])
  func choice(links: [String]) async throws {
    try await withGuestHost { host in
      try host.run(
        Self.bond("mode active-backup miimon 100") + Self.addressed
          + "ip link set bond0 type bond active_slave eth0; stable; reach 1")
      let active = "cat /sys/class/net/bond0/bonding/active_slave"
      #expect(try host.run(active) == "eth0\n")
      let before = try NetworkListing(of: host)
      let agent = try host.agent()
      func lines() throws -> [HostState.Line] {
        guard case .state(let state) = try agent.ask(.state(thawing: [])) else {
          throw GuestFailed("the agent did not return its host's state")
        }
        return state.lines.filter { $0.part == .network }
      }
      let state = try lines()
      let order = try NetworkCase.Fault.unplug(links).order()
      let id = try agent.send(.check(try order.spec, duration: .seconds(60)))
      var warnings: [String] = []
      reading: while let line = try agent.line(unless: -1) {
        switch line {
        case .notice(.warning(let text)): warnings.append(text)
        case .reply(id, .checked(_, let missing)):
          #expect(missing == [])
          break reading
        default: continue
        }
      }
      #expect(warnings.contains { $0.contains("bond bond0 ") })
      try agent.ask(.arm(lease: "lease", order: try order.spec, begins: .zero, duration: .seconds(60)))
      _ = try agent.effect(of: try agent.send(.inject(lease: "lease")))
      try host.run("sleep 1")
      guard case .reverted(let revert) = try agent.ask(.revert(lease: "lease")) else {
        throw GuestFailed("the agent did not revert the lease")
      }
      #expect(revert.residue == [])
      try host.run("reach 1")
      let chosen = try host.run(active).dropLast()
      if links == ["eth0"] { #expect(chosen == "eth1") }
      let changed = try lines().difference(from: state)
      #expect(changed.allSatisfy { $0.line.isChoice == true }, "\(changed)")
      #expect(
        changed.insertions.map(\.line.text) == (chosen == "eth0" ? [] : ["bond bond0 sends by \(chosen)"]))
      let differences = try NetworkListing(of: host).differences(from: before)
      #expect(
        differences.allSatisfy {
          $0.contains("active_slave") || $0.contains("bond_slave state") || $0.hasPrefix("# ")
        }, "\(differences)")
      try agent.end()
    }
  }

  @Test("A bond is restored after a cut of the bond itself")
  func bondItself() async throws {
    try await NetworkCase(
      setUp: Self.primary + Self.addressed, faults: [.drop("bond0")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test("A VLAN on a bond is restored after a cut", arguments: [["bond0"], ["eth0", "eth1"]])
  func vlanOnABond(links: [String]) async throws {
    try await NetworkCase(
      setUp: Self.primary + """
        vlan bond0 100
        network bond0.100 1
        ip route add default via 10.1.0.254
        ip -6 route add default via fd00:1::fe
        """,
      faults: [.unplug(links)], works: "reach 1", during: "silent 1"
    ).run()
  }

  private static let bridge = """
    cable eth0
    ip link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0
    ip link set eth0 master br0
    ip link add tap0 type veth peer name guest0
    ip link set tap0 master br0
    for link in br0 tap0 guest0; do ip link set $link up; done
    bridge vlan add dev eth0 vid 10 pvid untagged
    bridge vlan add dev eth0 vid 20-22
    bridge vlan add dev tap0 vid 10 pvid untagged
    bridge vlan add dev br0 vid 10 pvid untagged self
    bridge fdb add 02:00:00:00:00:99 dev eth0 master static vlan 10
    bridge fdb add 02:00:00:00:00:98 dev tap0 master static vlan 10
    bridge mdb add dev br0 port eth0 grp 239.1.1.1 permanent vid 10
    bridge link set dev eth0 cost 7 learning on
    ip address add 10.1.0.1/24 dev br0
    ip address add fd00:1::1/64 dev br0
    ip -n peer address add 10.1.0.254/24 dev eth0
    ip -n peer address add fd00:1::fe/64 dev eth0 nodad
    ip route add default via 10.1.0.254
    ip -6 route add default via fd00:1::fe

    """

  @Test("A bridge with VLANs is restored after a cut of its port")
  func portOfABridge() async throws {
    try await NetworkCase(
      setUp: Self.bridge, faults: [.drop("eth0")], works: "reach 1", during: "silent 1"
    ).run()
  }

  @Test(
    "A cut of a link that has no cable is refused with its ports, and the host is unchanged",
    arguments: ["carrier", "silent"])
  func withoutCable(mode: String) async throws {
    try await withGuestHost { host in
      try host.run(Self.bridge + Self.smallVRF + "stable; reach 1")
      let before = try NetworkListing(of: host)
      let agent = try host.agent()
      for (link, ports) in [("br0", ["eth0", "tap0"]), ("red", ["eth1"]), ("lo", [])] {
        let order = try NetworkCase.Fault.drop(link, mode: mode).order()
        let lease = "lease_\(link)"
        let error = try #require(throws: AgentSessionFailed.self) {
          try agent.ask(.arm(lease: lease, order: try order.spec, begins: .zero, duration: .seconds(60)))
        }
        for name in [link] + ports { #expect(error.description.contains(name)) }
        // It is also reported as reverted.
        #expect(try agent.revert(of: lease).residue == [])
      }
      #expect(try NetworkListing(of: host) == before)
      try agent.end()
    }
  }

  private static let smallVRF = """
    cable eth1
    ip link add red type vrf table 10
    ip link set red up
    ip link set eth1 master red

    """

  private static let hypervisor =
    bond("mode active-backup miimon 100 primary eth0") + """
      ip link add br0 type bridge vlan_filtering 1
      ip link set bond0 master br0
      ip link set br0 up
      ip link add tap0 type veth peer name guest0
      ip link set tap0 master br0
      ip link set tap0 up
      ip link set guest0 up
      bridge vlan add dev bond0 vid 100
      bridge vlan add dev br0 vid 100 self
      ip link add link br0 name br0.100 type vlan id 100
      ip -n peer link add link bond0 name br0.100 type vlan id 100
      ip link set br0.100 up
      ip -n peer link set br0.100 up
      network br0.100 1
      ip link add storage type bridge
      ip link add link bond0 name bond0.7 type vlan id 7
      ip link set bond0.7 master storage
      ip link set bond0.7 up
      ip link set storage up
      ip address add 10.7.0.1/24 dev storage
      ip address add fd00:7::1/64 dev storage
      ip nexthop add id 7 via 10.7.0.254 dev storage
      ip route add 10.70.0.0/16 nhid 7
      ip route add default via 10.1.0.254
      ip -6 route add default via fd00:1::fe

      """

  @Test(
    "Bridges and VLANs of a hypervisor on a bond are restored after a cut",
    arguments: [["bond0"], ["eth0", "eth1"], ["eth1"]])
  func hypervisor(links: [String]) async throws {
    try await NetworkCase(setUp: Self.hypervisor, faults: [.unplug(links)], works: "reach 1").run()
  }

  @Test("Leases on the links of a bond end in any order", arguments: [["eth0", "eth1"], ["eth1", "eth0"]])
  func leasesOnABond(links: [String]) async throws {
    try await NetworkCase(
      setUp: Self.hypervisor, faults: links.map { .drop($0) }, works: "reach 1", during: "silent 1"
    ).run()
  }

  private static let vrf = """
    cable eth0 eth1
    ip link add red type vrf table 10
    ip link set red up
    ip route add unreachable default metric 4278198272 table 10
    ip link set eth0 master red
    network eth0 1
    network eth1 2
    ip route add default via 10.1.0.254 vrf red
    ip -6 route add default via fd00:1::fe vrf red
    ip route add 10.20.0.0/16 via 10.1.0.254 vrf red
    ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent

    """

  @Test("A link in a VRF keeps its routes in the VRF's table")
  func linkOfAVRF() async throws {
    try await NetworkCase(
      setUp: Self.vrf, faults: [.drop("eth0")],
      works: "reach 2; ip vrf exec red ping -c 1 -W 2 10.1.0.254 || ping -I red -c 1 -W 2 10.1.0.254",
      during: "! ping -I red -c 1 -W 1 10.1.0.254",
      compared: ["ip route get 203.0.113.1 vrf red", "ip -6 route get 2001:db8::1 vrf red"]
    ).run()
  }

  @Test("A VLAN on a bond in a VRF, with a macvlan on top, is restored after a cut")
  func deepStack() async throws {
    try await NetworkCase(
      setUp: Self.primary + """
        ip link add red type vrf table 10
        ip link set red up
        vlan bond0 100
        ip link set bond0.100 master red
        network bond0.100 1
        ip route add default via 10.1.0.254 vrf red
        ip -6 route add default via fd00:1::fe vrf red
        ip link add link bond0.100 name mac0 type macvlan mode bridge
        ip link set mac0 up
        ip address add fd00:5::1/64 dev mac0
        ip -6 route add fd50::/32 via fd00:5::fe dev mac0
        """,
      faults: [.unplug(["eth0", "eth1"])], works: "ping -I red -c 1 -W 2 10.1.0.254",
      during: "! ping -I red -c 1 -W 1 10.1.0.254"
    ).run()
  }
}

extension CollectionDifference.Change {
  /// The lines that were removed or added.
  fileprivate var line: ChangeElement {
    switch self {
    case .insert(_, let line, _), .remove(_, let line, _): line
    }
  }
}
