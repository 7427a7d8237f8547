import Glibc
import Linux
import Scenario

/// The programs of a host's Pacemaker: crm_node(8), crm_resource(8), crm_mon(8) and cibadmin(8).
struct PacemakerClient: Sendable {
  /// The environment of its programs.
  var environment = ToolEnvironment.bare

  private static let patience = Duration.seconds(10)
  /// The exit code of a query that finds nothing; CRM_EX_NOSUCH in crm/common/results.h.
  private static let nothingFound: Int32 = 105

  /// Whether a name can be part of a query and of the configuration. Pacemaker's own names are XML names.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-") && text.utf8.count <= 255
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
      }
  }

  // MARK: The cluster

  /// The name of this host as a node.
  ///
  /// - Throws: `ProcessFailure` if Pacemaker doesn't run here.
  func ownNode() throws(ProcessFailure) -> String {
    try lines(of: ["crm_node", "--name"]).first ?? ""
  }

  /// Whether the cluster has a node with this name.
  func hasNode(_ name: String) throws(ProcessFailure) -> Bool {
    if !Self.isName(name) { return false }
    return try finds("//nodes/node[@uname='\(name)']")
  }

  /// The file with the definition of a resource's domain; see ocf_heartbeat_VirtualDomain(7). Nil if the resource has
  /// none.
  ///
  /// - Throws: `MigrationRefused.noResource`, `ProcessFailure`.
  func definition(of resource: String) throws -> String? {
    let outcome = try run(["crm_resource", "--resource", resource, "--get-parameter", "config"])
    if outcome.end.code == Self.nothingFound { throw MigrationRefused.noResource(resource) }
    return try outcome.success().split(whereSeparator: \.isNewline).first.map(String.init)
  }

  /// The nodes on which a resource runs.
  func nodes(of resource: String) throws(ProcessFailure) -> [String] {
    try lines(of: ["crm_resource", "--resource", resource, "--locate", "--quiet"])
  }

  /// Whether Pacemaker may migrate a resource instead of stopping and starting it.
  func mayMigrate(_ resource: String) throws(ProcessFailure) -> Bool {
    let words = try lines(of: [
      "crm_resource", "--resource", resource, "--meta", "--get-parameter", "allow-migrate",
    ])
    // crm_is_true() in Pacemaker.
    return ["true", "on", "yes", "y", "1"].contains(words.first?.lowercased() ?? "")
  }

  /// Whether Pacemaker acts on a resource: neither it nor the cluster is unmanaged or in maintenance.
  func manages(_ resource: String) throws(ProcessFailure) -> Bool {
    let own = try lines(of: ["crm_mon", "--output-as=xml"]).filter {
      $0.contains("<resource id=\"\(resource)\" ")
    }
    return !own.isEmpty && own.allSatisfy { $0.contains(" managed=\"true\"") }
  }

  /// Whether a resource runs only on nodes that a constraint of the cluster's administrator names.
  func isOptIn() throws(ProcessFailure) -> Bool {
    try lines(of: ["crm_mon", "--output-as=xml"]).contains { $0.contains(" symmetric-cluster=\"false\"") }
  }

  // MARK: Its configuration

  /// Adds a constraint.
  ///
  /// - Parameter end: after this time Pacemaker ignores it, on the cluster's wall clocks.
  func add(_ constraint: LocationConstraint, until end: Nanoseconds) throws(ProcessFailure) {
    _ = try run([
      "cibadmin", "--create", "--scope", "constraints", "--xml-text", constraint.xml(until: end),
    ]).success()
  }

  /// Whether the configuration has a constraint as it was added.
  func has(_ constraint: LocationConstraint) throws(ProcessFailure) -> Bool { try finds(constraint.query) }

  /// Whether the configuration has a constraint with this one's name, even if it was changed.
  func hasAny(_ constraint: LocationConstraint) throws(ProcessFailure) -> Bool {
    try finds(constraint.queryByName)
  }

  /// Removes a constraint, if it is there.
  func remove(_ constraint: LocationConstraint) throws(ProcessFailure) {
    let outcome = try run(["cibadmin", "--delete", "--xpath", constraint.queryByName])
    if outcome.end.code != Self.nothingFound { _ = try outcome.success() }
  }

  private func finds(_ query: String) throws(ProcessFailure) -> Bool {
    let outcome = try run(["cibadmin", "--query", "--xpath", query])
    if outcome.end.code == Self.nothingFound { return false }
    _ = try outcome.success()
    return true
  }

  private func lines(of command: [String]) throws(ProcessFailure) -> [String] {
    try run(command).success().split(whereSeparator: \.isNewline).map(String.init)
  }

  private func run(_ command: [String]) throws(ProcessFailure) -> ProcessOutcome {
    try ChildProcess.run(command, environment: environment, within: Self.patience)
  }
}

/// A constraint of a lease in Pacemaker's configuration: a resource must run on a node, or on any other node, if it can.
///
/// It adds INFINITY to the scores of the wanted nodes, so it never stops the resource: a node with a negative score, as
/// `crm_resource --ban` gives it, can't run the resource even if no other one can.
struct LocationConstraint: Codable, Equatable, Sendable {
  let lease: String
  let resource: String
  let node: String
  /// Whether the resource must run on the node; otherwise it must run on another one.
  let isWanted: Bool

  /// Its name in the configuration.
  var name: String { "murphy-\(lease)" }
  private var operation: String { isWanted ? "eq" : "ne" }
  /// `web must run on excelsior`.
  var words: String { "\(resource) must run on \(isWanted ? "" : "another node than ")\(node)" }

  var queryByName: String { "//constraints/rsc_location[@id='\(name)']" }
  var query: String {
    "//constraints/rsc_location[@id='\(name)' and @rsc='\(resource)']/rule[@score='INFINITY']"
      + "/expression[@attribute='#uname' and @operation='\(operation)' and @value='\(node)']"
  }

  /// A rule with a date, as `crm_resource --lifetime` writes it.
  func xml(until end: Nanoseconds) -> String {
    """
    <rsc_location id="\(name)" rsc="\(resource)"><rule id="\(name)-rule" score="INFINITY" boolean-op="and">\
    <expression id="\(name)-node" attribute="#uname" operation="\(operation)" value="\(node)" type="string"/>\
    <date_expression id="\(name)-end" operation="lt" end="\(Self.date(end))"/></rule></rsc_location>
    """
  }

  /// `2026-11-28 08:30:00Z`.
  private static func date(_ time: Nanoseconds) -> String {
    var seconds = time_t(time.count / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
