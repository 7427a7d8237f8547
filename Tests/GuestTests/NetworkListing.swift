/// The host's network according to standard tools, in the kernel's order if that order matters. It is the oracle of
/// these tests, since it shares no code with Murphy.
struct NetworkListing: Equatable {
  /// The lines of the output. The line of a command begins with `# `.
  var lines: [String]

  /// The standard commands and those of the test. One process runs many of them, since a process costs 30 ms under
  /// emulation.
  private static func commands(and more: [String]) -> [String] {
    [
      "ip -d address", batch("ip -4", ["route show table all", "rule"]),
      batch("ip -6", ["route show table all", "rule", "neigh show proxy"]),
      batch("ip", ["nexthop", "neigh show nud permanent", "neigh show proxy", "mptcp endpoint"]),
      batch("bridge", ["vlan", "fdb"]), "if [ -e /sys/module/bridge ]; then bridge mdb; fi", "tc qdisc",
      "cd /sys/class/net; for link in *; do [ -d $link ] || continue; for part in class filter; do echo $part show dev $link; done;"
        + " echo filter show dev $link ingress; done | tc -force -batch -",
      "nft list ruleset",
    ] + more
  }

  private static func batch(_ command: String, _ lines: [String]) -> String {
    "printf '\(lines.joined(separator: "\\n"))\\n' | \(command) -force -batch -"
  }

  /// A listing of these lines.
  init(lines: [String]) { self.lines = lines }

  /// Reads a host's network.
  init(of host: GuestHost, and more: [String] = []) throws {
    let script = Self.commands(and: more).map { command in
      "echo '# '\(Self.quoted(command)); { \(command); } 2>&1 || echo \"exit code $?\""
    }
    lines = []
    var unordered: [String] = []
    var text = try host.run(script.joined(separator: "\n"))
    // The kernel generates these from random numbers.
    for match in text.matches(of: /inet6 ([0-9a-f:]+)\/[0-9]+ scope [a-z]+ temporary/) {
      text.replace("\(match.1)", with: "TEMPORARY")
    }
    for line in text.split(separator: "\n") {
      guard let line = Self.normal(line) else { continue }
      if Self.orderIsChance(of: line) {
        unordered.append(line)
      } else {
        lines += unordered.sorted() + [line]
        unordered = []
      }
    }
    lines += unordered.sorted()
  }

  /// The differences, under the command that shows them: `-` for a line that is gone, `+` for a new one. A line that
  /// moved is shown as both.
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

  /// Whether a line's place among similar lines is random. VLANs share their link's address, and the kernel adds the
  /// route of each after a random time, at the end of duplicate address detection. Neighbours are listed by a hash with
  /// a random key; two in one bucket are listed by the time of their addition.
  private static func orderIsChance(of line: String) -> Bool {
    line.hasPrefix("local fe80::") || line.contains(" lladdr ")
  }

  /// A line without values that change by themselves: remaining lifetimes, timers of bridges, counters. Nil for a line
  /// that consists of such values, like entries that a bridge has learned and multicast groups that the kernel joins.
  private static func normal(_ line: Substring) -> String? {
    if line.prefixMatch(of: /[0-9a-f:]{17} dev/) != nil {
      let isJoined = line.hasPrefix("33:33:") || line.hasPrefix("01:00:5e:")
      if isJoined || !(line.contains("permanent") || line.contains("static")) { return nil }
    }
    if line.contains(" grp "), !line.contains("permanent") { return nil }
    var line = String(line)
    line.replace(/(valid_lft|preferred_lft|expires) [0-9a-z.]*[0-9][0-9a-z.]*/) { "\($0.1) TIME" }
    line.replace(/([a-z_]+_timer) +[0-9.]+/) { "\($0.1) TIME" }
    line.replace(/link_failure_count [0-9]+/, with: "link_failure_count COUNT")
    line.replace(/counter packets [0-9]+ bytes [0-9]+/, with: "counter")
    line.replace(/direct_packets_stat [0-9]+/, with: "direct_packets_stat COUNT")
    return line
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
