import CNetlink

/// A network interface as the kernel shows it at one instant.
package struct Link: Sendable, Hashable, Codable {
  /// The kernel's number of the link in its network namespace. It stays when the link is renamed.
  package var index: Int32
  /// The name, at most 15 bytes.
  package var name: String
  /// Administrative and operative flags.
  package var flags: LinkFlags
  /// The operative state of RFC 2863.
  package var operativeState: OperativeState
  /// True where the driver senses a carrier. It is false for every link that is administratively down.
  package var hasCarrier: Bool
  /// The largest packet in bytes.
  package var mtu: UInt32
  /// The index of the bridge, bond or VRF that the link is a port of.
  package var master: Int32?
  /// The indexes of the links that this one is made on: one for a VLAN, macvlan or tunnel, two for HSR. Links of another
  /// namespace are left out. A veth's peer is its other end and not among them.
  package var lowers: [Int32] = []
  /// The link of another namespace that this one is made on. Nil for a veth and a tunnel, which lose nothing with it.
  package var foreignLower: ForeignLower?
  /// The index of a veth's other end, where that is in this namespace.
  package var peer: Int32?
  /// The kernel's name for what sort of virtual link it is: "veth", "bridge". Nil for hardware and lo.
  package var kind: String?
  /// The link-layer address.
  package var address: HardwareAddress?
  /// Further names, see `ip link property` in ip-link(8). The kernel takes them wherever it takes the name.
  package var alternativeNames: [String] = []
  /// True where the kernel sets the link down and up together with the one that it is made on.
  package var followsLower = false
  /// Of a bond that sends by one of its ports: which.
  package var activePort: ActivePort?
  /// True where the link, whenever it gets its carrier, waits for a program to set it operative, as one whose port asks
  /// for a password (IEEE 802.1X) does: `mode dormant` in ip-link(8).
  package var startsDormant = false
  /// What the kernel does by itself for IPv6. Nil where the link has no IPv6.
  package var ipv6: IPv6Settings?

  /// True where the link is administratively up, whatever its carrier.
  package var isUp: Bool { flags.contains(.up) }
  /// True where the kernel sends and receives by the link.
  package var isOperative: Bool { [.up, .unknown].contains(operativeState) }
}

/// The port that a bond of mode active-backup, balance-tlb or balance-alb sends by.
package struct ActivePort: Sendable, Hashable, Codable {
  /// Its number; nil while the bond has none.
  package var index: Int32?
  /// True where the bond goes back to its primary port as soon as that is there again.
  package var returnsToPrimary: Bool
}

/// A link of another network namespace that a link is made on, as a container's VLAN on one of the host's links.
package struct ForeignLower: Sendable, Hashable, Codable {
  /// Its number in its own namespace.
  package var index: Int32
  /// The number that the upper link's namespace gives to that one.
  package var namespace: Int32
  /// True where the kernel sets the upper link down and up together with it.
  package var isFollowed: Bool

  package init(index: Int32, namespace: Int32, isFollowed: Bool) {
    self.index = index
    self.namespace = namespace
    self.isFollowed = isFollowed
  }
}

/// What the kernel does by itself for IPv6 on a link.
package struct IPv6Settings: Sendable, Hashable, Codable {
  /// True where it takes addresses and routes from router advertisements.
  package var acceptsRouters: Bool
  /// How it makes a link-local address as soon as the link is ready.
  package var generation: AddressGeneration
  /// True where it makes none on this sort of link, whatever the way.
  package var isWithoutLinkLocalAddress = false
  /// The sysctl `use_tempaddr`: above 0 the kernel makes temporary addresses, below it has given up making any.
  package var temporaryAddresses: Int32?
}

/// A way in which the kernel makes a link-local address, IN6_ADDR_GEN_MODE_… of linux/if_link.h: `addrgenmode` in
/// ip-link(8).
package struct AddressGeneration: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// From the link-layer address.
  static let eui64 = AddressGeneration(rawValue: 0)
  /// Not at all.
  static let none = AddressGeneration(rawValue: 1)
}

/// The flags of a link, `IFF_…` of netdevice(7) and linux/if.h. Flags without a name here are kept.
package struct LinkFlags: OptionSet, Sendable, Hashable, Codable {
  /// The kernel's bits.
  package let rawValue: UInt32

  /// Wraps the kernel's bits.
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Administratively up.
  package static let up = LinkFlags(rawValue: 1 << 0)
  /// The link can broadcast.
  package static let broadcast = LinkFlags(rawValue: 1 << 1)
  /// The loopback link.
  package static let loopback = LinkFlags(rawValue: 1 << 3)
  /// A link with a single peer.
  package static let pointToPoint = LinkFlags(rawValue: 1 << 4)
  /// Operative: RFC 2863's state is up or unknown.
  package static let running = LinkFlags(rawValue: 1 << 6)
  /// The link asks for no neighbour's address: no ARP, no neighbour discovery.
  package static let noARP = LinkFlags(rawValue: 1 << 7)
  /// Set by a user to take packets for all addresses; a capture that runs doesn't show here.
  package static let promiscuous = LinkFlags(rawValue: 1 << 8)
  /// Set by a user to take packets for all multicast addresses.
  package static let allMulticast = LinkFlags(rawValue: 1 << 9)
  /// A port of a bond, which has no IPv6 of its own.
  static let bondPort = LinkFlags(rawValue: 1 << 11)
  /// The link can multicast.
  package static let multicast = LinkFlags(rawValue: 1 << 12)
  /// The driver signals that the layer below is up.
  package static let lowerUp = LinkFlags(rawValue: 1 << 16)
}

/// The operative state of a link, `IF_OPER_…` of linux/if.h after RFC 2863.
package enum OperativeState: UInt8, Sendable, Hashable, Codable {
  /// The driver doesn't say.
  case unknown = 0
  /// A piece of the link is missing.
  case notPresent = 1
  /// Down.
  case down = 2
  /// A link that this one is stacked on is down, or a veth's peer is.
  case lowerLayerDown = 3
  /// In a test mode.
  case testing = 4
  /// Waiting for an event, such as an authentication.
  case dormant = 5
  /// Ready to pass packets.
  case up = 6
}

/// Which link is meant. The kernel resolves a name in the same call that uses it.
package enum LinkSelector: Sendable, Hashable, CustomStringConvertible {
  /// The link with this index.
  case index(Int32)
  /// The link with this name or alternative name.
  case name(String)

  /// "link eth0" or "link #3".
  package var description: String {
    switch self {
    case .index(let index): "link #\(index)"
    case .name(let name): "link \(name)"
    }
  }
}

extension LinkFlags {
  /// What people and their tools set, in the words of ip-link(8); all else is the driver's and the cable's.
  package var settings: [String] {
    let words: [(LinkFlags, String)] = [
      (.up, "up"), (.multicast, "multicast"), (.noARP, "noarp"), (.promiscuous, "promisc"),
      (.allMulticast, "allmulticast"),
    ]
    return words.filter { contains($0.0) }.map(\.1)
  }
}

extension Link {
  /// Reads a link as it was recorded, by this version or by one that knew a single link below.
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
