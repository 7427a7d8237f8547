import CNetlink

/// A route of the kernel's forwarding tables.
///
/// The attributes that have no name here but can be set (metrics, preference, realms, encapsulation)
/// are carried as they came, so that a route added back is the route that was there.
package struct Route: Sendable, Hashable, Codable {
  /// Where to. `0.0.0.0/0` or `::/0` for a default route.
  package var destination: IPPrefix
  /// IPv6: from where, for a route that depends on the packet's source.
  package var source: IPPrefix?
  /// The type-of-service byte, 0 for any.
  package var typeOfService: UInt8
  /// The table that the route belongs to.
  package var table: RouteTable
  /// Who set the route.
  package var origin: RouteOrigin
  /// How far away the destination is.
  package var scope: RouteScope
  /// What the route does with a packet.
  package var type: RouteType
  /// The priority among routes to one destination, lower first. The kernel takes 0 for IPv6 as 1024.
  package var metric: UInt32
  /// The source address that the kernel prefers for packets on this route.
  package var preferredSource: IPAddress?
  /// The ways out, in the kernel's order: none for a route that drops, several for a multipath route.
  package var nextHops: [NextHop]
  /// The number of the nexthop object (`ip nexthop`) that the route refers to. `nextHops` are then that object's, as far
  /// as the kernel shows them beside the number.
  package var nextHopID: UInt32?
  /// The seconds until an IPv6 route vanishes by itself. Nil: it stays.
  package var expiresInSeconds: UInt32?
  /// Settings without a name here, as they came from the kernel.
  package var attributes: [RawAttribute]
  /// Numbers of attributes that this version does not know, so that it could not add the route back. Nil: none.
  package var unknownAttributes: [Int]?

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

  /// IPv4 or IPv6.
  package var family: IPFamily { destination.family }

  /// The path MTU in bytes that the route fixes, if it does.
  package var mtu: UInt32? {
    attributes.first { $0.type == Attribute.metrics }?.payload.bytes.withUnsafeBytes { payload in
      AttributeList(bytes: payload).first { $0.type == RTAX_MTU }?.integer(UInt32.self)
    }
  }

  /// True where packets of this route can leave by the link.
  package func uses(link index: Int32) -> Bool { nextHops.contains { $0.link == index } }
}

/// One way out of a route.
package struct NextHop: Sendable, Hashable, Codable {
  /// The index of the link to send on. 0: the kernel finds the link of the gateway.
  package var link: Int32
  /// The router. Nil: the destination is on the link itself.
  package var gateway: IPAddress?
  /// The share of the flows among the route's nexthops, 1 to 256.
  package var weight: UInt16
  /// True where the gateway is taken to be on the link, even if no address's network says so.
  package var isOnLink: Bool
  /// Settings without a name here (encapsulation, realms), as they came from the kernel.
  package var attributes: [RawAttribute]

  /// A way out by a link, a gateway, or both.
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
  /// In the words of ip-route(8), with the link's index.
  package var description: String { words { "#\($0)" } }

  fileprivate func words(naming name: (Int32) -> String) -> String {
    var text = gateway.map { "via \($0) dev \(name(link))" } ?? "dev \(name(link))"
    if weight != 1 { text += " weight \(weight)" }
    if isOnLink { text += " onlink" }
    return text
  }
}

extension Route: CustomStringConvertible {
  /// In the words of ip-route(8), with the links' indexes.
  package var description: String { words { "#\($0)" } }

  /// Those of a nexthop object change with it, without a change of the route.
  private var shownNextHops: [NextHop] { nextHopID == nil ? nextHops : [] }

  /// In the words of ip-route(8), with names for the links' indexes.
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
  /// The kernel's numbers of route attributes, RTA_… of linux/rtnetlink.h.
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

    /// Settings of a route that are carried as they are.
    static let carriedByRoute: Set<Int> = [metrics, Int(RTA_PREF.rawValue), Int(RTA_TTL_PROPAGATE.rawValue)]
    /// Settings of a nexthop that are carried as they are.
    static let carriedByNextHop: Set<Int> = [
      Int(RTA_FLOW.rawValue), encapsulationType, encapsulation,
    ]
    /// What the kernel tells of a route and nobody sets: padding, and counters of multicast routes.
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
        // In clock ticks as user space counts them, 100 a second on every architecture of Linux.
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
  /// Takes an attribute that describes a nexthop, within RTA_MULTIPATH or beside it. False for any other.
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

  /// Reads RTA_MULTIPATH: a row of struct rtnexthop, each with attributes behind it.
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
