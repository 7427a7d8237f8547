import Faults
import Glibc
import HostTesting
import Journal
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// Two leases of one agent on links that share routes, or of which one is on top of the other.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct SharedLinksSerialTests {
  /// Routes over eth0 and eth1, and a macvlan on eth0.
  private static let setUp = """
    ip -6 route add default nexthop via fd00:0::fe nexthop via fd00:1::fe
    ip route del default
    ip route add default nexthop via 10.0.0.254 weight 2 nexthop via 10.0.1.254
    ip nexthop add id 10 via 10.0.0.253 dev eth0
    ip nexthop add id 11 via 10.0.1.253 dev eth1
    ip nexthop add id 20 group 10/11,3
    ip route add 10.7.0.0/16 nhid 20
    ip link add link eth0 name mac0 type macvlan
    ip link set mac0 up
    ip address add fd00:7::1/64 dev mac0 nodad
    ip address add fd00:7::2/64 dev mac0 nodad
    until ip -o link show mac0 | grep -q LOWER_UP; do sleep 0.01; done
    """

  @Test(
    "Two leases on the same links end in any order, and the last one restores the original state",
    arguments: [["eth0", "eth1"], ["eth1", "eth0"], ["mac0", "eth0"], ["eth0", "mac0"]], [false, true])
  func twoLeases(links: [String], isArmedLater: Bool) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try run("sh", "-euc", Self.setUp)
      let before = try NetworkListing.settled()
      try AgentHost.run { host in
        let agent = try host.agent()
        func lease(_ link: String) -> String { "lease_\(link)" }
        func arm(_ link: String) throws {
          let drop = try order("link.drop", links: [link])
          try agent.reply(
            to: .arm(lease: lease(link), order: try drop.spec, begins: .seconds(30), duration: .seconds(60))
          ).armed()
        }
        if !isArmedLater { for link in links { try arm(link) } }
        for link in links {
          if isArmedLater { try arm(link) }
          _ = try agent.reply(to: .inject(lease: lease(link))).effective()
          usleep(50_000)
        }
        for link in links {
          let revert = try agent.reply(to: .revert(lease: lease(link))).reverted()
          #expect(revert.residue == [])
        }
        let differences = try NetworkListing.settled().differences(from: before)
        #expect(differences == [], "\(differences.joined(separator: "\n"))")
      }
    }
  }
}
