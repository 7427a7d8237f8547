import Journal
import Scenario

/// Hosts that quorum can't count on now, and the evidence.
package struct BrokenHosts: Sendable {
  /// Hosts of the fleet, each with its evidence: `no answer`, `offline, by manager`.
  private(set) var named: [String: [String]] = [:]
  /// Hosts that a view shows as down by names that the fleet doesn't have. They may be hosts of the fleet in addition
  /// to `named`.
  private(set) var others: [String] = []
  /// Views that show no quorum at all.
  private(set) var withoutQuorum: [String] = []

  var isEmpty: Bool { named.isEmpty && others.isEmpty && withoutQuorum.isEmpty }

  /// - Parameters:
  ///   - silent: hosts that don't answer although no obstacle on their path is known.
  ///   - taken: hosts with an active fault, with its step.
  ///   - views: all views of the fleet, whether or not the scenario uses them.
  package init(
    of fleet: Fleet, silent: some Sequence<String>, taken: [(host: String, step: String)] = [],
    views: PlatformViews
  ) {
    for host in silent { named[host, default: []].append("no answer") }
    for (host, step) in taken { named[host, default: []].append("taken by \(step)") }
    // For each view: the names that the fleet doesn't have, and the hosts that it shows by names of the fleet.
    var foreign: [(names: [String], shown: Set<String>)] = []
    for view in fleet.views {
      var names: [String] = []
      let shown: Set<String>
      func take(_ name: String, _ kind: String, _ words: String) {
        if let host = fleet.host(called: name) {
          named[host.name, default: []].append(words)
        } else {
          names.append("\(kind) \(name) (\(words))")
        }
      }
      func known(_ names: some Sequence<String>) -> Set<String> {
        Set(names.compactMap { fleet.host(called: $0)?.name })
      }
      if let state = views.manager[view.name], state.unknown == nil {
        if !state.quorate { withoutQuorum.append(view.name) }
        shown = known(state.nodes.keys)
        for (node, word) in state.nodes.sorted(by: { $0.key < $1.key }) where word != "online" {
          take(node, "node", "\(word), by \(view.name)")
        }
      } else if let state = views.storage[view.name] {
        shown = known(state.hostNames)
        for (peer, words) in state.missing.sorted(by: { $0.key < $1.key }) {
          take(peer, "peer", "\(words.joined(separator: ", ")), by \(view.name)")
        }
      } else {
        shown = []
      }
      foreign.append((names, shown))
    }
    // A name that the fleet doesn't have may belong to a host that is already known to be broken and that the view shows
    // by no other name. If the view shows every host of the fleet by a known name, it belongs to no host of the fleet.
    for (names, shown) in foreign {
      let unshown = named.keys.count { !shown.contains($0) }
      let unaccounted = names.dropFirst(unshown).prefix(max(0, fleet.hosts.count - shown.count - unshown))
      if unaccounted.count > others.count { others = Array(unaccounted) }
    }
  }

  /// The number of hosts that remain if these are also taken.
  func left(of fleet: Fleet, taking taken: Set<String>) -> Int {
    fleet.hosts.count - taken.union(named.keys).count - others.count
  }
}

extension BrokenHosts: CustomStringConvertible {
  /// `excelsior (no answer; offline, by manager), peer 10.77.1.13 (disconnected, by storage)`.
  package var description: String {
    let hosts = named.sorted { $0.key < $1.key }.map { "\($0) (\($1.joined(separator: "; ")))" }
    let views = withoutQuorum.map { "no quorum, by \($0)" }
    return (hosts + others + views).joined(separator: ", ")
  }
}
