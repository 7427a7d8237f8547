import FoundationEssentials
import Journal
import Scenario

/// Ceph's view of its monitors, OSDs and placement groups.
///
/// In its belief a brick is an OSD, a peer is a monitor, and an entry to heal is a placement group whose copies aren't
/// complete.
package struct Ceph: ViewKind {
  package let key = "ceph"
  package let summary = "Ceph's view of its monitors, OSDs and placement groups: {}"
  package let parameter: ViewParameter? = nil
  package let form = Belief.Form.storage
  /// One query takes half a second of processor time, which is too much for every host every second.
  package let vantage = Vantage.anyHost

  package init() {}

  /// Without a quorum of monitors the program would wait for 5 min.
  private static let program = ["ceph", "--connect-timeout", "3", "--format", "json"]

  package func question(_ spec: ViewSpec) -> ViewQuestion {
    let status = Self.program + ["status"]
    return .tools(spec.isAside ? [status] : [status, Self.program + ["osd", "tree"]])
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard let status = answers.first, answers.count <= 2 else {
      return Belief(form, unknown: "\(answers.count) answers instead of 2")
    }
    return .storage(StorageState(cephStatus: status, tree: answers.count == 2 ? answers[1] : nil))
  }

  package let versions = [(name: "ceph", command: ["ceph", "--version"])]

  package let discovery: [(name: StaticString, command: StaticString)] = [
    (name: "osds", command: "ceph --connect-timeout 3 --format json osd tree")
  ]

  package func discovered(_ answers: [String: ViewAnswer]) -> ViewDiscovery {
    guard let answer = answers["osds"] else { return ViewDiscovery() }
    do {
      let tree: OSDTree = try decoded(answer, from: "ceph osd tree")
      return ViewDiscovery(views: [ViewSpec(key)], hosts: Set(tree.hosts.map(\.name)))
    } catch {
      // A host without Ceph, or without its keyring.
      return ViewDiscovery()
    }
  }
}

extension StorageState {
  /// Ceph's belief, from the JSON of `ceph status` and `ceph osd tree`.
  ///
  /// An OSD that is out is not counted: Ceph keeps no data on it and makes the copies elsewhere.
  fileprivate init(cephStatus: ViewAnswer, tree: ViewAnswer?) {
    self.init()
    do {
      let status: CephStatus = try decoded(cephStatus, from: "ceph status")
      peers = Int(status.monmap.num_mons)
      peersConnected = min(status.quorum.count, peers)
      guard let tree else {
        unknown = "OSDs are queried on only one host"
        return
      }
      let osds: OSDTree = try decoded(tree, from: "ceph osd tree")
      var byName: [String: Bool] = [:]
      for (osd, host) in osds.osds where osd.isIn {
        byName[host.map { "\($0):/\(osd.name)" } ?? osd.name] = osd.status == "up"
      }
      bricks = byName.count
      bricksOnline = byName.values.count { $0 }
      bricksByName = byName.isEmpty ? nil : byName
      healBacklog = status.pgmap.groups.reduce(0) { $0 + ($1.isWhole ? 0 : Int($1.count)) }
      unknown = Self.doubt(status)
      if unknown == nil, isWhole, status.health.status == "HEALTH_ERR" {
        unknown = "ceph: HEALTH_ERR: " + status.health.errors.prefix(3).joined(separator: ", ")
      }
    } catch {
      unknown = "\(error)"
    }
  }

  /// Why the states of the placement groups don't count; nil if they do.
  private static func doubt(_ status: CephStatus) -> String? {
    // The monitors keep the last report of a manager that has ended.
    if !status.mgrmap.available {
      return "ceph: no manager (ceph-mgr) is active, so the states of placement groups are out of date"
    }
    let reported = status.pgmap.groups.reduce(0) { $0 + Int($1.count) }
    return reported == Int(status.pgmap.num_pgs)
      ? nil : "ceph: the states of \(reported) of \(status.pgmap.num_pgs) placement groups are known"
  }
}

/// `ceph status`. Counts that no cluster has don't fit and are refused.
private struct CephStatus: Decodable {
  var health: Health
  var quorum: [Int32]
  var monmap: Monitors
  var pgmap: Groups
  var mgrmap: Managers

  struct Health: Decodable {
    var status: String
    var checks: [String: Check]

    /// The messages of the errors that an operator has not muted.
    var errors: [String] {
      checks.values.filter { $0.severity == "HEALTH_ERR" && $0.muted != true }
        .map { String($0.summary.message.prefix(120)) }.sorted()
    }
  }

  struct Check: Decodable {
    struct Summary: Decodable { var message: String }
    var severity: String
    var summary: Summary
    var muted: Bool?
  }

  struct Monitors: Decodable { var num_mons: UInt16 }
  struct Managers: Decodable { var available: Bool }

  struct Groups: Decodable {
    var pgs_by_state: [Group]
    var num_pgs: UInt32

    var groups: [Group] { pgs_by_state }
  }

  struct Group: Decodable {
    var state_name: String
    var count: UInt32

    /// Whether all copies are complete and readable. Checks and deletions of old snapshots don't change that. See
    /// https://docs.ceph.com/en/latest/rados/operations/pg-states/.
    var isWhole: Bool {
      let states = Set(state_name.split(separator: "+"))
      return states.isSuperset(of: ["active", "clean"])
        && states.isSubset(of: ["active", "clean", "scrubbing", "deep", "snaptrim", "snaptrim_wait"])
    }
  }
}

/// `ceph osd tree`.
private struct OSDTree: Decodable {
  var nodes: [Node]
  /// The OSDs that the CRUSH map doesn't contain.
  var others: [Node]?

  private enum CodingKeys: String, CodingKey {
    case nodes
    case others = "stray"
  }

  struct Node: Decodable {
    var id: Int32
    var name: String
    var type: String
    var children: [Int32]?
    var status: String?
    var reweight: Double?

    var isIn: Bool { (reweight ?? 1) > 0 }
  }

  var hosts: [Node] { nodes.filter { $0.type == "host" } }

  /// Each OSD with the name of its host; nil if the CRUSH map has none for it.
  var osds: [(osd: Node, host: String?)] {
    var owners: [Int32: String] = [:]
    for host in hosts { for child in host.children ?? [] { owners[child] = host.name } }
    return (nodes + (others ?? [])).filter { $0.type == "osd" }.map { ($0, owners[$0.id]) }
  }
}

/// Reads a tool's JSON.
private func decoded<Value: Decodable>(_ answer: ViewAnswer, from tool: String) throws -> Value {
  if let failure = answer.failure { throw AnswerUnclear(tool: tool, reason: failure) }
  // The program writes its reason to stderr only, such as a missing keyring, or no monitor that has a quorum.
  if let code = answer.exitCode, code != 0 {
    throw AnswerUnclear(tool: tool, reason: "exit code \(code): no quorum of monitors, or no permission")
  }
  do {
    return try JSONDecoder().decode(Value.self, from: Data(answer.text.utf8))
  } catch {
    throw AnswerUnclear(tool: tool, reason: "not understood: \(answer.text.prefix(120))")
  }
}
