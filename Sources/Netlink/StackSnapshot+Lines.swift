extension StackSnapshot {
  /// The snapshot as lines in the kernel's order, without what changes by itself: carriers, operational states,
  /// lifetimes, counters, and default qdiscs.
  package var lines: [String] {
    let links = links.flatMap { entry -> [String] in
      let link = entry.link
      let master = link.master.map { " master \(name($0))" } ?? ""
      return ["link \(link.name) \(link.isUp ? "up" : "down") mtu \(link.mtu)\(master)"]
        + entry.addresses.map { "\(link.name) \($0.normalized)" }
        + entry.qdiscs.filter { !$0.isDefault }.map {
          "\(link.name) \($0)" + ($0.normalized.options.map { " options \($0)" } ?? "")
        }
        + entry.neighbours.map { "\(link.name) \($0)" }.sorted()
    }
    return links + nextHops.map { "nexthop \($0.words(naming: name))" }
      + routes.map { "route \($0.normalized.words(naming: name))" }
  }

  /// The differences between this snapshot and the current stack: `- line`, `+ line`. A line that moved appears as
  /// both.
  package func differences(from current: StackSnapshot) -> [String] {
    current.lines.difference(from: lines).map { change in
      switch change {
      case .remove(_, let line, _): "- \(line)"
      case .insert(_, let line, _): "+ \(line)"
      }
    }
  }
}
