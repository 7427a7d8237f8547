import Journal
import Scenario

/// What the fleet's views show now: what conditions, baselines and quorum go by.
package struct PlatformViews: Sendable {
  private let fleet: Fleet
  /// By view.
  package private(set) var storage: [String: StorageState] = [:]
  /// By view.
  package private(set) var manager: [String: ManagerState] = [:]

  /// Views of a fleet, none of which has shown anything yet.
  package init(of fleet: Fleet) { self.fleet = fleet }

  /// Takes what a view shows; returns whether that differs from what it showed before.
  package mutating func take(_ state: StorageState, from view: String) -> Bool {
    defer { storage[view] = state }
    return storage[view] != state
  }

  /// Takes what a view shows; returns whether that differs from what it showed before.
  package mutating func take(_ state: ManagerState, from view: String) -> Bool {
    defer { manager[view] = state }
    return manager[view] != state
  }

  /// Whether a view that can show hosts broken has shown nothing yet.
  var isAwaited: Bool {
    fleet.views.contains { view in
      switch view.kind {
      case .gluster: storage[view.name] == nil
      case .pacemaker: manager[view.name] == nil
      case .alertmanager: false
      }
    }
  }

  /// Why a view doesn't show the platform well; nil where it does.
  ///
  /// - Parameter before: what views showed when the platform was well, of which nothing may be missing.
  func unwell(_ name: String, since before: PlatformViews? = nil) -> String? {
    guard let view = fleet.view(name) else { return nil }
    switch view.kind {
    case .gluster:
      guard let state = storage[name] else { return "\(name): nothing seen yet" }
      if state.isWhole { return nil }
      return "\(name): "
        + (state.unknown
          ?? "\(state.bricksOnline) of \(state.bricks) bricks, \(state.peersConnected) of \(state.peers) peers, "
          + "\(state.healBacklog) to heal, \(state.splitBrain) in split-brain")
    case .pacemaker:
      guard let state = manager[name] else { return "\(name): nothing seen yet" }
      if let unknown = state.unknown { return "\(name): \(unknown)" }
      let complaints = state.complaints(since: before?.manager[name])
      return complaints.isEmpty ? nil : "\(name): \(complaints.joined(separator: ", "))"
    case .alertmanager: return nil
    }
  }

  // MARK: Conditions

  /// Whether a view shows an object in a state. `host`, `brick` and `peer` stand for any; else a host or a virtual
  /// machine of the fleet, by whatever name the view has for it.
  func sees(_ view: String, _ object: String, _ state: Condition.State) -> Bool {
    let isDown: Bool?
    if let seen = storage[view] {
      isDown = isMissed(object, by: seen)
    } else if let seen = manager[view], seen.unknown == nil {
      isDown = self.isDown(object, in: seen)
    } else {
      isDown = nil
    }
    return isDown.map { $0 == (state == .down) } ?? false
  }

  private func isMissed(_ object: String, by state: StorageState) -> Bool? {
    let bricks = state.unknown == nil ? state.bricksOnline < state.bricks : nil
    let peers = state.peers > 0 ? state.peersConnected < state.peers : nil
    switch object {
    case "brick": return bricks
    case "peer": return peers
    case "host": return bricks == true || peers == true ? true : bricks
    default: return fleet.host(called: object).flatMap { state.misses($0.name, in: fleet) }
    }
  }

  private func isDown(_ object: String, in state: ManagerState) -> Bool? {
    if object == "host" { return state.nodes.values.contains { $0 != "online" } }
    if let vm = fleet.vm(called: object) { return state.resource(of: vm).map { !$0.isUp } }
    return fleet.host(called: object).flatMap { state.state(of: $0.name, in: fleet) }.map { $0 != "online" }
  }

  /// Why a condition of the scenario could never be seen, a line each: a view shows nothing that is known to be the host
  /// or virtual machine that it names.
  func unknownObjects(of scenario: Scenario) -> [String] {
    let triggers = scenario.timeline.compactMap { step in
      if case .when(let condition) = step.trigger { condition } else { nil }
    }
    var lines: [String] = []
    for case .sees(let view, let object, _) in triggers + scenario.guards.map(\.when) {
      guard let line = unknown(object, to: view), !lines.contains(line) else { continue }
      lines.append(line)
    }
    return lines
  }

  private func unknown(_ object: String, to view: String) -> String? {
    func line(_ thing: String, _ owner: String, _ others: some Sequence<String>) -> String {
      let others = others.sorted().prefix(12).joined(separator: ", ")
      return "\(view) shows no \(thing) that is known to be \(owner)"
        + (others.isEmpty ? "" : ": if it is \(others), write that into the aliases of \(owner) in the fleet")
    }
    func unmapped(_ names: some Sequence<String>) -> [String] {
      names.filter { fleet.host(called: $0) == nil }
    }
    if let state = manager[view], state.unknown == nil {
      if let vm = fleet.vm(called: object) {
        return state.resource(of: vm) == nil ? line("resource", vm.name, state.resources.keys) : nil
      }
      guard let host = fleet.host(called: object), state.node(of: host.name, in: fleet) == nil else {
        return nil
      }
      return line("node", host.name, unmapped(state.nodes.keys))
    }
    guard let state = storage[view], state.unknown == nil, let host = fleet.host(called: object),
      state.misses(host.name, in: fleet) == nil
    else { return nil }
    // A peer that is connected is shown by no name. So the host may be one that has no brick, unless a brick is on a host
    // that isn't known.
    let others = unmapped(state.hostNames)
    return others.isEmpty ? nil : line("brick", host.name, others)
  }
}
