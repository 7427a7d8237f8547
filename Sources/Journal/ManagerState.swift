import Scenario

package struct ManagerState: Codable, Equatable, Sendable {
  /// Why the belief is unknown; nil if the other properties are valid.
  package var unknown: String?
  package var quorate: Bool
  /// Nodes by the manager's names: `online`, `offline`, `unclean`, `standby`, `maintenance`, `pending`. Nodes that
  /// are resources themselves (guests, bundles' containers) are not included.
  package var nodes: [String: String]
  /// Resources by their ids. All instances of a cloned resource are one entry, and so is a bundle.
  package var resources: [String: Resource]

  package init(
    unknown: String? = nil, quorate: Bool = false, nodes: [String: String] = [:],
    resources: [String: Resource] = [:]
  ) {
    self.unknown = unknown
    self.quorate = quorate
    self.nodes = nodes
    self.resources = resources
  }

  /// A manager's belief about a resource.
  package struct Resource: Codable, Equatable, Sendable {
    /// Its role, such as `Started`, `Stopped`, `Promoted`, `Unpromoted` or `Starting`. If it has several instances, this
    /// is their highest role.
    package var role: String
    /// The nodes on which it is active, by the manager's names.
    package var nodes: [String]
    /// Whether the manager reports it as failed.
    package var failed: Bool
    /// Whether the manager has stopped trying to start it.
    package var blocked: Bool
    /// The role that its configuration requires, if any: the target-role.
    package var target: String?
    /// The role of each instance of a cloned resource or bundle, by node; nil for a resource that has one instance.
    package var instances: [String: String]?
    /// The number of its instances that are active on no node; nil for a resource with one instance.
    package var stopped: Int?
    /// False if the manager doesn't manage it: an operator has set it unmanaged, or in maintenance.
    package var managed: Bool?
    /// True if it is no longer configured.
    package var orphaned: Bool?

    package init(
      role: String, nodes: [String], failed: Bool = false, blocked: Bool = false, target: String? = nil,
      instances: [String: String]? = nil, stopped: Int? = nil, managed: Bool? = nil, orphaned: Bool? = nil
    ) {
      self.role = role
      self.nodes = nodes
      self.failed = failed
      self.blocked = blocked
      self.target = target
      self.instances = instances
      self.stopped = stopped
      self.managed = managed
      self.orphaned = orphaned
    }
  }

  /// Whether everything is in the state that the manager's configuration requires; see `complaints(since:)`.
  package var isWell: Bool { unknown == nil && complaints().isEmpty }

  /// The deviations from the required state, one item each: `no quorum`, `falco offline`, `web Stopped`.
  ///
  /// The manager's output doesn't show how many instances of a cloned resource should be active, since constraints may
  /// exclude nodes. An earlier healthy state shows it.
  ///
  /// - Parameter before: a healthy state. Every object in it must still be present.
  package func complaints(since before: ManagerState? = nil) -> [String] {
    let nodes = nodes.filter { $0.value != "online" }.sorted { $0.key < $1.key }.map {
      "\($0.key) \($0.value)"
    }
    let resources = resources.sorted { $0.key < $1.key }.compactMap { name, resource -> String? in
      if !resource.isWell { return "\(name) \(resource)" }
      guard let earlier = before?.resources[name], resource.isLess(than: earlier) else { return nil }
      return "\(name) \(resource); before: \(earlier)"
    }
    return (quorate ? [] : ["no quorum"]) + nodes + resources
  }
}

extension ManagerState.Resource {
  private static let activeRoles: Set = ["Started", "Promoted", "Unpromoted"]

  /// Whether its role is the one that its configuration requires, without a failure.
  ///
  /// A resource that the manager doesn't manage, or that is no longer configured, has no required role.
  package var isWell: Bool {
    if failed || blocked { return false }
    if managed == false || orphaned == true { return true }
    if target == "Stopped" { return nodes.isEmpty }
    guard let instances else { return role == "Started" && nodes.count == 1 }
    let roles = Set(instances.values)
    return !roles.isEmpty && roles.isSubset(of: Self.activeRoles)
      && (target != "Promoted" || roles.contains("Promoted"))
      && (target != "Unpromoted" || !roles.contains("Promoted"))
  }

  /// Whether it provides its service: healthy, and active somewhere.
  package var isUp: Bool { isWell && !nodes.isEmpty }

  /// Whether fewer instances are active than before, or others than those are promoted.
  fileprivate func isLess(than earlier: Self) -> Bool {
    guard let instances, let before = earlier.instances, isWell, target != "Stopped" else { return false }
    func promoted(_ instances: [String: String]) -> Int { instances.values.count { $0 == "Promoted" } }
    return instances.count < before.count || promoted(instances) != promoted(before)
  }
}

extension ManagerState.Resource: CustomStringConvertible {
  /// `Started on dauntless`, `Stopped`, `Promoted on dauntless, Unpromoted on falco`, `Started on dauntless (failed,
  /// blocked)`, `Started on falco (target-role Stopped)`.
  package var description: String {
    var marks = (failed ? ["failed"] : []) + (blocked ? ["blocked"] : [])
    if managed == false { marks.append("unmanaged") }
    if orphaned == true { marks.append("orphaned") }
    if let target, target != role, !(target == "Started" && Self.activeRoles.contains(role)) {
      marks.append("target-role \(target)")
    }
    return place + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
  }

  private var place: String {
    guard let instances, !instances.isEmpty else {
      return role + (nodes.isEmpty ? "" : " on \(nodes.joined(separator: ", "))")
    }
    let roles = Dictionary(grouping: instances.keys.sorted()) { instances[$0] ?? "" }
    let parts = roles.sorted { $0.key < $1.key }.map { "\($0.key) on \($0.value.joined(separator: ", "))" }
    let rest = stopped ?? 0
    return (parts + (rest == 0 ? [] : ["\(rest) stopped"])).joined(separator: ", ")
  }
}
