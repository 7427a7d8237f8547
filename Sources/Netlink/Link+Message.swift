import CNetlink
import Glibc

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
    var lowerIndex: Int32?
    var lowerNamespace: Int32?
    var hasLooseBinding = false
    for attribute in payload.attributes(after: ifinfomsg.self) {
      switch attribute.type {
      case IFLA_IFNAME: name = attribute.text
      case IFLA_OPERSTATE:
        operativeState = attribute.integer(UInt8.self).flatMap(OperativeState.init) ?? .unknown
      // IF_LINK_MODE_DORMANT of linux/if.h.
      case IFLA_LINKMODE: startsDormant = attribute.integer(UInt8.self) == 1
      case IFLA_CARRIER: hasCarrier = attribute.integer(UInt8.self) == 1
      case IFLA_MTU: mtu = attribute.integer(UInt32.self) ?? 0
      case IFLA_MASTER: master = attribute.integer(Int32.self)
      case IFLA_LINK:
        lowerIndex = attribute.integer(Int32.self)
        addLower(attribute)
      case IFLA_LINK_NETNSID: lowerNamespace = attribute.integer(Int32.self)
      case IFLA_ADDRESS: address = HardwareAddress(bytes: Array(attribute.payload))
      case IFLA_LINKINFO: readKind(attribute.nested, &hasLooseBinding)
      case IFLA_PROP_LIST:
        alternativeNames = attribute.nested.filter { $0.type == IFLA_ALT_IFNAME }.map(\.text)
      case IFLA_AF_SPEC:
        ipv6 = attribute.nested.first { $0.type == Int(AF_INET6) }.flatMap { IPv6Settings($0.nested) }
      default: break
      }
    }
    let kind = kind ?? ""
    let follows = !hasLooseBinding && !Self.kindsThatLoseOnlyTheirCarrier.contains(kind)
    if let lowerNamespace {
      if let lowerIndex, kind != "veth", !Self.tunnels.contains(kind) {
        foreignLower = ForeignLower(index: lowerIndex, namespace: lowerNamespace, isFollowed: follows)
      }
      lowers = []
    }
    if kind == "veth" {
      peer = lowers.first
      lowers = []
    }
    followsLower = !lowers.isEmpty && follows
    // See addrconf_dev_config and addrconf_notify in net/ipv6/addrconf.c: the kernel makes none on these links.
    if Int32(header.ifi_type) != Self.ethernet || flags.contains(.bondPort) || mtu < 1280 {
      ipv6?.isWithoutLinkLocalAddress = true
    }
  }

  private mutating func addLower(_ attribute: NetlinkAttribute) {
    guard let lower = attribute.integer(Int32.self), lower != 0, lower != index, !lowers.contains(lower)
    else { return }
    lowers.append(lower)
  }

  /// Reads IFLA_LINKINFO: the kind, then the kind's own attributes.
  private mutating func readKind(_ information: AttributeList, _ hasLooseBinding: inout Bool) {
    for attribute in information {
      if attribute.type == IFLA_INFO_KIND { kind = attribute.text }
      guard attribute.type == IFLA_INFO_DATA, let kind else { continue }
      if kind == "bond" { activePort = ActivePort(attribute.nested) }
      let lowers = Self.attributesOfLowers[kind] ?? []
      for setting in attribute.nested {
        if lowers.contains(setting.type) { addLower(setting) }
        if kind == "vlan", setting.type == IFLA_VLAN_FLAGS {
          hasLooseBinding =
            (setting.payload.header(ifla_vlan_flags.self)?.flags ?? 0) & Self.looseBindingFlag != 0
        }
      }
    }
  }

  /// VLAN_FLAG_LOOSE_BINDING of linux/if_vlan.h.
  static let looseBindingFlag: UInt32 = 4

  /// ARPHRD_ETHER of linux/if_arp.h.
  private static let ethernet: Int32 = 1

  /// Kinds whose administrative state the kernel doesn't change when the link below goes down. All others are assumed
  /// to follow it, as VLANs, IPoIB children and the ports of a DSA switch do.
  private static let kindsThatLoseOnlyTheirCarrier = tunnels.union([
    "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "hsr",
  ])

  private static let tunnels: Set<String> = [
    "vxlan", "geneve", "gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan", "ipip", "sit", "ip6tnl",
    "vti", "vti6", "xfrm",
  ]

  /// The attributes of IFLA_INFO_DATA that name a link below: IFLA_VXLAN_LINK, IFLA_HSR_SLAVE1 and 2, IFLA_XFRM_LINK of
  /// linux/if_link.h; IFLA_GRE_LINK, IFLA_IPTUN_LINK, IFLA_VTI_LINK of linux/if_tunnel.h.
  private static let attributesOfLowers: [String: [Int]] = [
    "vxlan": [3], "hsr": [1, 2], "xfrm": [1], "gre": [1], "gretap": [1], "erspan": [1], "ip6gre": [1],
    "ip6gretap": [1], "ip6erspan": [1], "ipip": [1], "sit": [1], "ip6tnl": [1], "vti": [1], "vti6": [1],
  ]
}

extension ActivePort {
  /// Reads IFLA_INFO_DATA of a bond. Nil if its mode has no active port.
  fileprivate init?(_ settings: AttributeList) {
    var mode: UInt8?
    var primary: Int32?
    var reselection: UInt8 = 0
    for setting in settings {
      switch setting.type {
      case IFLA_BOND_MODE: mode = setting.integer(UInt8.self)
      case IFLA_BOND_ACTIVE_SLAVE: index = setting.integer(Int32.self)
      case IFLA_BOND_PRIMARY: primary = setting.integer(Int32.self)
      case IFLA_BOND_PRIMARY_RESELECT: reselection = setting.integer(UInt8.self) ?? 0
      default: break
      }
    }
    // BOND_MODE_ACTIVEBACKUP, BOND_MODE_TLB and BOND_MODE_ALB of linux/if_bonding.h; 0 is BOND_PRI_RESELECT_ALWAYS.
    guard let mode, [1, 5, 6].contains(mode) else { return nil }
    returnsToPrimary = primary != nil && reselection == 0
  }
}

extension IPv6Settings {
  /// Reads the AF_INET6 part of IFLA_AF_SPEC. Nil if IPv6 is disabled on the link.
  fileprivate init?(_ attributes: AttributeList) {
    var settings: [Int32] = []
    generation = .eui64
    for attribute in attributes {
      if attribute.type == IFLA_INET6_CONF {
        for offset in stride(from: 0, to: attribute.payload.count & ~3, by: 4) {
          settings.append(attribute.payload.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        }
      }
      if attribute.type == IFLA_INET6_ADDR_GEN_MODE {
        generation = AddressGeneration(rawValue: attribute.integer(UInt8.self) ?? 0)
      }
    }
    // DEVCONF_FORWARDING, DEVCONF_ACCEPT_RA, DEVCONF_USE_TEMPADDR and DEVCONF_DISABLE_IPV6 of linux/ipv6.h.
    guard settings.count > 26, settings[26] == 0 else { return nil }
    acceptsRouters = settings[3] == 2 || settings[3] == 1 && settings[0] == 0
    temporaryAddresses = settings[10]
  }
}
