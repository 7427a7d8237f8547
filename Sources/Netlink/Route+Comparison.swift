import CNetlink

extension Route {
  /// True for the kernel's own entries, in any table: it adds and removes them with the addresses of a link.
  package var followsFromAddresses: Bool {
    origin == .kernel && [.local, .broadcast, .anycast, .multicast].contains(type)
  }

  /// The route without what changes by itself: lifetimes, the nexthops of a nexthop object, and counters.
  package var normalized: Route {
    var copy = self
    copy.expiresInSeconds = nil
    if nextHopID != nil { copy.nextHops = [] }
    for index in copy.nextHops.indices { copy.nextHops[index] = copy.nextHops[index].normalized }
    return copy
  }

  /// Whether this route is how the kernel would show `whole` after it lost a part: some of its nexthops, their order,
  /// or its preferred IPv6 source address.
  func isPart(of whole: Route) -> Bool {
    guard nextHopID == nil, whole.nextHopID == nil, !nextHops.isEmpty else { return false }
    var same = normalized
    same.nextHops = whole.normalized.nextHops
    if family == .ipv6, same.preferredSource == nil { same.preferredSource = whole.preferredSource }
    guard same == whole.normalized else { return false }
    // A single nexthop has no weight.
    let hops = nextHops.count == 1 ? nextHops.map(\.withoutWeight) : nextHops
    let wholeHops = nextHops.count == 1 ? whole.nextHops.map(\.withoutWeight) : whole.nextHops
    return hops.allSatisfy { hop in
      hops.count { $0.normalized == hop.normalized } <= wholeHops.count { $0.normalized == hop.normalized }
    }
  }

  /// The key of routes among which the kernel chooses by their order.
  package struct Place: Hashable {
    let destination: IPPrefix
    let source: IPPrefix?
    let typeOfService: UInt8
    let table: RouteTable
    let metric: UInt32

    /// As ip-route(8) prints it.
    package var words: String {
      "\(destination)" + (source.map { " from \($0)" } ?? "")
        + " tos \(typeOfService) table \(table) metric \(metric)"
    }
  }

  /// Whether the order of routes to one destination decides anything. It doesn't for destinations that require a
  /// link.
  package var hasOrder: Bool { !destination.address.isOfLinkScope }

  package var place: Place {
    Place(
      destination: destination, source: source, typeOfService: typeOfService, table: table, metric: metric)
  }

  /// True if the route can be deleted and added again to restore its order. False for routes that come with an
  /// address, and for learned ones, since the kernel would no longer treat them as learned.
  var canBeReordered: Bool {
    switch origin {
    case .kernel: type != .local && type != .anycast && expiresInSeconds == nil
    case .routerAdvertisement: false
    default: true
    }
  }
}

extension NextHop {
  fileprivate var withoutWeight: NextHop {
    var copy = self
    copy.weight = 1
    return copy
  }

  /// Without the counters that an SRv6 behaviour keeps among its settings.
  fileprivate var normalized: NextHop {
    guard encapsulationType == Self.segmentRoutingLocal else { return self }
    var copy = self
    copy.attributes = attributes.map { attribute in
      guard attribute.type == Route.Attribute.encapsulation else { return attribute }
      return attribute.payload.bytes.withUnsafeBytes { bytes in
        RawAttribute(
          type: attribute.type,
          nesting: AttributeList(bytes: bytes).filter { $0.type != Self.segmentRoutingCounters })
      }
    }
    return copy
  }

  /// LWTUNNEL_ENCAP_… of linux/lwtunnel.h. Nil: no encapsulation.
  var encapsulationType: UInt16? {
    attributes.first { $0.type == Route.Attribute.encapsulationType }?.payload.integer
  }

  /// LWTUNNEL_ENCAP_SEG6_LOCAL of linux/lwtunnel.h.
  fileprivate static let segmentRoutingLocal: UInt16 = 7
  /// SEG6_LOCAL_COUNTERS of linux/seg6_local.h.
  private static let segmentRoutingCounters = 10
}
