import Journal
import Scenario

/// Pacemaker's view of its nodes and resources.
package struct Pacemaker: ViewKind {
  package let key = "pacemaker"
  package let summary = "Pacemaker's view of its nodes and resources: {}"
  package let parameter: ViewParameter? = nil
  package let form = Belief.Form.manager
  package let vantage = Vantage.everyHost

  package let versions = [
    (name: "pacemaker", command: ["pacemakerd", "--version"]),
    (name: "corosync", command: ["corosync", "-v"]),
  ]

  package let discovery: [(name: StaticString, command: StaticString)] = [
    (name: "cluster", command: "crm_mon --output-as=xml"), (name: "node", command: "crm_node -n"),
  ]

  package init() {}

  package func discovered(_ answers: [String: ViewAnswer]) -> ViewDiscovery {
    var found = ViewDiscovery()
    if let node = answers["node"], node.exitCode == 0 {
      found.node = node.text.split(whereSeparator: \.isNewline).first.map(String.init)
    }
    guard let root = answers["cluster"].flatMap({ XMLTree($0.text) })?.root else { return found }
    let status = root.children.first { $0.name == "status" }
    guard status == nil || status?.attribute("code") == "0" else { return found }
    found.views = [ViewSpec(key)]
    found.hosts = Set(
      root.all("nodes").flatMap(\.children).filter { $0.name == "node" }.map { $0.attribute("name") })
    return found
  }

  package func question(_ spec: ViewSpec) -> ViewQuestion { .tools([["crm_mon", "--output-as=xml"]]) }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard answers.count == 1 else { return Belief(form, unknown: "\(answers.count) answers instead of 1") }
    return .manager(ManagerState(pacemaker: answers[0].text))
  }
}

extension ManagerState {
  /// Pacemaker's belief, from the output of `crm_mon --output-as=xml`.
  package init(pacemaker output: String) {
    self.init()
    do {
      let root = try answer(output, from: "crm_mon")
      quorate = root.all("current_dc").contains { $0.attribute("with_quorum") == "true" }
      resources = ResourceReader(root).resources
      for node in root.all("nodes").flatMap(\.children) where node.name == "node" {
        let name = node.attribute("name")
        // A guest or container that is a node is also a resource, and is shown as a resource.
        if !node.attribute("id_as_resource").isEmpty || !node.attribute("container_id").isEmpty { continue }
        // A remote node whose connection an operator has stopped is in its intended state.
        if node.attribute("type") == "remote", resources[name]?.target == "Stopped" { continue }
        nodes[name] = Self.state(of: node)
      }
    } catch {
      unknown = "\(error)"
    }
  }

  /// In crm_mon's order of precedence: an offline node is shown as offline, even if it is also in standby or
  /// maintenance.
  private static func state(of node: XMLTree.Element) -> String {
    let states = ["unclean", "pending"].filter { node.attribute($0) == "true" }
    if let state = states.first { return state }
    if node.attribute("online") != "true" { return "offline" }
    return ["standby", "maintenance"].first { node.attribute($0) == "true" } ?? "online"
  }
}

/// Reads the tree of resources: primitives, groups, clones and bundles.
private struct ResourceReader {
  private(set) var resources: [String: ManagerState.Resource] = [:]
  /// The resources whose start failed on some node, and whose failure was not cleaned up.
  private let startFailures: [String]
  private let allStopped: Bool

  init(_ root: XMLTree.Element) {
    startFailures = root.all("failures").flatMap(\.children).compactMap(Self.resource(ofStartFailure:))
    allStopped = root.all("cluster_options").contains { $0.attribute("stop-all-resources") == "true" }
    for list in root.all("resources") { read(list.children, isCloned: false) }
  }

  private mutating func read(_ elements: [XMLTree.Element], isCloned: Bool) {
    for element in elements {
      switch element.name {
      case "resource": take(resource(element), as: element.attribute("id"), isCloned: isCloned)
      case "group": readGroup(element, isCloned: isCloned)
      case "clone": read(element.children, isCloned: true)
      case "bundle": readBundle(element)
      default: break
      }
    }
  }

  private mutating func readGroup(_ group: XMLTree.Element, isCloned: Bool) {
    var isStopped = false
    for element in group.children where element.name == "resource" {
      // A group starts its members in order, so the members after one that an operator stopped aren't started.
      let member = resource(element, isStopped: isStopped)
      isStopped = member.target == "Stopped"
      take(member, as: element.attribute("id"), isCloned: isCloned)
    }
  }

  /// A bundle is one resource. Each replica is an instance on the node of its container, with the role of the primitive
  /// inside. A replica is active if all of its parts are active.
  private mutating func readBundle(_ bundle: XMLTree.Element) {
    for replica in bundle.children where replica.name == "replica" {
      let parts = replica.children.filter { $0.name == "resource" }
      var whole = ManagerState.Resource(role: "Stopped", nodes: [])
      for (element, part) in zip(parts, parts.map { resource($0) }) {
        whole.failed = whole.failed || part.failed
        whole.blocked = whole.blocked || part.blocked
        whole.target = part.target ?? whole.target
        if part.managed == false { whole.managed = false }
        if part.orphaned == true { whole.orphaned = true }
        let agent = element.attribute("resource_agent")
        if [":docker", ":podman", ":rkt"].contains(where: agent.hasSuffix) { whole.nodes = part.nodes }
      }
      if let role = parts.map({ Self.role($0.attribute("role")) }).min(by: { Self.rank($0) < Self.rank($1) }),
        !whole.nodes.isEmpty
      {
        whole.role = role
      }
      take(whole, as: bundle.attribute("id"), isCloned: true)
    }
  }

  /// - Parameter isStopped: whether an operator stopped something that it depends on.
  private func resource(_ element: XMLTree.Element, isStopped: Bool = false) -> ManagerState.Resource {
    let word = element.attribute("target_role")
    let target: String? = allStopped || isStopped ? "Stopped" : word.isEmpty ? nil : Self.role(word)
    var resource = ManagerState.Resource(
      role: Self.role(element.attribute("role")),
      nodes: element.children.filter { $0.name == "node" }.map { $0.attribute("name") }.sorted(),
      failed: element.attribute("failed") == "true" && element.attribute("failure_ignored") != "true",
      blocked: element.attribute("blocked") == "true", target: target,
      managed: element.attribute("managed") == "false" ? false : nil,
      orphaned: element.attribute("orphaned") == "true" ? true : nil)
    // An instance that failed to start and an instance without a permitted node look the same. Only the failure record
    // distinguishes them.
    if resource.nodes.isEmpty, target != "Stopped",
      startFailures.contains(Self.withoutInstance(element.attribute("id")))
    {
      resource.failed = true
    }
    return resource
  }

  /// Adds a resource, or an instance of one.
  private mutating func take(_ part: ManagerState.Resource, as id: String, isCloned: Bool) {
    guard isCloned else {
      resources[id] = part
      return
    }
    let id = Self.withoutInstance(id)
    var whole = resources[id] ?? ManagerState.Resource(role: "Stopped", nodes: [], instances: [:], stopped: 0)
    if Self.rank(part.role) > Self.rank(whole.role) { whole.role = part.role }
    whole.nodes = Set(whole.nodes).union(part.nodes).sorted()
    whole.failed = whole.failed || part.failed
    whole.blocked = whole.blocked || part.blocked
    whole.target = part.target ?? whole.target
    whole.managed = part.managed ?? whole.managed
    whole.orphaned = part.orphaned ?? whole.orphaned
    if part.nodes.isEmpty { whole.stopped = (whole.stopped ?? 0) + 1 }
    for node in part.nodes {
      let other = whole.instances?[node]
      whole.instances?[node] =
        other.map { Self.rank($0) < Self.rank(part.role) ? $0 : part.role } ?? part.role
    }
    resources[id] = whole
  }

  /// A role by its current name. Pacemaker 1.1 and 2.0 used other names, and `target-role` may be written in any case.
  private static func role(_ word: String) -> String {
    switch word.lowercased() {
    case "master", "promoted": "Promoted"
    case "slave", "unpromoted": "Unpromoted"
    default: word.prefix(1).uppercased() + word.dropFirst().lowercased()
    }
  }

  /// The order of roles, from stopped to active; all other roles are in between.
  private static func rank(_ role: String) -> Int {
    switch role {
    case "Promoted": 4
    case "Started": 3
    case "Unpromoted": 2
    case "Stopped": 0
    default: 1
    }
  }

  /// For example `drbd` for `drbd:1`, an instance's id.
  private static func withoutInstance(_ id: String) -> String {
    guard let colon = id.lastIndex(of: ":"), id[colon...].dropFirst().allSatisfy(\.isNumber) else {
      return id
    }
    return String(id[..<colon])
  }

  /// For example `drbd` for the failure `drbd:1_start_0`; nil if it isn't a failed start.
  private static func resource(ofStartFailure failure: XMLTree.Element) -> String? {
    let suffix = "_start_0"
    let key = ["op_key", "id"].map(failure.attribute).first { $0.hasSuffix(suffix) }
    return key.map { withoutInstance(String($0.dropLast(suffix.count))) }
  }
}
