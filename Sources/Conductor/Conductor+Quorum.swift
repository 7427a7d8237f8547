import Journal
import Scenario

/// Hosts that quorum can't count on now, and by whose word.
struct BrokenHosts {
  /// Hosts of the fleet, each with what is said of it: `no answer`, `offline, by manager`.
  var named: [String: [String]] = [:]
  /// What a view calls down by names that the fleet doesn't have, and that none of `named` accounts for.
  var others: [String] = []
  /// Views by which there is no quorum at all.
  var withoutQuorum: [String] = []

  var isEmpty: Bool { named.isEmpty && others.isEmpty && withoutQuorum.isEmpty }

  /// How many hosts are left where these are taken as well.
  func left(of fleet: Fleet, taking taken: Set<String>) -> Int {
    fleet.hosts.count - taken.union(named.keys).count - others.count
  }
}

extension BrokenHosts: CustomStringConvertible {
  /// `excelsior (no answer; offline, by manager), peer 10.77.1.13 (disconnected, by storage)`.
  var description: String {
    let hosts = named.sorted { $0.key < $1.key }.map { "\($0) (\($1.joined(separator: "; ")))" }
    let views = withoutQuorum.map { "quorum itself, by \($0)" }
    return (hosts + others + views).joined(separator: ", ")
  }
}

extension Conductor {
  /// What is broken now, by all that is known: connections, faults that hold, and every view of the fleet.
  var broken: BrokenHosts {
    var broken = BrokenHosts()
    for host in fleet.hosts where !connected.contains(host.name) {
      broken.named[host.name, default: []].append("no answer")
    }
    for (_, lease) in leases.sorted(by: { $0.key < $1.key })
    where lease.takesHost && [.requested, .effective].contains(lease.state) {
      broken.named[lease.host, default: []].append("taken by \(lease.step)")
    }
    // Names that the fleet doesn't have, and the hosts that they can't stand for.
    var foreign: [(names: [String], told: Set<String>)] = []
    for view in fleet.views {
      var names: [String] = []
      var told: Set<String> = []
      func take(_ name: String, _ kind: String, _ words: String) {
        if let host = fleet.host(called: name) {
          broken.named[host.name, default: []].append(words)
          told.insert(host.name)
        } else {
          names.append("\(kind) \(name) (\(words))")
        }
      }
      if let state = manager[view.name], state.unknown == nil {
        if !state.quorate { broken.withoutQuorum.append(view.name) }
        told = Set(state.nodes.keys.compactMap { fleet.host(called: $0)?.name })
        for (node, word) in state.nodes.sorted(by: { $0.key < $1.key }) where word != "online" {
          take(node, "node", "\(word), by \(view.name)")
        }
      } else if let state = storage[view.name] {
        for peer in state.disconnected ?? [] { take(peer, "peer", "disconnected, by \(view.name)") }
      }
      foreign.append((names, told))
    }
    // One of them may be a host that is known to be broken already, by the name that the fleet has for it.
    for (names, told) in foreign {
      let unaccounted = names.dropFirst(broken.named.keys.count { !told.contains($0) })
      if unaccounted.count > broken.others.count { broken.others = Array(unaccounted) }
    }
    return broken
  }

  /// Why the scenario would lose quorum beside what is broken already; nil where it wouldn't, or is to.
  func quorumLoss() -> String? {
    let broken = broken
    if scenario.beyondQuorum || broken.isEmpty { return nil }
    let budget = HostBudget(scenario, in: fleet, broken: Set(broken.named.keys), others: broken.others.count)
    if budget.isKept, budget.taken == 0 || broken.withoutQuorum.isEmpty { return nil }
    return
      "the scenario takes \(budget.taken) of \(fleet.hosts.count) hosts at once, and down already: \(broken); "
      + "that leaves \(budget.left), quorum is \(budget.quorum): write beyond-quorum: true if that is what is rehearsed"
  }
}

extension Fleet {
  /// The host that somebody else calls by this name: a node of a cluster, a peer of a storage pool. The names are one
  /// where they differ by a domain alone, or where it is by this name that ssh reaches the host.
  func host(called name: String) -> Host? {
    if let host = host(name) { return host }
    return hosts.first { host in
      let address = host.ssh.split(separator: "@").last.map(String.init) ?? host.ssh
      return [host.name, address].contains { Self.label(of: $0) == Self.label(of: name) }
    }
  }

  /// The first label of a host's name; an address is one label.
  private static func label(of name: String) -> String {
    let isAddress = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
    return isAddress ? name : name.prefix { $0 != "." }.lowercased()
  }
}
