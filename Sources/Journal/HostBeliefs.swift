import Scenario

/// The beliefs of a view, by host.
package struct HostBeliefs: Sendable {
  package private(set) var beliefs: [String: Belief] = [:]
  /// The host whose belief the run uses.
  package private(set) var source: String?
  /// Whether every host is queried. If hosts are queried one at a time, earlier beliefs are out of date.
  package private(set) var isOfEveryHost = false

  package init() {}

  /// Records a host's belief; see `Event.viewSeen`.
  package mutating func take(_ belief: Belief, from host: String?, isAside: Bool) {
    if isAside { isOfEveryHost = true } else { source = host }
    if let host { beliefs[host] = belief }
  }

  /// Hosts with the same belief.
  package struct Side: Codable, Equatable, Sendable {
    package var hosts: [String]
    /// Their statements that other hosts don't share: `falco offline`, `web Started on dauntless`. Empty if the others
    /// only have further statements.
    package var believes: [String]

    package init(hosts: [String], believes: [String]) {
      self.hosts = hosts
      self.believes = believes
    }
  }

  /// The hosts grouped by their beliefs, in the order of their names. One side, or none, if no host is known to
  /// contradict another.
  package func sides(in fleet: Fleet) -> [Side] {
    if !isOfEveryHost { return [] }
    let isWhole = !beliefs.values.contains {
      $0.unknown != nil && $0.statements(in: fleet, onlyPeers: true) != nil
    }
    let statements = beliefs.compactMapValues { $0.statements(in: fleet, onlyPeers: !isWhole) }
    let common = statements.values.dropFirst().reduce(statements.values.first ?? []) { $0.intersection($1) }
    return Dictionary(grouping: statements.keys) { statements[$0] ?? [] }.map { shared, hosts in
      Side(hosts: hosts.sorted(), believes: shared.subtracting(common).sorted())
    }.sorted { $0.hosts[0] < $1.hosts[0] }
  }
}

extension HostBeliefs.Side: CustomStringConvertible {
  /// `dauntless, excelsior: falco offline`.
  package var description: String {
    hosts.joined(separator: ", ") + ": "
      + (believes.isEmpty ? "none of these" : believes.joined(separator: ", "))
  }
}

extension Belief {
  /// The belief as statements, so that hosts with the same belief have the same statements; nil if it isn't known.
  ///
  /// - Parameter onlyPeers: whether to leave out everything except the peers of storage.
  fileprivate func statements(in fleet: Fleet, onlyPeers: Bool) -> Set<String>? {
    func name(_ name: String) -> String { fleet.host(called: name)?.name ?? name }
    switch self {
    case .storage(let state):
      if state.unknown != nil, !onlyPeers || state.peers == 0 { return nil }
      var statements = Set((state.disconnected ?? []).map { "\(name($0)) disconnected" })
      if onlyPeers { return statements }
      for (host, words) in state.missing where words.contains("brick offline") {
        statements.insert("brick of \(name(host)) offline")
      }
      if state.splitBrain > 0 { statements.insert("entries in split-brain") }
      return statements
    case .manager(let state):
      if state.unknown != nil { return nil }
      var statements = Set(state.nodes.filter { $0.value != "online" }.map { "\(name($0.key)) \($0.value)" })
      for (resource, belief) in state.resources { statements.insert("\(resource) \(belief)") }
      if !state.quorate { statements.insert("no quorum") }
      return statements
    case .verdict(let verdict):
      return verdict.unknown == nil ? Set(verdict.complaints.map(\.name)) : nil
    }
  }
}
