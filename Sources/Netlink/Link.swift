import CNetlink

/// A network interface as the kernel reports it at one instant.
package struct Link: Sendable, Hashable, Codable {
  /// The kernel's index of the link in its network namespace. Renaming doesn't change it.
  package var index: Int32
  /// The name, at most 15 bytes.
  package var name: String
  /// Administrative and operational flags.
  package var flags: LinkFlags
  /// The operational state of RFC 2863.
  package var operativeState: OperativeState
  /// True if the driver detects a carrier. False for every link that is administratively down.
  package var hasCarrier: Bool
  package var mtu: UInt32
  /// The index of the bridge, bond or VRF that the link is a port of.
  package var master: Int32?
  /// The indexes of the links that this one is stacked on: one for a VLAN, macvlan or tunnel, two for HSR. Links of
  /// another namespace are left out, and so is a veth's peer.
  package var lowers: [Int32] = []
  /// The link of another namespace that this one is stacked on. Nil for a veth and a tunnel, which lose nothing with
  /// it.
  package var foreignLower: ForeignLower?
  /// The index of a veth's peer, if that is in this namespace.
  package var peer: Int32?
  /// The kernel's name for the kind of virtual link: "veth", "bridge". Nil for hardware and lo.
  package var kind: String?
  package var address: HardwareAddress?
  /// Further names, see `ip link property` in ip-link(8). The kernel accepts them wherever it accepts the name.
  package var alternativeNames: [String] = []
  /// True if the kernel sets the link down and up together with the link below.
  package var followsLower = false
  /// The active port of a bond that sends through one port at a time.
  package var activePort: ActivePort?
  /// True if the link, whenever it gets its carrier, waits for a program to set it operational, as a port with IEEE
  /// 802.1X authentication does: `mode dormant` in ip-link(8).
  var startsDormant = false
  /// What the kernel does automatically for IPv6. Nil if the link has no IPv6.
  package var ipv6: IPv6Settings?

  /// True if the link is administratively up, with or without a carrier.
  package var isUp: Bool { flags.contains(.up) }
  /// True if the kernel sends and receives through the link.
  var isOperative: Bool { [.up, .unknown].contains(operativeState) }
}

/// The port that a bond of mode active-backup, balance-tlb or balance-alb sends through.
package struct ActivePort: Sendable, Hashable, Codable {
  /// Its index; nil while the bond has none.
  package var index: Int32?
  /// True if the bond switches back to its primary port as soon as that is up again.
  package var returnsToPrimary: Bool
}

/// A link of another network namespace that a link is stacked on, for example the host's link below a container's
/// VLAN.
package struct ForeignLower: Sendable, Hashable, Codable {
  /// Its index in its own namespace.
  package var index: Int32
  /// The id that the upper link's namespace has for that namespace (netnsid).
  package var namespace: Int32
  /// True if the kernel sets the upper link down and up together with it.
  package var isFollowed: Bool

  package init(index: Int32, namespace: Int32, isFollowed: Bool) {
    self.index = index
    self.namespace = namespace
    self.isFollowed = isFollowed
  }
}

/// What the kernel does automatically for IPv6 on a link.
package struct IPv6Settings: Sendable, Hashable, Codable {
  /// True if it accepts addresses and routes from router advertisements.
  var acceptsRouters: Bool
  /// How it generates a link-local address once the link is ready.
  package var generation: AddressGeneration
  /// True if it generates none on this kind of link in any mode.
  var isWithoutLinkLocalAddress = false
  /// The sysctl `use_tempaddr`: above 0 the kernel makes temporary addresses; below 0 it has given up.
  package var temporaryAddresses: Int32?
}

/// How the kernel generates a link-local address, IN6_ADDR_GEN_MODE_… of linux/if_link.h: `addrgenmode` in
/// ip-link(8).
package struct AddressGeneration: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  static let eui64 = AddressGeneration(rawValue: 0)
  static let none = AddressGeneration(rawValue: 1)
}

/// The flags of a link, `IFF_…` of netdevice(7) and linux/if.h. Unnamed flags are kept.
package struct LinkFlags: OptionSet, Sendable, Hashable, Codable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let up = LinkFlags(rawValue: 1 << 0)
  package static let broadcast = LinkFlags(rawValue: 1 << 1)
  package static let loopback = LinkFlags(rawValue: 1 << 3)
  /// A point-to-point link.
  package static let pointToPoint = LinkFlags(rawValue: 1 << 4)
  /// Operational: RFC 2863's state is up or unknown.
  package static let running = LinkFlags(rawValue: 1 << 6)
  /// The link resolves no neighbours: no ARP, no neighbour discovery.
  package static let noARP = LinkFlags(rawValue: 1 << 7)
  /// Promiscuous mode that a user set; a running capture isn't shown here.
  package static let promiscuous = LinkFlags(rawValue: 1 << 8)
  /// Reception of all multicast that a user set.
  package static let allMulticast = LinkFlags(rawValue: 1 << 9)
  /// A port of a bond, which has no own IPv6.
  static let bondPort = LinkFlags(rawValue: 1 << 11)
  package static let multicast = LinkFlags(rawValue: 1 << 12)
  /// The driver reports that the layer below is up.
  package static let lowerUp = LinkFlags(rawValue: 1 << 16)
}

/// The operational state of a link, `IF_OPER_…` of linux/if.h after RFC 2863.
package enum OperativeState: UInt8, Sendable, Hashable, Codable {
  /// The driver doesn't report it.
  case unknown = 0
  /// A component of the link is missing.
  case notPresent = 1
  case down = 2
  /// The link below is down, or a veth's peer is.
  case lowerLayerDown = 3
  case testing = 4
  /// Waiting for an event, such as an authentication.
  case dormant = 5
  /// Ready to pass packets.
  case up = 6
}

/// Selects a link. The kernel resolves a name in the same call that uses it.
package enum LinkSelector: Sendable, Hashable, CustomStringConvertible {
  case index(Int32)
  case name(String)

  package var description: String {
    switch self {
    case .index(let index): "link #\(index)"
    case .name(let name): "link \(name)"
    }
  }
}

extension LinkFlags {
  /// The settings of administrators and tools, as ip-link(8) prints them. The rest comes from the driver and the
  /// cable.
  package var settings: [String] {
    let words: [(LinkFlags, String)] = [
      (.up, "up"), (.multicast, "multicast"), (.noARP, "noarp"), (.promiscuous, "promisc"),
      (.allMulticast, "allmulticast"),
    ]
    return words.filter { contains($0.0) }.map(\.1)
  }
}

extension Link {
  /// Reads a link from a record of this version, or of one that recorded a single link below.
  package init(from decoder: any Decoder) throws {
    enum Earlier: String, CodingKey { case below }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    index = try container.decode(Int32.self, forKey: .index)
    name = try container.decode(String.self, forKey: .name)
    flags = try container.decode(LinkFlags.self, forKey: .flags)
    operativeState = try container.decode(OperativeState.self, forKey: .operativeState)
    hasCarrier = try container.decode(Bool.self, forKey: .hasCarrier)
    mtu = try container.decode(UInt32.self, forKey: .mtu)
    master = try container.decodeIfPresent(Int32.self, forKey: .master)
    kind = try container.decodeIfPresent(String.self, forKey: .kind)
    address = try container.decodeIfPresent(HardwareAddress.self, forKey: .address)
    let below = try decoder.container(keyedBy: Earlier.self).decodeIfPresent(Int32.self, forKey: .below)
    lowers = try container.decodeIfPresent([Int32].self, forKey: .lowers) ?? below.map { [$0] } ?? []
    foreignLower = try container.decodeIfPresent(ForeignLower.self, forKey: .foreignLower)
    peer = try container.decodeIfPresent(Int32.self, forKey: .peer)
    alternativeNames = try container.decodeIfPresent([String].self, forKey: .alternativeNames) ?? []
    followsLower = try container.decodeIfPresent(Bool.self, forKey: .followsLower) ?? !lowers.isEmpty
    activePort = try container.decodeIfPresent(ActivePort.self, forKey: .activePort)
    startsDormant = try container.decodeIfPresent(Bool.self, forKey: .startsDormant) ?? false
    ipv6 = try container.decodeIfPresent(IPv6Settings.self, forKey: .ipv6)
  }
}
