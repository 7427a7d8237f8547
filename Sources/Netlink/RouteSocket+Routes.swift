import CNetlink
import Glibc

/// How to add a route if one with the same destination and metric exists.
package enum RoutePlacement: Sendable, Hashable {
  /// Fail with EEXIST.
  case exclusive
  /// Add it after the others. An IPv6 route becomes another nexthop of theirs. Fails with EEXIST only if an identical
  /// route exists.
  case behindOthers
  /// Add it before the others. For IPv4 only: IPv6 adds it after them.
  case beforeOthers
  /// Replace the first of them.
  case inPlace

  fileprivate var flags: Int32 {
    switch self {
    case .exclusive: NLM_F_CREATE | NLM_F_EXCL
    case .behindOthers: NLM_F_CREATE | NLM_F_APPEND
    case .beforeOthers: NLM_F_CREATE
    case .inPlace: NLM_F_CREATE | NLM_F_REPLACE
    }
  }
}

extension RouteSocket {
  /// The routes of all tables, IPv4 and IPv6: all, or those that send packets through a link.
  package func routes(through link: Link? = nil) throws(NetlinkError) -> [Route] {
    var routes: [Route] = []
    for family in IPFamily.allCases {
      var header = rtmsg()
      header.rtm_family = family.number
      var request = RequestMessage(RTM_GETROUTE, flags: NLM_F_DUMP, header: header)
      // A kernel with strict checking filters by this, which saves reading the rest of a large table.
      if let link { request.put(Route.Attribute.link, value: link.index) }
      let through = link.map { " through link \($0.name)" } ?? ""
      let purpose = Purpose(operation: "list", object: "\(family.rawValue) routes\(through)")
      routes += try dump(request, type: RTM_NEWROUTE, purpose) { payload in
        Route(payload: payload).flatMap { route in
          link.map { route.uses(link: $0.index) } ?? true ? route : nil
        }
      }
    }
    return routes
  }

  /// Adds a route.
  package func add(_ route: Route, _ placement: RoutePlacement = .exclusive) throws(NetlinkError) {
    let request = Self.request(RTM_NEWROUTE, flags: placement.flags, route)
    try perform(request, Purpose(operation: "add route", object: "\(route)"))
  }

  /// Deletes the one route that equals this one in every property that the kernel compares: place, scope, origin, nexthops,
  /// metrics.
  package func delete(_ route: Route) throws(NetlinkError) {
    try perform(
      Self.request(RTM_DELROUTE, flags: 0, route), Purpose(operation: "delete route", object: "\(route)"))
  }

  private static func request(_ type: Int, flags: Int32, _ route: Route) -> RequestMessage {
    var header = rtmsg()
    header.rtm_family = route.family.number
    header.rtm_dst_len = route.destination.length
    header.rtm_src_len = route.source?.length ?? 0
    header.rtm_tos = route.typeOfService
    // A table number above 255 only fits the attribute.
    header.rtm_table = UInt8(exactly: route.table.rawValue) ?? UInt8(RT_TABLE_UNSPEC.rawValue)
    header.rtm_protocol = route.origin.rawValue
    header.rtm_scope = route.scope.rawValue
    header.rtm_type = route.type.rawValue
    let hops = route.nextHopID == nil ? route.nextHops : []
    let single = hops.count == 1 && hops[0].weight == 1 ? hops[0] : nil
    if let single, single.isOnLink { header.rtm_flags = UInt32(RTNH_F_ONLINK) }

    var request = RequestMessage(type, flags: NLM_F_ACK | flags, header: header)
    if route.destination.length > 0 {
      request.put(Route.Attribute.destination, route.destination.address.bytes)
    }
    if let source = route.source { request.put(Route.Attribute.source, source.address.bytes) }
    request.put(Route.Attribute.table, value: route.table.rawValue)
    if route.metric != 0 { request.put(Route.Attribute.priority, value: route.metric) }
    if let source = route.preferredSource { request.put(Route.Attribute.preferredSource, source.bytes) }
    if let seconds = route.expiresInSeconds { request.put(Route.Attribute.expires, value: seconds) }
    if let id = route.nextHopID { request.put(Route.Attribute.nextHopID, value: id) }
    request.put(route.attributes)
    if let single {
      if single.link != 0 { request.put(Route.Attribute.link, value: single.link) }
      single.put(into: &request, family: route.family)
    } else if !hops.isEmpty {
      request.nest(Route.Attribute.multipath) { list in
        for hop in hops {
          let entry = rtnexthop(
            rtnh_len: 0, rtnh_flags: hop.isOnLink ? UInt8(RTNH_F_ONLINK) : 0,
            rtnh_hops: UInt8(clamping: Int(hop.weight) - 1), rtnh_ifindex: hop.link)
          list.nextHop(entry) { hop.put(into: &$0, family: route.family) }
        }
      }
    }
    return request
  }
}

extension NextHop {
  /// Puts all attributes except the link.
  fileprivate func put(into request: inout RequestMessage, family: IPFamily) {
    if let gateway {
      if gateway.family == family {
        request.put(Route.Attribute.gateway, gateway.bytes)
      } else {
        // struct rtvia: the family in two bytes in host byte order, then the address.
        let number = UInt16(gateway.family.number)
        request.put(
          Route.Attribute.gatewayOfOtherFamily, withUnsafeBytes(of: number) { Array($0) } + gateway.bytes)
      }
    }
    for attribute in attributes {
      // The kernel sends an encapsulation without NLA_F_NESTED, but some types require the flag.
      let isNested = attribute.type == Route.Attribute.encapsulation
      request.put(attribute.type | (isNested ? Int(NLA_F_NESTED) : 0), attribute.payload.bytes)
    }
  }
}
