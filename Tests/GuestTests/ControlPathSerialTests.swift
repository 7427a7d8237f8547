import Faults
import Agent
import AgentProtocol
import IsolatedHost
import Scenario
import Testing

/// The links on the control path. A cut of one of them also cuts the agent's connection.
@Suite(.needsGuest)
struct ControlPathSerialTests {
  /// A network, the host's address in it for the controller, and the links that are on the path or not.
  struct Path: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var setUp: String
    var address = "10.1.0.1"
    var passed: [String]
    var others: [String]
  }

  static let paths = [
    Path(
      testDescription: "a VLAN on a bond in a VRF",
      setUp: """
        ip link add bond0 type bond mode active-backup miimon 100
        for link in eth0 eth1; do ip link set $link down; ip link set $link master bond0; done
        ip link set bond0 up
        ip link add link bond0 name bond0.100 type vlan id 100
        ip link set bond0 type bond primary eth0
        ip link add red type vrf table 10
        ip link set red up
        ip link set bond0.100 master red up
        ip address add 10.1.0.1/24 dev bond0.100
        """,
      passed: ["bond0", "bond0.100"], others: ["eth2"]),
    Path(
      testDescription: "a bridge whose port is a VLAN",
      setUp: """
        ip link add link eth0 name eth0.7 type vlan id 7
        ip link add br0 type bridge
        ip link set eth0.7 master br0 up
        ip link set br0 up
        ip address add fd00:1::1/64 dev br0 nodad
        """,
      address: "fd00:1::1", passed: ["eth0", "eth0.7"], others: ["eth1", "eth2"]),
    Path(
      testDescription: "a macvlan",
      setUp: """
        ip link add link eth0 name mac0 type macvlan mode bridge
        ip link set mac0 up
        ip address add 10.1.0.1/24 dev mac0
        """,
      passed: ["eth0", "mac0"], others: ["eth1"]),
    Path(
      testDescription: "a vxlan bound to a VLAN",
      setUp: """
        ip link add link eth0 name eth0.7 type vlan id 7
        ip link set eth0.7 up
        ip address add 10.7.0.1/24 dev eth0.7
        ip link add vx0 type vxlan id 7 remote 10.7.0.2 dev eth0.7 dstport 4789
        ip link set vx0 up
        ip address add 10.1.0.1/24 dev vx0
        """,
      passed: ["eth0", "eth0.7", "vx0"], others: ["eth1"]),
    Path(
      testDescription: "an alternative name",
      setUp: """
        ip link property add dev eth0 altname enp3s0f0np0
        ip address add 10.1.0.1/24 dev eth0
        """,
      passed: ["eth0", "enp3s0f0np0"], others: ["eth1"]),
  ]

  @Test("The control path has the links below the one with the connection's address", arguments: paths)
  func path(path: Path) async throws {
    try await withGuestHost { host in
      try host.run("cable eth0 eth1 eth2\n" + path.setUp)
      let agent = try host.agent(connection: "\(path.address) 50000 \(path.address) 22")
      for link in path.passed + path.others {
        let order = try NetworkCase.Fault.drop(link).order()
        guard
          case .checked(let cuts, let missing) = try agent.ask(.check(try order.spec, duration: .seconds(1)))
        else {
          throw GuestFailed("the agent did not check a cut of \(link)")
        }
        #expect(missing == [], "\(link)")
        #expect(cuts == path.passed.contains(link), "\(link)")
      }
      try agent.end()
    }
  }
}
