extension StackSnapshot {
  /// All that the snapshot holds, a line each and in the kernel's order, without what changes by itself: carriers,
  /// operative states, lifetimes, counters, qdiscs that the kernel attaches by default.
  package var lines: [String] {
    let links = links.flatMap { entry -> [String] in
      let link = entry.link
      let master = link.master.map { " master \(name($0))" } ?? ""
      return ["link \(link.name) \(link.isUp ? "up" : "down") mtu \(link.mtu)\(master)"]
        + entry.addresses.map { "\(link.name) \($0.settled)" }
        + entry.qdiscs.filter { !$0.isDefault }.map {
          "\(link.name) \($0)" + ($0.settled.options.map { " options \($0)" } ?? "")
        }
        + entry.neighbours.map { "\(link.name) \($0)" }.sorted()
    }
    return links + nextHops.map { "nexthop \($0.words(naming: name))" }
      + routes.map { "route \($0.settled.words(naming: name))" }
  }

  /// In what a stack is not as it was in this snapshot: `- line`, `+ line`. A line that moved is both.
  package func differences(from current: StackSnapshot) -> [String] {
    current.lines.difference(from: lines).map { change in
      switch change {
      case .remove(_, let line, _): "- \(line)"
      case .insert(_, let line, _): "+ \(line)"
      }
    }
  }
}
