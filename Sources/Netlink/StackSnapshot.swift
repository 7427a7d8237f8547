/// The state that the kernel drops when some links go down, of those links and of all links on top of them.
///
/// It can be written to disk as JSON before a link is cut, and another process can restore it. It doesn't include state
/// that the kernel makes or learns again by itself: its own routes, temporary and stable-privacy IPv6 addresses, routes
/// and addresses from router advertisements, and neighbours that it resolved.
package struct StackSnapshot: Sendable, Hashable, Codable {
  /// A link of the stack.
  package struct Entry: Sendable, Hashable, Codable {
    package var link: Link
    package var loss: LinkStack.Loss
    /// IPv4 addresses stay on a link that is down. They are recorded to identify the routes that follow from them.
    package var addresses: [InterfaceAddress]
    package var qdiscs: [Qdisc]
    package var neighbours: [Neighbour]
    /// True if the kernel would make another link-local address when the link comes up: the one that it had made was
    /// deleted, or was derived from a link-layer address that has changed since.
    var gainsLinkLocalAddress: Bool

    package init(
      _ link: Link, _ loss: LinkStack.Loss, addresses: [InterfaceAddress] = [], qdiscs: [Qdisc] = [],
      neighbours: [Neighbour] = [], gainsLinkLocalAddress: Bool = false
    ) {
      self.link = link
      self.loss = loss
      self.addresses = addresses
      self.qdiscs = qdiscs
      self.neighbours = neighbours
      self.gainsLinkLocalAddress = gainsLinkLocalAddress
    }
  }

  /// The links, each after the links below it.
  package var links: [Entry]
  /// The routes that are lost, in the kernel's order, together with routes of other links that compete with them by
  /// order only.
  package var routes: [Route]
  /// The nexthop objects that are lost, and the groups that they belong to.
  package var nextHops: [NextHopObject]
  /// Link-local addresses that several of the links have, for example a VLAN and the link below it.
  var twins: [Twins]

  /// A link-local address that several links have, and the links in the order of its local routes.
  struct Twins: Sendable, Hashable, Codable {
    var address: IPAddress
    var links: [Int32]
  }

  /// Reads the state that is lost when some links go down. Throws ENODEV if a link doesn't exist.
  package static func take(
    of selectors: [LinkSelector], using socket: RouteSocket
  ) throws(NetlinkError) -> StackSnapshot {
    var roots: Set<Int32> = []
    for selector in selectors { roots.insert(try socket.link(selector).index) }
    return StackSnapshot(cutting: roots, in: try NetworkState.read(using: socket))
  }

  /// The part of a state that is lost when the links with these indexes go down.
  package init(cutting roots: Set<Int32>, in state: NetworkState) {
    links = LinkStack(cutting: roots, among: state.links).entries.map { entry in
      let index = entry.link.index
      guard entry.loss == .everything else { return Entry(entry.link, entry.loss) }
      let addresses = state.addresses[index] ?? []
      return Entry(
        entry.link, entry.loss, addresses: addresses.filter { !$0.isMadeByKernel },
        qdiscs: state.qdiscs[index] ?? [], neighbours: state.neighbours[index] ?? [],
        gainsLinkLocalAddress: entry.link.gainsLinkLocalAddress(beside: addresses, among: state.links))
    }
    let members = Set(links.map(\.link.index))
    let lost = Set(state.nextHops.filter { $0.link.map(members.contains) ?? false }.map(\.id))
    nextHops = state.nextHops.filter { object in
      lost.contains(object.id) || object.members?.contains { lost.contains($0.id) } ?? false
    }
    let changed = Set(links.filter { $0.loss == .everything }.map(\.link.index))
    twins = Self.twins(of: changed, in: state.routes)
    routes = []
    let competing = Dictionary(grouping: state.routes.filter(\.canBeReordered), by: \.place).filter {
      $0.value.count > 1 && $0.value.contains(where: isLost)
    }
    routes = state.routes.filter { route in
      route.canBeReordered && competing[route.place] != nil
        || isLost(route) && !route.followsFromAddresses && !isLearned(route)
    }
  }

  /// A snapshot by an earlier version, which recorded only the links that were cut.
  package init(links: [Entry], routes: [Route]) {
    self.links = links
    self.routes = routes
    nextHops = []
    twins = []
  }

  /// The link-local addresses that several of these links have.
  static func twins(of links: Set<Int32>, in routes: [Route]) -> [Twins] {
    let local = routes.filter { route in
      route.type == .local && route.destination.address.isOfLinkScope
        && route.nextHops.first.map { links.contains($0.link) } ?? false
    }
    return Dictionary(grouping: local, by: \.place).values.filter { $0.count > 1 }.map { routes in
      Twins(address: routes[0].destination.address, links: routes.flatMap { $0.nextHops.map(\.link) })
    }
    .sorted { $0.links[0] < $1.links[0] }
  }

  /// Whether a route is lost with a link of the stack.
  func isLost(_ route: Route) -> Bool {
    if let id = route.nextHopID { return nextHops.contains { $0.id == id } }
    return links.contains { $0.loss == .everything && route.uses(link: $0.link.index) }
  }

  /// Whether the kernel learned a route from a router, and will learn it again. The kernel would not treat one that
  /// was added back as learned: it would then fail to add its own, and stop reading the router's advertisements on
  /// that link. See ndisc_router_discovery in net/ipv6/ndisc.c.
  private func isLearned(_ route: Route) -> Bool {
    route.family == .ipv6 && route.origin == .routerAdvertisement
      && links.contains { route.uses(link: $0.link.index) && $0.link.ipv6?.acceptsRouters ?? false }
  }

  /// The name of a link of the stack.
  func name(_ index: Int32) -> String {
    links.first { $0.link.index == index }?.link.name ?? "#\(index)"
  }
}

extension StackSnapshot.Entry {
  /// The link as it is now, even if it was renamed; nil if it is gone.
  ///
  /// The index identifies it. The index is trusted if the kind and either the link-layer address or the name are
  /// unchanged: an index can be reused, and a bridge changes its address with its ports.
  func located(among links: [Link]) -> Link? {
    links.first {
      $0.index == link.index && $0.kind == link.kind && ($0.address == link.address || $0.name == link.name)
    }
  }
}

extension Link {
  /// Whether the kernel will make a link-local address that doesn't exist now when the link comes up again.
  fileprivate func gainsLinkLocalAddress(beside addresses: [InterfaceAddress], among links: [Link]) -> Bool {
    guard let ipv6, isUp, ipv6.generation != .none, !ipv6.isWithoutLinkLocalAddress,
      // A link that was not ready before will not be ready now.
      isOperative,
      // Neither has its own IPv6, and no flag of the port shows it.
      kind != "vrf", links.first(where: { $0.index == master })?.kind != "team"
    else { return false }
    let present = addresses.filter { $0.prefix.family == .ipv6 && $0.scope == .link }
    guard ipv6.generation == .eui64 else { return !present.contains { $0.flags.contains(.stablePrivacy) } }
    return !present.contains { $0.prefix.address == address.flatMap(IPAddress.init(linkLocalOf:)) }
  }
}

extension IPAddress {
  /// The link-local address that is derived from an Ethernet address: RFC 4291, appendix A.
  fileprivate init?(linkLocalOf address: HardwareAddress) {
    let mac = address.bytes
    guard mac.count == 6 else { return nil }
    self.init(
      bytes: [0xFE, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]])
  }
}

extension InterfaceAddress {
  /// True for an IPv6 address that the kernel makes, removes and makes again by its own rules, and that no request
  /// can make.
  var isMadeByKernel: Bool {
    prefix.family == .ipv6 && !flags.isDisjoint(with: [.temporary, .stablePrivacy])
  }

  /// The address without what changes by itself.
  package var normalized: InterfaceAddress {
    var copy = self
    copy.flags.subtract(.transient)
    // The permanent flag still shows whether it is valid forever.
    copy.validSeconds = nil
    copy.preferredSeconds = nil
    return copy
  }
}

extension Qdisc {
  /// Without the counters that two disciplines keep among their options: htb's direct_pkts, the fifth word of struct
  /// tc_htb_glob, and sfq's struct tc_sfqred_stats at the end of struct tc_sfq_qopt_v1.
  package var normalized: Qdisc {
    guard var bytes = options?.bytes else { return self }
    let counters: Range<Int>
    switch kind {
    case "htb": counters = 20..<24
    case "sfq": counters = 48..<72
    default: return self
    }
    guard bytes.count >= counters.upperBound else { return self }
    for index in counters { bytes[index] = 0 }
    var copy = self
    copy.options = Octets(bytes)
    return copy
  }
}
