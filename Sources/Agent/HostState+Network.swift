import Glibc
import Journal
import Netlink

extension HostState {
  /// Links and their settings, without the taps of domains.
  static func network(using socket: RouteSocket) throws(NetlinkError) -> [Line] {
    NetworkLines(
      try NetworkState.read(using: socket), rules: try socket.rules(), vlans: try socket.bridgeVLANs(),
      entries: try socket.forwardingEntries(of: try socket.links())
    ).lines
  }
}

/// A host's network as lines.
private struct NetworkLines {
  private let state: NetworkState
  private let names: [Int32: String]
  private let links: [Link]
  private(set) var lines: [HostState.Line] = []

  init(
    _ state: NetworkState, rules: [RoutingRule], vlans: [BridgeVLAN], entries: [ForwardingEntry]
  ) {
    self.state = state
    names = Dictionary(state.links.map { ($0.index, $0.name) }) { first, _ in first }
    // libvirt creates and removes these links with a domain.
    links = state.links.filter { !["tun", "macvtap"].contains($0.kind) }
    for link in links { read(link) }
    for vlan in vlans { add("\(name(vlan.link)) vlan \(vlan)", "bridge", of: [vlan.link]) }
    for entry in entries { add("\(name(entry.link)) \(entry)", "fdb", of: [entry.link]) }
    for object in state.nextHops { add(object.words(naming: name), "nexthop", of: reached(by: object)) }
    for route in state.routes { read(route) }
    // The lines of one sequence are in the kernel's order.
    let sorted = lines.enumerated().sorted { one, other in
      (one.element.sequence ?? one.element.text, one.element.sequence == nil ? 0 : one.offset)
        < (other.element.sequence ?? other.element.text, other.element.sequence == nil ? 0 : other.offset)
    }
    lines = sorted.map(\.element)
    for rule in rules {
      let asked = links.filter { rule.links.contains($0.name) }.map(\.index)
      add(
        "\(rule.family.rawValue) \(rule.priority): \(rule.description)", "rule", of: asked,
        in: "rules \(rule.family.rawValue)")
    }
  }

  private func name(_ index: Int32) -> String { names[index] ?? "#\(index)" }

  private mutating func read(_ link: Link) {
    let settings = (link.isUp ? [] : ["down"]) + link.flags.settings
    let master = link.master.map { " master \(name($0))" } ?? ""
    let dormant = link.operativeState == .dormant ? " dormant" : ""
    let temporary = link.ipv6?.temporaryAddresses.map { $0 > 0 ? " use_tempaddr \($0)" : "" } ?? ""
    add(
      "\(link.name) \(settings.joined(separator: " ")) mtu \(link.mtu)\(master)\(dormant)\(temporary)",
      "link",
      of: [link.index])
    if let port = link.activePort?.index {
      add("\(link.name) sends by \(name(port))", "bond", of: [link.index], isChoice: true)
    }
    for address in state.addresses[link.index] ?? [] where address.validSeconds == nil {
      let ipv4 = address.prefix.family == .ipv4 ? "\(address.prefix.address)" : nil
      add(
        "\(link.name) \(address)", "address", of: [link.index],
        in: "addresses \(link.name) \(address.prefix.family.rawValue)", ipv4: ipv4, isAddress: ipv4 != nil)
    }
    for neighbour in state.neighbours[link.index] ?? [] where neighbour.settings?.isPermanent ?? true {
      add("\(link.name) \(neighbour)", "neighbour", of: [link.index])
    }
    for qdisc in state.qdiscs[link.index] ?? [] where !qdisc.isDefault {
      let options = qdisc.normalized.options.map { " options \($0)" } ?? ""
      let place = "\(qdisc.kind) \(qdisc.handle) parent \(qdisc.parent)"
      add("\(link.name) \(place)\(options)", "qdisc", of: [link.index])
    }
  }

  private mutating func read(_ route: Route) {
    if route.followsFromAddresses || route.isForAWhile { return }
    let object = route.nextHopID.flatMap { id in state.nextHops.first { $0.id == id } }
    let hops = object.map(reached) ?? route.nextHops.map(\.link)
    let source = route.family == .ipv4 ? route.preferredSource : nil
    // The kernel doesn't order the routes of different links' own networks.
    let sequence = route.hasOrder ? "routes \(route.place.words)" : nil
    add(
      route.normalized.words(naming: name), "route", of: hops, in: sequence, ipv4: source.map { "\($0)" })
  }

  /// The outgoing links of an object.
  private func reached(by object: NextHopObject) -> [Int32] {
    if let link = object.link { return [link] }
    let members = Set(object.members?.map(\.id) ?? [])
    return state.nextHops.filter { members.contains($0.id) }.compactMap(\.link)
  }

  /// Adds a line, unless it is only about links that are left out.
  private mutating func add(
    _ words: String, _ kind: String, of indexes: [Int32], in sequence: String? = nil, ipv4: String? = nil,
    isAddress: Bool = false, isChoice: Bool? = nil
  ) {
    let known = links.filter { indexes.contains($0.index) }
    if known.isEmpty, !indexes.isEmpty { return }
    let objects = known.reduce(into: Set<String>()) { $0.formUnion(reach($1)) }
    lines.append(
      HostState.Line(
        .network, of: objects.sorted(), "\(kind) \(words)", ipv4: ipv4, isAddress: isAddress,
        sequence: sequence, isChoice: isChoice))
  }

  /// All names of a link, of its ports and of all links below it: if one of those is set down, the link may lose its
  /// carrier. Includes the bond or team that it is a port of, since a fault on the bond cuts its ports.
  private func reach(_ link: Link) -> [String] {
    var found = [link]
    var next = 0
    while next < found.count {
      let upper = found[next]
      next += 1
      found += links.filter { lower in
        (lower.master == upper.index || upper.lowers.contains(lower.index)) && !found.contains(lower)
      }
    }
    found += links.filter { $0.index == link.master && ["bond", "team"].contains($0.kind) }
    return found.flatMap(\.names)
  }
}

extension Route {
  /// Whether a route expires or comes from a router's advertisement.
  fileprivate var isForAWhile: Bool { expiresInSeconds != nil || origin == .routerAdvertisement }
}
