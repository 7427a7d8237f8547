extension NetworkState {
  /// The state as it would be without the loss that a snapshot records. A second lease records this if its links
  /// share routes with links that a first lease holds down.
  package func undoing(_ before: StackSnapshot) -> NetworkState {
    var state = self
    for entry in before.links where entry.loss == .everything {
      let index = entry.link.index
      guard let place = links.firstIndex(where: { $0.index == index }) else { continue }
      if entry.link.isUp {
        state.links[place].flags.insert(.up)
      } else {
        state.links[place].flags.remove(.up)
      }
      state.addresses[index] = Self.merge(entry.addresses, addresses[index] ?? [], by: \.prefix)
      state.neighbours[index] = Self.merge(entry.neighbours, neighbours[index] ?? [], by: \.address)
    }
    let objects = before.nextHops.filter { object in
      let now = nextHops.first { $0.id == object.id }
      return now == nil || now?.isPart(of: object) ?? false
    }
    state.nextHops = Self.merge(objects, nextHops, by: \.id).sorted { $0.id < $1.id }
    let now = Dictionary(grouping: routes, by: \.place)
    let old = Dictionary(grouping: before.routes, by: \.place)
    state.routes = routes.filter { old[$0.place] == nil }
    for (place, routes) in old {
      let present = now[place] ?? []
      let known = routes.filter { route in
        before.isLost(route) || present.contains { $0.normalized == route.normalized }
      }
      state.routes += known
      state.routes += present.filter { route in
        !known.contains { $0.normalized == route.normalized || route.isPart(of: $0) }
      }
    }
    return state
  }

  /// The values of `before` in their order, then the new ones.
  private static func merge<Value, Key: Hashable>(
    _ before: [Value], _ now: [Value], by key: (Value) -> Key
  ) -> [Value] {
    let known = Set(before.map(key))
    return before + now.filter { !known.contains(key($0)) }
  }
}
