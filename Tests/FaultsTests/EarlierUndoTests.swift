import FoundationEssentials
import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Testing

@testable import Faults

/// Leases that an earlier version of the agent wrote.
@Suite struct EarlierUndoTests {
  /// The record of version 0.1.0 for `link.drop` of eth0, as it was on disk.
  private static let undo = Data(
    #"""
    {"links":[{"addresses":[{"flags":128,"prefix":"10.0.0.1\/24","scope":0},{"flags":128,"prefix":"fd00::1\/64","scope":0},{"flags":128,"origin":3,"prefix":"fe80::ff:fe00:1\/64","scope":253}],"link":{"address":"02:00:00:00:00:01","flags":69699,"hasCarrier":true,"index":3,"kind":"veth","mtu":1500,"name":"eth0","operativeState":6},"neighbours":[{"address":"10.0.0.253","isProxy":false,"isRouter":false,"linkAddress":"02:00:00:00:00:fd"}],"qdiscs":[{"handle":"0:0","kind":"noqueue","parent":"root"}],"routes":[{"attributes":[],"destination":"0.0.0.0\/0","metric":0,"nextHops":[{"attributes":[],"gateway":"10.0.0.254","isOnLink":false,"link":3,"weight":1}],"origin":3,"scope":0,"table":254,"type":1,"typeOfService":0},{"attributes":[],"destination":"10.0.0.0\/24","metric":0,"nextHops":[{"attributes":[],"isOnLink":false,"link":3,"weight":1}],"origin":2,"preferredSource":"10.0.0.1","scope":253,"table":254,"type":1,"typeOfService":0},{"attributes":[{"payload":"00","type":20}],"destination":"fd00::\/64","metric":256,"nextHops":[{"attributes":[],"isOnLink":false,"link":3,"weight":1}],"origin":2,"scope":0,"table":254,"type":1,"typeOfService":0},{"attributes":[{"payload":"00","type":20}],"destination":"fe80::\/64","metric":256,"nextHops":[{"attributes":[],"isOnLink":false,"link":3,"weight":1}],"origin":2,"scope":0,"table":254,"type":1,"typeOfService":0},{"attributes":[{"payload":"00","type":20}],"destination":"::\/0","metric":1024,"nextHops":[{"attributes":[],"gateway":"fd00::fe","isOnLink":false,"link":3,"weight":1}],"origin":3,"scope":0,"table":254,"type":1,"typeOfService":0}]}]}
    """#.utf8)

  @Test(
    "This agent reverts a lease that an earlier version wrote",
    .enabled(if: getuid() == 0, "needs root: network namespaces"))
  func reverted() async throws {
    try await inNetworkNamespace {
      try run(
        "sh", "-ec",
        """
        ip link set lo up
        echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
        ip link add eth0 index 3 address 02:00:00:00:00:01 type veth peer name switch0
        ip link set eth0 up; ip link set switch0 up
        ip address add 10.0.0.1/24 dev eth0; ip address add fd00::1/64 dev eth0
        ip route add default via 10.0.0.254; ip -6 route add default via fd00::fe
        ip neighbour add 10.0.0.253 lladdr 02:00:00:00:00:fd nud permanent dev eth0
        until ip -o link show eth0 | grep -q LOWER_UP; do sleep 0.01; done
        """)
      let before = try NetworkListing.settled()
      try run("ip", "link", "set", "eth0", "down")
      #expect(try NetworkListing() != before)
      let cut = try order("link.drop", links: ["eth0"])
      #expect(try !cut.residue(Self.undo, using: Instruments()).isEmpty)
      try cut.revert(Self.undo, using: Instruments())
      let residue = try cut.residue(Self.undo, using: Instruments())
      #expect(residue == [])
      // The other end doesn't belong to the host, and its routes are in the order in which the carriers came back.
      let differences = try NetworkListing.settled().differences(from: before).filter {
        !$0.contains("switch0") && !$0.contains("proto kernel")
      }
      #expect(differences == [])
    }
  }

  @Test("This version reads an undo of the silent mode of an earlier version")
  func silent() throws {
    let text =
      String(decoding: Self.undo, as: UTF8.self).dropLast()
      + #","table":{"family":"netdev","name":"murphy_a1"}}"#
    let undo = try JSONDecoder().decode(LinkCut.Undo.self, from: Data(text.utf8))
    #expect(undo.cut.map(\.name) == ["eth0"] && undo.stack == nil && undo.table != nil)
  }
}
