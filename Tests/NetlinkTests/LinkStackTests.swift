import Testing

@testable import Netlink

/// The stack of a host's links, with kinds that the test machine's kernel may not have.
@Suite struct LinkStackTests {
  /// A link by index, named after its kind.
  private static func link(
    _ index: Int32, _ kind: String? = nil, on lowers: [Int32] = [], in master: Int32? = nil,
    follows: Bool? = nil, isUp: Bool = true
  ) -> Link {
    var link = Link(
      index: index, name: "\(kind ?? "eth")\(index)", flags: isUp ? [.up] : [], operativeState: .up,
      hasCarrier: true, mtu: 1500, master: master, kind: kind)
    link.lowers = lowers
    link.followsLower = follows ?? (kind == "vlan")
    return link
  }

  private static func stack(_ roots: Set<Int32>, _ links: [Link]) -> [String] {
    LinkStack(cutting: roots, among: links).entries.map { "\($0.link.name) \($0.loss)" }
  }

  @Test("VLANs go down with their link at any depth, and other links don't")
  func vlans() {
    let links = [
      Self.link(1), Self.link(2), Self.link(3, "vlan", on: [1]), Self.link(4, "vlan", on: [3]),
      Self.link(5, "vlan", on: [1], isUp: false), Self.link(6, "vlan", on: [2]),
    ]
    #expect(
      Self.stack([1], links) == [
        "eth1 everything", "vlan3 everything", "vlan4 everything", "vlan5 everything",
      ])
  }

  @Test("The peer of a veth loses its carrier, and so do the links on it")
  func peers() {
    var links = [
      Self.link(1, "veth"), Self.link(2, "veth"), Self.link(3, "vlan", on: [2]), Self.link(4),
    ]
    links[0].peer = 2
    links[1].peer = 1
    #expect(Self.stack([1], links) == ["veth1 everything", "veth2 carrier", "vlan3 carrier"])
    #expect(Self.stack([3], links) == ["vlan3 everything"])
  }

  @Test("A VLAN with loose binding, a macvlan and a tunnel only lose their carrier")
  func carriers() {
    let links = [
      Self.link(1), Self.link(2, "vlan", on: [1], follows: false), Self.link(3, "macvlan", on: [1]),
      Self.link(4, "vxlan", on: [1]), Self.link(5, "vlan", on: [3]),
    ]
    #expect(
      Self.stack([1], links)
        == ["eth1 everything", "vlan2 carrier", "macvlan3 carrier", "vxlan4 carrier", "vlan5 carrier"])
  }

  @Test("Bonds, bridges and VRFs lose their carrier with a port, and so do the links on them")
  func masters() {
    let links = [
      // The kernel lists links by index, not by dependency.
      Self.link(1, "vrf"), Self.link(2, "bridge", in: 1), Self.link(3, "vlan", on: [4], in: 2),
      Self.link(4, "bond"), Self.link(5, in: 4), Self.link(6, in: 4), Self.link(7, "vlan", on: [5]),
    ]
    #expect(
      Self.stack([5], links)
        == [
          "eth5 everything", "bond4 carrier", "vlan3 carrier", "bridge2 carrier", "vrf1 carrier",
          "vlan7 everything",
        ]
    )
    #expect(Self.stack([5, 6], links).filter { $0.hasSuffix("everything") }.count == 3)
  }

  @Test("A link with two reasons loses everything if one of them demands it")
  func worstLossCounts() {
    let links = [
      Self.link(1, "vlan", on: [2]), Self.link(2), Self.link(3, "hsr", on: [1, 2]),
      Self.link(4, "macvlan", on: [1]),
    ]
    for roots: Set<Int32> in [[1, 2], [2]] {
      #expect(
        Self.stack(roots, links) == [
          "eth2 everything", "vlan1 everything", "hsr3 carrier", "macvlan4 carrier",
        ])
    }
  }

  @Test("Links are ordered by dependency, not by name or index")
  func dependencyOrder() {
    let data = Self.link(1, "vlan", on: [9])
    #expect(Self.stack([1, 9], [data, Self.link(9)]) == ["eth9 everything", "vlan1 everything"])
  }

  @Test("A cycle of links, which the kernel can't build, doesn't loop forever")
  func circle() {
    #expect(Self.stack([1], [Self.link(1, on: [2]), Self.link(2, on: [1])]).count == 2)
  }

  @Test("Routes whose encapsulation runs a BPF program are named as lost")
  func losses() throws {
    var state = NetworkState(links: [Self.link(1), Self.link(2)])
    // RTA_ENCAP_TYPE: LWTUNNEL_ENCAP_BPF is lost, LWTUNNEL_ENCAP_MPLS is not. See linux/lwtunnel.h.
    for (index, kind) in [(Int32(1), UInt8(6)), (1, 1), (2, 6)] {
      let hop = NextHop(
        link: index, attributes: [RawAttribute(type: 21, payload: Octets([kind, 0]))])
      state.routes.append(Route(to: try #require(IPPrefix("10.\(kind).\(index).0/24")), via: [hop]))
    }
    let losses = StackSnapshot(cutting: [1], in: state).losses
    #expect(losses.count == 1)
    #expect(losses.first?.hasPrefix("route 10.6.1.0/24 ") == true)
    #expect(losses.first?.contains("BPF") == true)
  }
}
