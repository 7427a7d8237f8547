import CNetlink

/// The scope of an address or a destination, `RT_SCOPE_…` of rtnetlink(7).
package struct RouteScope: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let universe = RouteScope(rawValue: 0)
  package static let link = RouteScope(rawValue: 253)
  package static let host = RouteScope(rawValue: 254)
}

/// The program that set a route, `RTPROT_…` of rtnetlink(7). The kernel distinguishes only its own.
package struct RouteOrigin: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The kernel, together with an address.
  package static let kernel = RouteOrigin(rawValue: 2)
  /// A router advertisement, handled by the kernel or by a daemon.
  package static let routerAdvertisement = RouteOrigin(rawValue: 9)
  /// The boot configuration; the default of `ip route add` without `proto`.
  package static let boot = RouteOrigin(rawValue: 3)
  package static let `static` = RouteOrigin(rawValue: 4)
}

/// What a route does with a packet, `RTN_…` of rtnetlink(7).
package struct RouteType: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Forward.
  package static let unicast = RouteType(rawValue: 1)
  /// Deliver locally.
  package static let local = RouteType(rawValue: 2)
  /// Broadcast on the link.
  static let broadcast = RouteType(rawValue: 3)
  /// Deliver locally, as one of several hosts.
  static let anycast = RouteType(rawValue: 4)
  /// Forward to a multicast group.
  static let multicast = RouteType(rawValue: 5)
  /// Drop without an ICMP error.
  package static let blackhole = RouteType(rawValue: 6)
}

/// A table of routes, `RT_TABLE_…` of rtnetlink(7).
package struct RouteTable: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The default table.
  package static let main = RouteTable(rawValue: 254)
  /// The kernel's own table of local and broadcast addresses.
  package static let local = RouteTable(rawValue: 255)
}

extension RouteScope: CustomStringConvertible {
  /// The name in /etc/iproute2/rt_scopes, or the number.
  package var description: String { nameOnHost(Int32(rawValue), rtnl_scope2str) }
}

extension RouteOrigin: CustomStringConvertible {
  /// The name in /etc/iproute2/rt_protos, or the number.
  package var description: String { nameOnHost(Int32(rawValue), rtnl_route_proto2str) }
}

extension RouteType: CustomStringConvertible {
  /// The type's name in ip-route(8), or the number.
  package var description: String { nameOnHost(Int32(rawValue), nl_rtntype2str) }
}

extension RouteTable: CustomStringConvertible {
  /// The name in /etc/iproute2/rt_tables, or the number.
  package var description: String {
    let name = nameOnHost(Int32(bitPattern: rawValue), rtnl_route_table2str)
    // libnl prints a number without a name in hexadecimal, ip-route(8) in decimal.
    return name.hasPrefix("0x") ? String(rawValue) : name
  }
}

/// The name that libnl-route has for a number.
private func nameOnHost(
  _ number: Int32, _ look: (Int32, UnsafeMutablePointer<CChar>?, Int) -> UnsafeMutablePointer<CChar>?
) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    look(number, buffer.baseAddress, buffer.count).map { String(cString: $0) } ?? String(number)
  }
}
