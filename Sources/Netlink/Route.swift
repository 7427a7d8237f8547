import CNetlink

/// A route of the kernel's forwarding tables.
///
/// Attributes without a property here that can be set (metrics, preference, realms, encapsulation) are passed on
/// unchanged, so that a route that is added back equals the one that was lost.
package struct Route: Sendable, Hashable, Codable {
  /// `0.0.0.0/0` or `::/0` for a default route.
  package var destination: IPPrefix
  /// IPv6: the source prefix, for a route that depends on the packet's source.
  package var source: IPPrefix?
  /// The type-of-service byte, 0 for any.
  package var typeOfService: UInt8
  package var table: RouteTable
  /// The program that set the route (`proto`).
  package var origin: RouteOrigin
  /// The scope of the destination.
  package var scope: RouteScope
  package var type: RouteType
  /// The priority among routes to one destination, lower first. For IPv6 the kernel treats 0 as 1024.
  package var metric: UInt32
  /// The source address that the kernel prefers for packets on this route.
  package var preferredSource: IPAddress?
  /// The nexthops, in the kernel's order: none for a route that drops, several for a multipath route.
  package var nextHops: [NextHop]
  /// The id of the nexthop object (`ip nexthop`) that the route refers to. `nextHops` are then that object's, as far
  /// as the kernel shows them beside the id.
  package var nextHopID: UInt32?
  /// The seconds until an IPv6 route expires. Nil: never.
  package var expiresInSeconds: UInt32?
  /// Settings without a property here, as the kernel sent them.
  package var attributes: [RawAttribute]
  /// The numbers of attributes that this version doesn't support, so that it can't add the route again. Nil if there are
  /// none.
  var unknownAttributes: [Int]?

  /// A route; the defaults are those of a static unicast route in the main table.
  package init(
    to destination: IPPrefix, via nextHops: [NextHop], metric: UInt32 = 0, table: RouteTable = .main,
    origin: RouteOrigin = .static, scope: RouteScope = .universe, type: RouteType = .unicast,
    preferredSource: IPAddress? = nil, source: IPPrefix? = nil, typeOfService: UInt8 = 0,
    expiresInSeconds: UInt32? = nil, attributes: [RawAttribute] = []
  ) {
    self.destination = destination
    self.source = source
    self.typeOfService = typeOfService
    self.table = table
    self.origin = origin
    self.scope = scope
    self.type = type
    self.metric = metric
    self.preferredSource = preferredSource
    self.nextHops = nextHops
    self.expiresInSeconds = expiresInSeconds
    self.attributes = attributes
  }

  package var family: IPFamily { destination.family }

  /// The path MTU in bytes, if the route sets it.
  package var mtu: UInt32? {
    attributes.first { $0.type == Attribute.metrics }?.payload.bytes.withUnsafeBytes { payload in
      AttributeList(bytes: payload).first { $0.type == RTAX_MTU }?.integer(UInt32.self)
    }
  }

  /// True if packets of this route can leave through the link.
  package func uses(link index: Int32) -> Bool { nextHops.contains { $0.link == index } }
}

package struct NextHop: Sendable, Hashable, Codable {
  /// The index of the outgoing link. 0: the kernel derives it from the gateway.
  package var link: Int32
  /// The gateway. Nil: the destination is on the link itself.
  package var gateway: IPAddress?
  /// The share of the flows among the route's nexthops, 1 to 256.
  package var weight: UInt16
  /// True if the gateway is assumed to be on the link (`onlink`), even if no address's network contains it.
  package var isOnLink: Bool
  /// Settings without a property here (encapsulation, realms), as the kernel sent them.
  package var attributes: [RawAttribute]

  package init(
    link: Int32, gateway: IPAddress? = nil, weight: UInt16 = 1, isOnLink: Bool = false,
    attributes: [RawAttribute] = []
  ) {
    self.link = link
    self.gateway = gateway
    self.weight = weight
    self.isOnLink = isOnLink
    self.attributes = attributes
  }
}

extension NextHop: CustomStringConvertible {
  /// As ip-route(8) prints it, with the link's index.
  package var description: String { words { "#\($0)" } }

  fileprivate func words(naming name: (Int32) -> String) -> String {
    var text = gateway.map { "via \($0) dev \(name(link))" } ?? "dev \(name(link))"
    if weight != 1 { text += " weight \(weight)" }
    if isOnLink { text += " onlink" }
    return text
  }
}

extension Route: CustomStringConvertible {
  /// As ip-route(8) prints it, with the links' indexes.
  package var description: String { words { "#\($0)" } }

  /// The nexthops of a nexthop object can change without a change of the route, so they are omitted.
  private var shownNextHops: [NextHop] { nextHopID == nil ? nextHops : [] }

  /// As ip-route(8) prints it, with names for the links' indexes.
  package func words(naming name: (Int32) -> String) -> String {
    var text = type == .unicast ? "" : "\(type) "
    text += destination.length == 0 ? "default" : destination.description
    if let source { text += " from \(source)" }
    if let nextHopID { text += " nhid \(nextHopID)" }
    if typeOfService != 0 { text += " tos \(typeOfService)" }
    text += shownNextHops.map { (nextHops.count == 1 ? " " : " nexthop ") + $0.words(naming: name) }.joined()
    text += " table \(table) proto \(origin)"
    if family == .ipv4 { text += " scope \(scope)" }
    if metric != 0 { text += " metric \(metric)" }
    if let preferredSource { text += " src \(preferredSource)" }
    if let mtu { text += " mtu \(mtu)" }
    return text
  }
}

extension Route {
  /// RTA_… of linux/rtnetlink.h.
  enum Attribute {
    static let destination = Int(RTA_DST.rawValue)
    static let source = Int(RTA_SRC.rawValue)
    static let link = Int(RTA_OIF.rawValue)
    static let gateway = Int(RTA_GATEWAY.rawValue)
    static let gatewayOfOtherFamily = Int(RTA_VIA.rawValue)
    static let priority = Int(RTA_PRIORITY.rawValue)
    static let preferredSource = Int(RTA_PREFSRC.rawValue)
    static let metrics = Int(RTA_METRICS.rawValue)
    static let multipath = Int(RTA_MULTIPATH.rawValue)
    static let cacheInfo = Int(RTA_CACHEINFO.rawValue)
    static let table = Int(RTA_TABLE.rawValue)
    static let expires = Int(RTA_EXPIRES.rawValue)
    static let nextHopID = Int(RTA_NH_ID.rawValue)
    static let encapsulationType = Int(RTA_ENCAP_TYPE.rawValue)
    static let encapsulation = Int(RTA_ENCAP.rawValue)

    /// Settings of a route that are passed on unchanged.
    static let carriedByRoute: Set<Int> = [metrics, Int(RTA_PREF.rawValue), Int(RTA_TTL_PROPAGATE.rawValue)]
    /// Settings of a nexthop that are passed on unchanged.
    static let carriedByNextHop: Set<Int> = [
      Int(RTA_FLOW.rawValue), encapsulationType, encapsulation,
    ]
    /// Attributes that the kernel reports but that can't be set: padding, and counters of multicast routes.
    static let shown: Set<Int> = [Int(RTA_IIF.rawValue), Int(RTA_PAD.rawValue), Int(RTA_MFC_STATS.rawValue)]
  }

  /// Reads the payload of an RTM_NEWROUTE message: struct rtmsg and attributes, see rtnetlink(7).
  init?(payload: UnsafeRawBufferPointer) {
    guard let header = payload.header(rtmsg.self), let family = IPFamily(number: header.rtm_family),
      header.rtm_flags & UInt32(RTM_F_CLONED) == 0
    else { return nil }
    var destination = IPAddress.unspecified(family)
    var source: IPAddress?
    table = RouteTable(rawValue: UInt32(header.rtm_table))
    origin = RouteOrigin(rawValue: header.rtm_protocol)
    scope = RouteScope(rawValue: header.rtm_scope)
    type = RouteType(rawValue: header.rtm_type)
    typeOfService = header.rtm_tos
    metric = 0
    nextHops = []
    attributes = []
    var single = NextHop(link: 0, isOnLink: header.rtm_flags & UInt32(RTNH_F_ONLINK) != 0)
    for attribute in payload.attributes(after: rtmsg.self) {
      switch attribute.type {
      case Attribute.destination: destination = attribute.ipAddress ?? destination
      case Attribute.source: source = attribute.ipAddress
      case Attribute.table: table = RouteTable(rawValue: attribute.integer(UInt32.self) ?? table.rawValue)
      case Attribute.priority: metric = attribute.integer(UInt32.self) ?? 0
      case Attribute.preferredSource: preferredSource = attribute.ipAddress
      case Attribute.multipath:
        var unknown: [Int] = []
        nextHops = NextHop.list(in: attribute.payload, &unknown)
        if !unknown.isEmpty { unknownAttributes = (unknownAttributes ?? []) + unknown }
      case Attribute.nextHopID: nextHopID = attribute.integer(UInt32.self)
      case Attribute.cacheInfo:
        // In USER_HZ clock ticks, 100 a second on every architecture of Linux.
        if let cache = attribute.payload.header(rta_cacheinfo.self), cache.rta_expires > 0 {
          expiresInSeconds = UInt32(cache.rta_expires) / 100
        }
      case let type where Attribute.carriedByRoute.contains(type): attributes.append(RawAttribute(attribute))
      case let type where Attribute.shown.contains(type): break
      default:
        if !single.take(attribute) { unknownAttributes = (unknownAttributes ?? []) + [attribute.type] }
      }
    }
    guard let prefix = IPPrefix(destination, length: header.rtm_dst_len) else { return nil }
    self.destination = prefix
    self.source = source.flatMap { IPPrefix($0, length: header.rtm_src_len) }
    if nextHops.isEmpty, single.link != 0 || single.gateway != nil { nextHops = [single] }
  }
}

extension NextHop {
  /// Takes an attribute that describes a nexthop, inside RTA_MULTIPATH or beside it. False for any other.
  fileprivate mutating func take(_ attribute: NetlinkAttribute) -> Bool {
    switch attribute.type {
    case Route.Attribute.link: link = attribute.integer(Int32.self) ?? 0
    case Route.Attribute.gateway: gateway = attribute.ipAddress
    case Route.Attribute.gatewayOfOtherFamily:
      // struct rtvia: the family in two bytes, then the address.
      gateway = IPAddress(bytes: Array(attribute.payload.dropFirst(2)))
    case let type where Route.Attribute.carriedByNextHop.contains(type):
      attributes.append(RawAttribute(attribute))
    default: return false
    }
    return true
  }

  /// Reads RTA_MULTIPATH: a sequence of struct rtnexthop, each followed by its attributes.
  fileprivate static func list(
    in bytes: UnsafeRawBufferPointer, _ unknown: inout [Int]
  ) -> [NextHop] {
    var hops: [NextHop] = []
    var rest = bytes
    while let header = rest.header(rtnexthop.self), Int(header.rtnh_len) >= MemoryLayout<rtnexthop>.size,
      Int(header.rtnh_len) <= rest.count
    {
      var hop = NextHop(
        link: header.rtnh_ifindex, weight: UInt16(header.rtnh_hops) + 1,
        isOnLink: Int32(header.rtnh_flags) & RTNH_F_ONLINK != 0)
      let entry = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(header.rtnh_len)))
      for attribute in entry.attributes(after: rtnexthop.self) where !hop.take(attribute) {
        unknown.append(attribute.type)
      }
      hops.append(hop)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(aligned(Int(header.rtnh_len))))
    }
    return hops
  }
}
