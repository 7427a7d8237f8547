import Journal
import Scenario

/// The present beliefs of the fleet's views. Conditions, baselines and quorum use them.
package struct PlatformViews: Sendable {
  private let fleet: Fleet
  /// By view, the belief that the run uses.
  package private(set) var beliefs: [String: Belief] = [:]
  /// By view, the belief of each queried host.
  private var byHost: [String: HostBeliefs] = [:]

  /// Views of a fleet that have no belief yet.
  package init(of fleet: Fleet) { self.fleet = fleet }

  /// Records a view's belief. Returns whether it must be recorded: it differs from the one before, or
  /// its data are much older.
  ///
  /// - Parameters:
  ///   - source: the host that was queried; nil if the controller queried no host.
  ///   - isAside: whether the run uses another host's belief.
  package mutating func take(
    _ belief: Belief, of view: String, from source: String? = nil, isAside: Bool = false
  ) -> Bool {
    let (sourceBefore, before) = (byHost[view]?.source, last(of: view, from: source, isAside: isAside))
    let isRecorded = belief.isRecorded(by: before)
    // The recorded age is kept, so that a record follows when the data are much older than in the last one.
    let kept = isRecorded ? before ?? belief : belief
    byHost[view, default: HostBeliefs()].take(kept, from: source, isAside: isAside)
    if isAside { return !isRecorded }
    beliefs[view] = kept
    return !isRecorded || sourceBefore != source
  }

  /// The last recorded belief of a host, or the one that the run uses; nil if there is none.
  func last(of view: String, from source: String?, isAside: Bool) -> Belief? {
    isAside ? source.flatMap { byHost[view]?.beliefs[$0] } : beliefs[view]
  }

  /// Forgets the beliefs of a host that doesn't answer; returns its new beliefs, by view.
  mutating func forget(_ host: String) -> [(view: String, belief: Belief)] {
    var lost: [(view: String, belief: Belief)] = []
    for (view, hosts) in byHost.sorted(by: { $0.key < $1.key }) {
      // If a view is queried on one host at a time, the next host's answer replaces this belief.
      guard hosts.isOfEveryHost, let belief = hosts.beliefs[host]
      else { continue }
      let unknown = Belief(belief.form, unknown: "\(host) doesn't answer")
      if belief == unknown { continue }
      byHost[view]?.take(unknown, from: host, isAside: true)
      lost.append((view, unknown))
    }
    return lost
  }

  /// Storage's beliefs, by view.
  var storage: [String: StorageState] {
    beliefs.compactMapValues { if case .storage(let state) = $0 { state } else { nil } }
  }

  /// Managers' beliefs, by view.
  var manager: [String: ManagerState] {
    beliefs.compactMapValues { if case .manager(let state) = $0 { state } else { nil } }
  }

  /// Whether a view that can show broken hosts has no belief yet.
  var isAwaited: Bool {
    fleet.views.contains { beliefs[$0.name] == nil }
  }

  /// Why a view's belief is unhealthy; nil if it is healthy.
  ///
  /// - Parameter before: the beliefs when the platform was healthy. An object that was present then must still be
  ///   present.
  func unwell(_ name: String, since before: PlatformViews? = nil) -> String? {
    if fleet.view(name) == nil { return nil }
    guard let belief = beliefs[name] else { return "\(name): no belief yet" }
    if let reason = belief.unwell(since: before?.beliefs[name]) { return "\(name): \(reason)" }
    // Hosts that don't have this part of the platform have no belief. The first unhealthy one by name is reported.
    var first: (host: String, reason: String)?
    for (host, belief) in asides(of: name) where belief.unknown == nil {
      if let first, first.host < host { continue }
      if let reason = belief.unwell(since: before?.byHost[name]?.beliefs[host]) { first = (host, reason) }
    }
    return first.map { "\(name) by \($0.host): \($0.reason)" }
  }

  /// The other beliefs, which the run doesn't use, of a view that is queried on every host; in no order.
  private func asides(of view: String) -> some Sequence<(key: String, value: Belief)> {
    let hosts = byHost[view].flatMap { $0.isOfEveryHost ? $0 : nil }
    return (hosts?.beliefs ?? [:]).lazy.filter { $0.key != hosts?.source }
  }

  // MARK: Conditions

  /// Whether a view shows an object in a state. `host`, `brick`, `peer` and `anything` match any object. Any other name
  /// is a host or a virtual machine of the fleet, by any name that the view has for it.
  ///
  /// Storage and managers have one belief about the whole platform, so the belief that the run uses decides. A verdict
  /// may be about the host that reports it, so each host's verdict counts.
  func sees(_ view: String, _ object: String, _ state: Condition.State) -> Bool {
    let isDown: Bool? =
      switch beliefs[view] {
      case .storage(let seen): isMissed(object, by: seen)
      case .manager(let seen): seen.unknown == nil ? self.isDown(object, in: seen) : nil
      case .verdict(let seen): isDown(object, by: seen, of: view)
      case nil: nil
      }
    return isDown.map { $0 == (state == .down) } ?? false
  }

  private func isDown(_ object: String, by verdict: Verdict, of view: String) -> Bool? {
    var verdicts = [(host: byHost[view]?.source, verdict: verdict)]
    for (host, belief) in asides(of: view) {
      if case .verdict(let verdict) = belief { verdicts.append((host, verdict)) }
    }
    let named = fleet.host(called: object)?.name
    let isVM = fleet.vm(called: object) != nil
    let answers = verdicts.compactMap { host, verdict -> Bool? in
      if let host, verdict.unknown == nil, object == "host" || named == host, !isVM {
        return !verdict.complaints.isEmpty || verdict.isDown(object, in: fleet) == true
      }
      return verdict.isDown(object, in: fleet)
    }
    return answers.isEmpty ? nil : answers.contains(true)
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

  /// Why a condition of the scenario can never become true, a line each: the view shows no object that is known to be
  /// the host or the virtual machine in the condition.
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
        + (others.isEmpty
          ? "" : ": if it is \(others), add that name to the aliases of \(owner) in the fleet")
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
    // A view doesn't show the name of a connected peer. So the host may be a peer without a brick, unless a brick is on
    // an unknown host.
    let others = unmapped(state.hostNames)
    return others.isEmpty ? nil : line("brick", host.name, others)
  }
}
