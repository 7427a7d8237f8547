import CNetlink

/// How far an address or a destination reaches, `RT_SCOPE_…` of rtnetlink(7).
package struct RouteScope: RawRepresentable, Sendable, Hashable, Codable {
  /// The kernel's number.
  package let rawValue: UInt8

  /// Wraps the kernel's number.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Everywhere.
  package static let universe = RouteScope(rawValue: 0)
  /// On the link.
  package static let link = RouteScope(rawValue: 253)
  /// On this host.
  package static let host = RouteScope(rawValue: 254)
}

/// Who set a route, `RTPROT_…` of rtnetlink(7). The kernel itself only tells its own apart.
package struct RouteOrigin: RawRepresentable, Sendable, Hashable, Codable {
  /// The kernel's number.
  package let rawValue: UInt8

  /// Wraps the kernel's number.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The kernel, along with an address.
  package static let kernel = RouteOrigin(rawValue: 2)
  /// A router's advertisement, by the kernel or by a daemon that reads them in its place.
  package static let routerAdvertisement = RouteOrigin(rawValue: 9)
  /// Whoever set up the host at boot; `ip route add` without a `proto`.
  package static let boot = RouteOrigin(rawValue: 3)
  /// An administrator.
  package static let `static` = RouteOrigin(rawValue: 4)
}

/// What a route does with a packet, `RTN_…` of rtnetlink(7).
package struct RouteType: RawRepresentable, Sendable, Hashable, Codable {
  /// The kernel's number.
  package let rawValue: UInt8

  /// Wraps the kernel's number.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// It sends it on its way.
  package static let unicast = RouteType(rawValue: 1)
  /// It delivers it here.
  package static let local = RouteType(rawValue: 2)
  /// It broadcasts it on the link.
  static let broadcast = RouteType(rawValue: 3)
  /// It delivers it here, and elsewhere.
  static let anycast = RouteType(rawValue: 4)
  /// It sends it to a group.
  static let multicast = RouteType(rawValue: 5)
  /// It drops it in silence.
  package static let blackhole = RouteType(rawValue: 6)
}

/// A table of routes, `RT_TABLE_…` of rtnetlink(7).
package struct RouteTable: RawRepresentable, Sendable, Hashable, Codable {
  /// The kernel's number.
  package let rawValue: UInt32

  /// Wraps the kernel's number.
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The table of routes for which no table is given.
  package static let main = RouteTable(rawValue: 254)
  /// The kernel's own table of local and broadcast addresses.
  package static let local = RouteTable(rawValue: 255)
}

extension RouteScope: CustomStringConvertible {
  /// The name that this host gives the scope (/etc/iproute2/rt_scopes), or the number.
  package var description: String { nameOnHost(Int32(rawValue), rtnl_scope2str) }
}

extension RouteOrigin: CustomStringConvertible {
  /// The name that this host gives the origin (/etc/iproute2/rt_protos), or the number.
  package var description: String { nameOnHost(Int32(rawValue), rtnl_route_proto2str) }
}

extension RouteType: CustomStringConvertible {
  /// The type's name in ip-route(8), or the number.
  package var description: String { nameOnHost(Int32(rawValue), nl_rtntype2str) }
}

extension RouteTable: CustomStringConvertible {
  /// The name that this host gives the table (/etc/iproute2/rt_tables), or the number.
  package var description: String {
    let name = nameOnHost(Int32(bitPattern: rawValue), rtnl_route_table2str)
    // libnl gives a number without a name in hexadecimal, ip-route(8) in decimal.
    return name.hasPrefix("0x") ? String(rawValue) : name
  }
}

/// The name that libnl-route knows for a number.
private func nameOnHost(
  _ number: Int32, _ look: (Int32, UnsafeMutablePointer<CChar>?, Int) -> UnsafeMutablePointer<CChar>?
) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    look(number, buffer.baseAddress, buffer.count).map { String(cString: $0) } ?? String(number)
  }
}
