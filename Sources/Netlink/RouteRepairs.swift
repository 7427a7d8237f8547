/// The routes of a snapshot that are missing or out of order, and can be restored now.
struct RouteRepairs {
  private let snapshot: StackSnapshot
  private let present: StackSnapshot.Present
  private let knownNextHops: Set<UInt32>
  private let localAddresses: Set<IPAddress>
  private(set) var repairs: [Repair] = []

  init(_ snapshot: StackSnapshot, _ present: StackSnapshot.Present, knownNextHops: Set<UInt32>) {
    self.snapshot = snapshot
    self.present = present
    self.knownNextHops = knownNextHops
    localAddresses = Set(present.state.addresses.values.joined().map(\.prefix.address))
    let now = Dictionary(grouping: present.state.routes, by: \.place)
    let gained = Self.gained(snapshot, present)
    repairs = gained.map(Repair.dropRoute)
    let dropped = Set(gained)
    var places: [Route.Place] = []
    var before: [Route.Place: [Route]] = [:]
    for route in snapshot.routes {
      if before[route.place] == nil { places.append(route.place) }
      before[route.place, default: []].append(route)
    }
    for place in places {
      mend(before[place] ?? [], (now[place] ?? []).filter { !dropped.contains($0) })
    }
  }

  /// Restores the routes to one destination.
  private mutating func mend(_ before: [Route], _ now: [Route]) {
    var now = now
    var present = now.map(\.normalized)
    let wanted = before.compactMap { route in present.contains(route.normalized) ? route : addable(route) }
    for route in wanted where !present.contains(route.normalized) {
      guard
        let index = present.firstIndex(where: { part in
          part.isPart(of: route) && !wanted.contains { $0.normalized == part }
        })
      else { continue }
      if present.count == 1 || route.family == .ipv6 {
        repairs.append(.addRoute(route, .inPlace))
        present[index] = route.normalized
      } else {
        // The kernel replaces only the first of several.
        repairs.append(.dropRoute(now[index]))
        present.remove(at: index)
        now.remove(at: index)
      }
    }
    let movable = wanted.filter(\.canBeReordered)
    let order = OrderRepair(
      wanted: movable.map(\.normalized), present: present,
      ends: before[0].family == .ipv4 ? [.front, .back] : .back, sparing: { !snapshot.isLost($0) })
    for step in order.steps {
      guard let route = movable.first(where: { $0.normalized == step.value }) else { continue }
      let placement: RoutePlacement = step.isAtFront ? .beforeOthers : .behindOthers
      repairs.append(step.isPresent ? .moveRoute(route, placement) : .addRoute(route, placement))
    }
    for route in wanted where !route.canBeReordered && !present.contains(route.normalized) {
      repairs.append(.addRoute(route, .behindOthers))
    }
  }

  /// A missing route in the form in which it can be added now; nil if it can't be, or if the stack must not add it.
  private func addable(_ route: Route) -> Route? {
    guard snapshot.isLost(route) || wasMovedAside(route) else { return nil }
    // A route that prefers an IPv4 address was removed with it if the address moved elsewhere.
    if route.family == .ipv4, let source = route.preferredSource, !localAddresses.contains(source) {
      return nil
    }
    if let id = route.nextHopID { return knownNextHops.contains(id) ? route : nil }
    var usable = route
    usable.nextHops.removeAll { !present.isUsable($0.link) }
    // The kernel shows no weight for a single nexthop.
    if usable.nextHops.count == 1, route.nextHops.count > 1 { usable.nextHops[0].weight = 1 }
    return usable.nextHops.isEmpty ? nil : usable
  }

  /// Whether the kernel made this route of another link and the route's address still exists. Then an earlier order
  /// repair was interrupted between its two requests.
  private func wasMovedAside(_ route: Route) -> Bool {
    guard route.origin == .kernel, route.nextHops.count == 1 else { return false }
    let addresses = present.state.addresses[route.nextHops[0].link] ?? []
    if let source = route.preferredSource { return addresses.contains { $0.prefix.address == source } }
    return route.type == .multicast
      ? addresses.contains { $0.prefix.family == .ipv6 }
      : addresses.contains { $0.networks.contains(route.destination) }
  }

  /// Routes that the kernel made for addresses of the snapshot when their link came up, and that had been deleted
  /// before.
  private static func gained(_ snapshot: StackSnapshot, _ present: StackSnapshot.Present) -> [Route] {
    let before = Set(snapshot.routes.map(\.normalized))
    return present.state.routes.filter { route in
      guard route.origin == .kernel, route.type == .unicast, route.nextHops.count == 1,
        let entry = snapshot.links.first(where: { $0.link.index == route.nextHops[0].link }),
        entry.loss == .everything, present.isUsable(entry.link.index), !before.contains(route.normalized)
      else { return false }
      // A route of an address that was added since belongs to that address.
      let known = Set(entry.addresses.map(\.prefix))
      let added = (present.state.addresses[entry.link.index] ?? []).filter { !known.contains($0.prefix) }
      return entry.addresses.contains { $0.networks.contains(route.destination) }
        && !added.contains { $0.networks.contains(route.destination) }
    }
  }
}

extension InterfaceAddress {
  /// The destinations of the routes that the kernel makes for the address: its network, and its peer's.
  fileprivate var networks: [IPPrefix] {
    guard let peer else { return [prefix.network] }
    let alone = UInt8(peer.bytes.count * 8)
    return [prefix.network] + [prefix.length, alone].compactMap { IPPrefix(peer, length: $0)?.network }
  }
}
