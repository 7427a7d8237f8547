import CNetlink

/// An IP address on a link.
package struct InterfaceAddress: Sendable, Hashable, Codable {
  /// The address and the length of its network.
  package var prefix: IPPrefix
  /// The other end, on a point-to-point link.
  package var peer: IPAddress?
  /// The network's broadcast address; IPv4 only.
  package var broadcast: IPAddress?
  /// The scope in which the address is valid.
  package var scope: RouteScope
  /// Flags as the kernel shows them.
  package var flags: AddressFlags
  /// The IPv4 label ("eth0:1") if it differs from the link's name.
  package var label: String?
  /// The seconds for which the address is still valid. Nil: forever.
  package var validSeconds: UInt32?
  /// The seconds for which the address is still preferred. Nil: forever.
  package var preferredSeconds: UInt32?
  /// The metric of the address's prefix route, if one was given.
  package var routeMetric: UInt32?
  /// The origin of the address (IFA_PROTO, Linux 5.18 or later), if known.
  package var origin: UInt8?

  /// An address that is valid forever.
  package init(
    _ prefix: IPPrefix, peer: IPAddress? = nil, broadcast: IPAddress? = nil, scope: RouteScope = .universe,
    flags: AddressFlags = [], label: String? = nil, validSeconds: UInt32? = nil,
    preferredSeconds: UInt32? = nil, routeMetric: UInt32? = nil, origin: UInt8? = nil
  ) {
    self.prefix = prefix
    self.peer = peer
    self.broadcast = broadcast
    self.scope = scope
    self.flags = flags
    self.label = label
    self.validSeconds = validSeconds
    self.preferredSeconds = preferredSeconds
    self.routeMetric = routeMetric
    self.origin = origin
  }
}

/// The flags of an address, `IFA_F_…` of linux/if_addr.h. Unnamed flags are kept.
package struct AddressFlags: OptionSet, Sendable, Hashable, Codable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// IPv4: not the first address of its network on the link.
  package static let secondary = AddressFlags(rawValue: 0x01)
  /// IPv6: a temporary (privacy) address that the kernel made. The same bit as `secondary`.
  package static let temporary = AddressFlags(rawValue: 0x01)
  /// IPv6: usable at once, without duplicate address detection.
  package static let noDuplicateDetection = AddressFlags(rawValue: 0x02)
  /// IPv6: usable while duplicate address detection still runs.
  package static let optimistic = AddressFlags(rawValue: 0x04)
  /// IPv6: another host has the address.
  package static let duplicateDetected = AddressFlags(rawValue: 0x08)
  /// Its preferred lifetime is over.
  package static let deprecated = AddressFlags(rawValue: 0x20)
  /// IPv6: duplicate address detection still runs; the address can't be used yet.
  package static let tentative = AddressFlags(rawValue: 0x40)
  /// Valid forever.
  package static let permanent = AddressFlags(rawValue: 0x80)
  /// The kernel makes no prefix route for the address.
  package static let noPrefixRoute = AddressFlags(rawValue: 0x200)

  /// IPv6: the kernel makes temporary addresses for it, see use_tempaddr in the kernel's ip-sysctl.rst.
  static let managesTemporary = AddressFlags(rawValue: 0x100)
  /// IPv6: generated from the link's secret, see stable_secret in the kernel's ip-sysctl.rst.
  static let stablePrivacy = AddressFlags(rawValue: 0x800)

  /// Flags that the kernel sets and clears by itself.
  static let transient: AddressFlags = [.optimistic, .deprecated, .tentative]
  /// Flags that a request can set: NODAD, HOMEADDRESS, MANAGETEMPADDR, NOPREFIXROUTE, MCAUTOJOIN.
  static let settable = AddressFlags(rawValue: 0x02 | 0x10 | 0x100 | 0x200 | 0x400)
}

extension InterfaceAddress: CustomStringConvertible {
  /// As ip-address(8) prints it.
  package var description: String {
    var text = prefix.description
    if let peer { text += " peer \(peer)" }
    if let broadcast { text += " brd \(broadcast)" }
    text += " scope \(scope)"
    if flags.contains(.noPrefixRoute) { text += " noprefixroute" }
    if prefix.family == .ipv6, flags.contains(.noDuplicateDetection) { text += " nodad" }
    if prefix.family == .ipv6, flags.contains(.managesTemporary) { text += " mngtmpaddr" }
    if flags.contains(.duplicateDetected) { text += " dadfailed" }
    if let label { text += " label \(label)" }
    if let routeMetric { text += " metric \(routeMetric)" }
    return text
  }
}

extension InterfaceAddress {
  /// Reads the payload of an RTM_NEWADDR message: struct ifaddrmsg and attributes, see rtnetlink(7).
  init?(payload: UnsafeRawBufferPointer, linkName: String?) {
    guard let header = payload.header(ifaddrmsg.self), let family = IPFamily(number: header.ifa_family)
    else { return nil }
    var local: IPAddress?
    var address: IPAddress?
    scope = RouteScope(rawValue: header.ifa_scope)
    flags = AddressFlags(rawValue: UInt32(header.ifa_flags))
    for attribute in payload.attributes(after: ifaddrmsg.self) {
      switch attribute.type {
      case IFA_LOCAL: local = attribute.ipAddress
      case IFA_ADDRESS: address = attribute.ipAddress
      case IFA_BROADCAST: broadcast = attribute.ipAddress
      case IFA_FLAGS: flags = AddressFlags(rawValue: attribute.integer(UInt32.self) ?? flags.rawValue)
      case IFA_LABEL: label = attribute.text == linkName ? nil : attribute.text
      case IFA_RT_PRIORITY: routeMetric = attribute.integer(UInt32.self)
      case IFA_PROTO: origin = attribute.integer(UInt8.self)
      case IFA_CACHEINFO:
        guard let lifetimes = attribute.payload.header(ifa_cacheinfo.self) else { break }
        validSeconds = lifetimes.ifa_valid == .max ? nil : lifetimes.ifa_valid
        preferredSeconds = lifetimes.ifa_prefered == .max ? nil : lifetimes.ifa_prefered
      default: break
      }
    }
    // IPv6 gives IFA_LOCAL only together with a peer; IPv4 always gives both.
    guard let own = local ?? address, own.family == family,
      let prefix = IPPrefix(own, length: header.ifa_prefixlen)
    else { return nil }
    self.prefix = prefix
    peer = address == own ? nil : address
  }
}
