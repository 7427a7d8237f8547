/// What the tools of the field show of a host's network, in the kernel's order. The oracle of these tests: it shares no
/// code with Murphy.
struct NetworkListing: Equatable {
  /// Line by line; a command's own line begins with `# `.
  var lines: [String]

  /// The commands, and those that a test adds.
  static func commands(and more: [String]) -> [String] {
    [
      "ip -d address", "ip -4 route show table all", "ip -6 route show table all", "ip nexthop", "ip -4 rule",
      "ip -6 rule", "ip neigh show nud permanent", "ip neigh show proxy", "ip -6 neigh show proxy",
      "bridge vlan", "bridge fdb | grep -E 'permanent|static' | grep -v '^33:33:'",
      "bridge mdb | grep permanent",
      "ip mptcp endpoint", "tc qdisc",
      "for link in $(ls /sys/class/net); do tc class show dev $link; done",
      "for link in $(ls /sys/class/net); do tc filter show dev $link; tc filter show dev $link ingress; done",
      "nft list ruleset",
    ] + more
  }

  /// Reads a host's network.
  init(of host: GuestHost, and more: [String] = []) throws {
    let script = Self.commands(and: more).map { command in
      "echo '# '\(Self.quoted(command)); { \(command); } 2>&1 || echo \"exit code $?\""
    }
    lines = try host.run(script.joined(separator: "\n")).split(separator: "\n").map { Self.normal($0) }
  }

  /// What differs, under the command that shows it: `-` before and not now, `+` now and not before. A line whose
  /// place has changed is shown as both.
  func differences(from before: NetworkListing) -> [String] {
    let (old, new) = (before.sections, sections)
    return zip(old, new).flatMap { old, new -> [String] in
      let changes = new.lines.difference(from: old.lines)
      if changes.isEmpty { return [] }
      let removed = changes.removals.map { change in
        if case .remove(_, let line, _) = change { "- \(line)" } else { "" }
      }
      let inserted = changes.insertions.map { change in
        if case .insert(_, let line, _) = change { "+ \(line)" } else { "" }
      }
      return ["# \(old.command)"] + removed + inserted
    }
  }

  private var sections: [(command: String, lines: [String])] {
    var sections: [(command: String, lines: [String])] = []
    for line in lines {
      if line.hasPrefix("# ") {
        sections.append((String(line.dropFirst(2)), []))
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
    return sections
  }

  /// A line without what moves by itself: what is left of lifetimes, timers of bridges, counters.
  private static func normal(_ line: some StringProtocol) -> String {
    var line = String(line)
    line.replace(/(valid_lft|preferred_lft|expires) [0-9a-z.]*[0-9][0-9a-z.]*/) { "\($0.1) TIME" }
    line.replace(/([a-z_]+_timer) +[0-9.]+/) { "\($0.1) TIME" }
    line.replace(/link_failure_count [0-9]+/, with: "link_failure_count COUNT")
    line.replace(/counter packets [0-9]+ bytes [0-9]+/, with: "counter")
    return line
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
