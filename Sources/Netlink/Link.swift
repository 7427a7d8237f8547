import CNetlink

/// A network interface as the kernel shows it at one instant.
public struct Link: Sendable, Hashable, Codable {
  /// The kernel's number of the link in its network namespace. It stays when the link is renamed.
  public var index: Int32
  /// The name, at most 15 bytes.
  public var name: String
  /// Administrative and operative flags.
  public var flags: LinkFlags
  /// The operative state of RFC 2863.
  public var operativeState: OperativeState
  /// True where the driver senses a carrier. It is false for every link that is administratively down.
  public var hasCarrier: Bool
  /// The largest packet in bytes.
  public var mtu: UInt32
  /// The index of the bridge, bond or VRF that the link is a port of.
  public var master: Int32?
  /// The index of the link that this one stands on, as a VLAN does; nil where there is none in this namespace. A veth's
  /// peer is at its other end, not below it.
  public var below: Int32?
  /// The kernel's name for what sort of virtual link it is: "veth", "bridge". Nil for hardware and lo.
  public var kind: String?
  /// The link-layer address.
  public var address: HardwareAddress?

  /// True where the link is administratively up, whatever its carrier.
  public var isUp: Bool { flags.contains(.up) }
}

/// The flags of a link, `IFF_…` of netdevice(7) and linux/if.h. Flags without a name here are kept.
public struct LinkFlags: OptionSet, Sendable, Hashable, Codable {
  /// The kernel's bits.
  public let rawValue: UInt32

  /// Wraps the kernel's bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Administratively up.
  public static let up = LinkFlags(rawValue: 1 << 0)
  /// The link can broadcast.
  public static let broadcast = LinkFlags(rawValue: 1 << 1)
  /// The loopback link.
  public static let loopback = LinkFlags(rawValue: 1 << 3)
  /// A link with a single peer.
  public static let pointToPoint = LinkFlags(rawValue: 1 << 4)
  /// Operative: RFC 2863's state is up or unknown.
  public static let running = LinkFlags(rawValue: 1 << 6)
  /// The link asks for no neighbour's address: no ARP, no neighbour discovery.
  public static let noARP = LinkFlags(rawValue: 1 << 7)
  /// Somebody set the link to take packets for all addresses; a capture that runs doesn't show here.
  public static let promiscuous = LinkFlags(rawValue: 1 << 8)
  /// Somebody set the link to take packets for all multicast addresses.
  public static let allMulticast = LinkFlags(rawValue: 1 << 9)
  /// The link can multicast.
  public static let multicast = LinkFlags(rawValue: 1 << 12)
  /// The driver signals that the layer below is up.
  public static let lowerUp = LinkFlags(rawValue: 1 << 16)
}

/// The operative state of a link, `IF_OPER_…` of linux/if.h after RFC 2863.
public enum OperativeState: UInt8, Sendable, Hashable, Codable {
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
public enum LinkSelector: Sendable, Hashable, CustomStringConvertible {
  /// The link with this index.
  case index(Int32)
  /// The link with this name.
  case name(String)

  /// "link eth0" or "link #3".
  public var description: String {
    switch self {
    case .index(let index): "link #\(index)"
    case .name(let name): "link \(name)"
    }
  }
}

extension LinkFlags {
  /// What people and their tools set, in the words of ip-link(8); all else is the driver's and the cable's.
  public var settings: [String] {
    let words: [(LinkFlags, String)] = [
      (.up, "up"), (.multicast, "multicast"), (.noARP, "noarp"), (.promiscuous, "promisc"),
      (.allMulticast, "allmulticast"),
    ]
    return words.filter { contains($0.0) }.map(\.1)
  }
}

extension Link {
  /// Reads the payload of an RTM_NEWLINK message: struct ifinfomsg and attributes, see rtnetlink(7).
  init?(payload: UnsafeRawBufferPointer) {
    guard let header = payload.header(ifinfomsg.self) else { return nil }
    index = header.ifi_index
    flags = LinkFlags(rawValue: header.ifi_flags)
    name = ""
    operativeState = .unknown
    hasCarrier = false
    mtu = 0
    var isElsewhere = false
    for attribute in payload.attributes(after: ifinfomsg.self) {
      switch attribute.type {
      case IFLA_IFNAME: name = attribute.text
      case IFLA_OPERSTATE:
        operativeState = attribute.integer(UInt8.self).flatMap(OperativeState.init) ?? .unknown
      case IFLA_CARRIER: hasCarrier = attribute.integer(UInt8.self) == 1
      case IFLA_MTU: mtu = attribute.integer(UInt32.self) ?? 0
      case IFLA_MASTER: master = attribute.integer(Int32.self)
      case IFLA_LINK: below = attribute.integer(Int32.self)
      case IFLA_LINK_NETNSID: isElsewhere = true
      case IFLA_ADDRESS: address = HardwareAddress(bytes: Array(attribute.payload))
      case IFLA_LINKINFO: kind = attribute.nested.first { $0.type == IFLA_INFO_KIND }?.text
      default: break
      }
    }
    if isElsewhere || kind == "veth" || below == 0 { below = nil }
  }
}
