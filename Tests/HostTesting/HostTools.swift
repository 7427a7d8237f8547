import Glibc
import Linux
import Testing

/// Runs a program of the machine in the calling thread's namespace, and returns its output.
@discardableResult
package func run(_ arguments: String...) throws -> String {
  let (output, code) = try outcome(of: arguments)
  #expect(code == 0, "\(arguments): \(output)")
  return output
}

private func outcome(of arguments: [String]) throws -> (output: String, code: Int32) {
  let outcome = try ChildProcess.run(
    arguments, environment: ["PATH": ToolEnvironment.path], errors: .output)
  return (outcome.outputText, outcome.end.shellCode)
}

/// The network of the calling thread's namespace according to standard tools, line by line and in their order. It uses
/// no code of Murphy.
package struct NetworkListing: Equatable {
  private var lines: [String] = []

  /// Lists the present state.
  ///
  /// - Parameter destinations: addresses for which the route and the source address are also listed.
  package init(destinations: [String] = []) throws {
    var commands = [
      "ip -d addr", "ip route show table all", "ip -6 route show table all", "ip nexthop",
      "ip neigh show nud permanent", "ip neigh show nud noarp", "ip neigh show proxy", "ip rule",
      "ip -6 rule",
      "bridge vlan", "bridge fdb show", "tc qdisc", "nft list ruleset",
    ]
    commands += destinations.map { "ip \($0.contains(":") ? "-6 " : "")route get \($0)" }
    for command in commands {
      let (output, code) = try outcome(of: command.split(separator: " ").map(String.init))
      lines.append("$ \(command)" + (code == 0 ? "" : ": \(code)"))
      let shown = output.split(separator: "\n").map { Self.settled(String($0)) }.filter {
        !Self.isLearned($0)
      }
      // Neighbours are listed by a hash with a random key; two in one bucket are listed by the time of their addition.
      lines += command.hasPrefix("ip neigh") ? shown.sorted() : shown
    }
  }

  /// Lists the network when it no longer changes by itself.
  package static func settled(destinations: [String] = []) throws -> NetworkListing {
    var last = try NetworkListing(destinations: destinations)
    for _ in 0..<100 {
      usleep(150_000)
      let next = try NetworkListing(destinations: destinations)
      if next == last, !next.hasPendingAddresses { return next }
      last = next
    }
    throw CallFailed("the network keeps changing")
  }

  /// Whether the kernel still checks an IPv6 address for duplicates. On a busy machine this can take long without a
  /// change. On a link that isn't ready, addresses stay tentative.
  private var hasPendingAddresses: Bool {
    var isReady = false
    for line in lines {
      if line.contains(": <") {
        isReady =
          line.contains("LOWER_UP") && (line.contains(" state UP ") || line.contains(" state UNKNOWN "))
      } else if isReady, line.hasPrefix("inet6 "), line.hasSuffix(" tentative") {
        return true
      }
    }
    return false
  }

  /// The differences from another listing: `- line`, `+ line`.
  package func differences(from other: NetworkListing) -> [String] {
    lines.difference(from: other.lines).map { change in
      switch change {
      case .remove(_, let line, _): "- \(line)"
      case .insert(_, let line, _): "+ \(line)"
      }
    }
  }

  /// Entries that a bridge learned, and entries that the kernel makes for its multicast groups.
  private static func isLearned(_ line: String) -> Bool {
    let isOfGroup =
      line.hasPrefix("33:33:") || line.hasPrefix("01:00:5e:") || line.contains(" lladdr 33:33:")
      || line.contains(" lladdr 01:00:5e:") || line.hasSuffix(" dev lo lladdr 00:00:00:00:00:00 NOARP")
    let words = line.split(separator: " ")
    let isForwarding = words.count > 1 && words[1] == "dev" && words[0].count == 17
    return isOfGroup || isForwarding && !words.contains("permanent") && !words.contains("static")
  }

  /// A line without lifetimes and timers, and without states that the kernel detects by itself.
  private static func settled(_ line: String) -> String {
    var words = line.split(separator: " ").map(String.init)
    for (index, word) in words.enumerated() where index + 1 < words.count {
      let isTimer =
        word.hasSuffix("_timer") || ["expires", "valid_lft", "preferred_lft", "used"].contains(word)
      if isTimer, words[index + 1] != "forever" { words[index + 1] = "…" }
    }
    return words.joined(separator: " ")
  }
}
