import FoundationEssentials
import Libvirt
import Linux
import Scenario

/// `vm.migrate`: the cluster manager must move a virtual machine.
///
/// The manager itself migrates it, since a machine that something else moved would be started again by the manager while
/// it runs elsewhere.
package struct VMMigrate: LeasedFault {
  let domain: String
  /// The machine's resource in Pacemaker.
  let resource: String
  /// The host that it must move to; nil for any other one.
  let to: Destination?
  /// The length of the lease.
  let lasts: Nanoseconds

  /// A host of the fleet, with its possible names as a node of the cluster.
  struct Destination: Codable, Sendable {
    var host: String
    var names: [String]
  }

  /// How long after the lease Pacemaker still observes the constraint if nothing of Murphy is left. The clocks of the
  /// cluster's nodes may differ.
  private static let grace = Nanoseconds.seconds(60)

  package static let description = FaultDescription(
    name: "vm.migrate",
    summary:
      "A virtual machine must leave its host: Pacemaker migrates it live, and decides after the fault where it runs.",
    targets: [.vm],
    parameters: [
      .init(
        name: "to", summary: "The host that it must move to; any other host without it.", form: .line("HOST"),
        standard: nil),
      .init(
        name: "resource", summary: "Its resource in Pacemaker, if that isn't named as its domain.",
        form: .line("RESOURCE"), standard: nil),
    ], extent: .held,
    variants: [
      .init("any other host", observed: .byItsTests(because: "torture's hosts run no Pacemaker"))
    ])

  /// The move of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
    resource = Self.text("resource", of: step) ?? domain
    if !PacemakerClient.isName(resource) {
      throw StepRefused(step, "\(MigrationRefused.name(resource))", of: "resource")
    }
    if let name = Self.text("to", of: step) {
      guard let there = fleet.host(name) else {
        throw StepRefused(step, "to is a host of the fleet file", of: "to")
      }
      to = Destination(host: there.name, names: [there.name, there.sshHost] + (there.aliases ?? []))
    } else {
      to = nil
    }
    lasts = step.duration
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var constraint: LocationConstraint
  }

  /// `web (to any other host)`.
  package var object: String { "\(domain) (to \(to?.host ?? "any other host"))" }
  package var footprint: [Resource] { [Resource(.domain, domain), Resource(.clusterResource, resource)] }
  package var undoing: String {
    "removes its constraint from Pacemaker's configuration; Pacemaker decides where \(domain) then runs"
  }
  package var reversal: Reversal { .restore }
  package var kernelRevert: KernelRevert {
    .survivesBoot(
      because:
        "the constraint stays in Pacemaker's configuration, without effect from a minute after the lease on")
  }
  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// Pacemaker's announcements are not used.
  package var signals: Set<EffectSignal> { [] }
  /// Each observation starts a program, which queries the cluster's configuration.
  package var lookInterval: Nanoseconds { .seconds(1) }

  /// Whether the domain runs here, and Pacemaker runs it here and would migrate it.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { _ in
      // A lease's name is needed for the constraint alone.
      _ = try constraint(of: "", using: instruments)
      return []
    }
  }

  package func remarks(using instruments: Instruments) throws -> [String] {
    [
      "Pacemaker decides whether \(domain) moves: it stays if no other node can run it, or its resource-stickiness is "
        + "INFINITY, and is stopped and started if something that it depends on can't move with it (see crm_simulate)"
    ]
  }

  private func constraint(of lease: String, using instruments: Instruments) throws -> LocationConstraint {
    let pacemaker = instruments.pacemaker
    // An assignment may come from any controller.
    if !PacemakerClient.isName(resource) { throw MigrationRefused.name(resource) }
    guard let file = try pacemaker.definition(of: resource), try Self.domain(in: file) == domain else {
      throw MigrationRefused.otherDomain(resource, domain)
    }
    let here = try pacemaker.ownNode()
    let nodes = try pacemaker.nodes(of: resource)
    if !PacemakerClient.isName(here) || nodes != [here] {
      throw MigrationRefused.elsewhere(resource, nodes: nodes, here: here)
    }
    if try !pacemaker.manages(resource) { throw MigrationRefused.unmanaged(resource) }
    if try !pacemaker.mayMigrate(resource) { throw MigrationRefused.notLive(resource) }
    guard let to else {
      if try pacemaker.isOptIn() { throw MigrationRefused.optIn }
      return LocationConstraint(lease: lease, resource: resource, node: here, isWanted: false)
    }
    guard let there = try to.names.first(where: { try pacemaker.hasNode($0) }) else {
      throw MigrationRefused.noNode(to.names)
    }
    if there == here { throw MigrationRefused.there(domain, to.host) }
    return LocationConstraint(lease: lease, resource: resource, node: there, isWanted: true)
  }

  /// The name in a domain's definition, as Pacemaker's resource agent reads it: a line with nothing else.
  private static func domain(in file: String) throws(SystemError) -> String? {
    let (begin, end) = ("<name>", "</name>")
    for line in String(decoding: try DurableFile.read(file), as: UTF8.self).split(whereSeparator: \.isNewline)
    {
      let text = line.drop { $0.isWhitespace }
      guard text.hasPrefix(begin), let close = text.firstRange(of: end) else { continue }
      return String(text[..<close.lowerBound].dropFirst(begin.count))
    }
    return nil
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    _ = try instruments.runningDomain(domain)
    return Undo(constraint: try constraint(of: lease, using: instruments))
  }

  var injection: Injection<Undo> {
    let lasts = lasts
    return .untilReverted(
      because: "a constraint stays in Pacemaker's configuration until it is removed", byDaemon: true
    ) { undo, instruments in
      // The date is only for the case that nothing of Murphy is left, and Pacemaker compares it with wall clocks.
      try instruments.pacemaker.add(
        undo.constraint, until: Nanoseconds(Clock.realtime.now) + lasts + Self.grace)
    }
  }

  /// Whether the configuration has the constraint. What Pacemaker does then is the platform's reaction.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let words = "the constraint \(undo.constraint.name): \(undo.constraint.words)"
    return try instruments.pacemaker.has(undo.constraint)
      ? .active(evidence: "Pacemaker's configuration has \(words)")
      : .inactive(because: "Pacemaker's configuration lacks \(words)")
  }

  /// Removes the lease's own constraint. Those of other leases and of users stay.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    try instruments.pacemaker.remove(undo.constraint)
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try instruments.pacemaker.hasAny(undo.constraint)
      ? [
        "Pacemaker's configuration has the constraint \(undo.constraint.name): remove it "
          + "(cibadmin --delete --xpath \"\(undo.constraint.queryByName)\")"
      ] : []
  }
}

/// Why Pacemaker can't be made to migrate a virtual machine.
enum MigrationRefused: Error, Equatable, CustomStringConvertible {
  /// No resource can have this name.
  case name(String)
  /// The cluster has no such resource.
  case noResource(String)
  /// The resource runs another domain than this one, or none.
  case otherDomain(String, String)
  /// Pacemaker doesn't run the resource on this node alone.
  case elsewhere(String, nodes: [String], here: String)
  /// The resource or the cluster is unmanaged.
  case unmanaged(String)
  /// Pacemaker would stop and start the resource.
  case notLive(String)
  /// The constraint would permit nodes that the cluster's administrator has not permitted.
  case optIn
  /// No node of the cluster has one of these names.
  case noNode([String])
  /// The machine runs there already.
  case there(String, String)

  var description: String {
    switch self {
    case .name(let name): "no resource of Pacemaker can be named '\(name)': letters, digits, -, _ and ."
    case .noResource(let resource):
      "Pacemaker has no resource \(resource): write resource: NAME; a machine that Pacemaker doesn't manage can't be migrated "
        + "by Murphy"
    case .otherDomain(let resource, let domain):
      "Pacemaker's resource \(resource) doesn't run the domain \(domain) (its parameter config): write resource: NAME"
    case .elsewhere(let resource, let nodes, let here):
      "Pacemaker shows \(resource) on \(nodes.isEmpty ? "no node" : nodes.joined(separator: ", ")), not on this node "
        + "(\(here)): run crm_resource --refresh"
    case .unmanaged(let resource):
      "Pacemaker doesn't act on \(resource): end the maintenance (crm_resource --resource \(resource) --meta "
        + "--set-parameter is-managed --parameter-value true)"
    case .notLive(let resource):
      "Pacemaker would stop and start \(resource), not migrate it: set its meta attribute allow-migrate"
    case .optIn:
      "this cluster runs resources only where a constraint permits it (symmetric-cluster is false): name the host in to"
    case .noNode(let names):
      "no node of the cluster is named \(names.joined(separator: " or ")): add the name to the host's aliases"
    case .there(let domain, let host): "\(domain) runs on \(host) already: write another host as `to`"
    }
  }
}
