import CNetlink

extension Route {
  /// True for the kernel's own entries, of any table: it makes and drops them with the addresses of a link.
  package var followsFromAddresses: Bool {
    origin == .kernel && [.local, .broadcast, .anycast, .multicast].contains(type)
  }

  /// Without what changes by itself: lifetimes, what a nexthop object holds, and counters.
  package var settled: Route {
    var copy = self
    copy.expiresInSeconds = nil
    if nextHopID != nil { copy.nextHops = [] }
    for index in copy.nextHops.indices { copy.nextHops[index] = copy.nextHops[index].settled }
    return copy
  }

  /// Whether the kernel would show this route where it has lost a part of another one: some of its nexthops, their order,
  /// or the IPv6 source address that it preferred.
  func isPart(of whole: Route) -> Bool {
    guard nextHopID == nil, whole.nextHopID == nil, !nextHops.isEmpty else { return false }
    var same = settled
    same.nextHops = whole.settled.nextHops
    if family == .ipv6, same.preferredSource == nil { same.preferredSource = whole.preferredSource }
    guard same == whole.settled else { return false }
    // A single nexthop has no weight any more.
    let hops = nextHops.count == 1 ? nextHops.map(\.withoutWeight) : nextHops
    let wholeHops = nextHops.count == 1 ? whole.nextHops.map(\.withoutWeight) : whole.nextHops
    return hops.allSatisfy { hop in
      hops.count { $0.settled == hop.settled } <= wholeHops.count { $0.settled == hop.settled }
    }
  }

  /// What routes have in common between which the kernel chooses by their order.
  package struct Place: Hashable {
    let destination: IPPrefix
    let source: IPPrefix?
    let typeOfService: UInt8
    let table: RouteTable
    let metric: UInt32
  }

  package var place: Place {
    Place(
      destination: destination, source: source, typeOfService: typeOfService, table: table, metric: metric)
  }

  /// True where a route can be deleted and added again, so that its order can be mended: not for those that come with an
  /// address, and not for those that the kernel learned, since it would not know them again.
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
  fileprivate var settled: NextHop {
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

  /// LWTUNNEL_ENCAP_… of linux/lwtunnel.h. Nil: the nexthop encapsulates nothing.
  var encapsulationType: UInt16? {
    attributes.first { $0.type == Route.Attribute.encapsulationType }?.payload.integer
  }

  /// LWTUNNEL_ENCAP_SEG6_LOCAL of linux/lwtunnel.h.
  fileprivate static let segmentRoutingLocal: UInt16 = 7
  /// SEG6_LOCAL_COUNTERS of linux/seg6_local.h.
  private static let segmentRoutingCounters = 10
}
