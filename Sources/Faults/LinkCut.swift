import Glibc
import Netlink
import Nftables
import Scenario

/// Some of a host's links, cut: what `host.unplug` and `link.drop` have in common.
public struct LinkCut: Codable, Sendable {
  /// How a link is cut.
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// The link goes down: both ends lose their carrier, and the kernel forgets addresses and routes.
    case carrier
    /// The link stays up and loses every frame, as a switch with a broken table does. Dropped on the netdev hooks,
    /// which also see the bridged traffic of guests.
    case silent
  }

  /// Which way is cut, as the host sees it.
  public enum Direction: String, Codable, CaseIterable, Sendable {
    /// What comes in.
    case `in`
    /// What goes out.
    case out
    /// Both.
    case both
  }

  /// The links, by name.
  public let links: [String]
  /// How they are cut.
  public let mode: Mode
  /// Which way.
  public let direction: Direction

  static let modeParameter = FaultDescription.Parameter(
    name: "mode",
    summary: "carrier: the link goes down. silent: it stays up and every frame is lost, guests' too.",
    form: .word(Mode.allCases.map(\.rawValue)), standard: .word(Mode.carrier.rawValue))

  init(_ step: Step, links: [String], mode: String?, direction: String?) throws(StepRefused) {
    guard let mode = mode.flatMap(Mode.init), let direction = direction.flatMap(Direction.init) else {
      throw StepRefused(step, "mode is carrier or silent; direction is in, out or both")
    }
    if mode == .carrier, direction != .both {
      throw StepRefused(
        step, "a carrier is lost both ways; for direction: \(direction.rawValue) write mode: silent")
    }
    self.links = links
    self.mode = mode
    self.direction = direction
  }

  /// All that the revert needs.
  struct Undo: Codable, Sendable {
    /// The links as they were.
    var links: [LinkSnapshot]
    /// The table that drops their frames, in the silent mode.
    var table: Table.ID?
  }

  var object: String {
    let way = direction == .both ? "" : ", \(direction.rawValue)"
    return "\(links.joined(separator: ", ")) (\(mode.rawValue)\(way))"
  }

  var undoing: String {
    switch mode {
    case .carrier:
      "links set up again, with the addresses, routes, qdiscs and neighbours that the snapshot recorded"
    case .silent: "the nft table of this lease deleted"
    }
  }

  func cuts(controlPath: ControlPath) -> Bool { !Set(links).isDisjoint(with: controlPath.links) }

  func missing(using instruments: Instruments) -> [String] {
    var lines: [String] = []
    var present: [String] = []
    if links.isEmpty { lines.append("no link is named: nothing could be cut") }
    for link in links {
      do {
        let isUp = try instruments.routes().link(.name(link)).isUp
        present.append(link)
        if !isUp { lines.append("link \(link) is down already: nothing could be cut") }
      } catch {
        lines.append("link \(link): \(error)")
      }
    }
    switch mode {
    case .carrier: lines += HostRequirements.linkChanges(using: instruments)
    case .silent:
      do {
        // No chain hangs on a link that isn't there, and that is told already.
        lines += HostRequirements.table(
          try rules.table(for: "check", chains(on: present)), using: instruments)
      } catch {
        lines.append("\(error)")
      }
    }
    return lines
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let routes = try instruments.routes()
    return Undo(
      links: try links.map { try LinkSnapshot.take(of: .name($0), using: routes) },
      table: mode == .silent ? try LeaseTableName.of(lease, .netdev) : nil)
  }

  var injection: Injection<Undo> {
    switch mode {
    case .carrier:
      .untilReverted(because: "a link that was set down stays down until it is set up", byDaemon: false) {
        undo, instruments in
        let routes = try instruments.routes()
        for link in undo.links { try routes.setUp(false, .index(link.link.index)) }
      }
    case .silent: .expiring(rules)
    }
  }

  private var rules: ExpiringRules<Undo> {
    .init(
      family: .netdev, set: Self.set, kind: .interfaceName,
      chains: { try chains(on: $0.links.map(\.link.name)) }, values: { try Self.devices($0) })
  }

  private func chains(on links: [String]) throws -> [Chain] {
    var chains: [Chain] = []
    for (index, link) in links.enumerated() {
      let device = try InterfaceName(link)
      if direction != .out {
        chains.append(
          Chain(
            try NftablesName("in\(index)"), at: .ingress(device: device), priority: Self.priority,
            rules: [.drop(.inputInterfaceIn(Self.set))]))
      }
      if direction != .in {
        chains.append(
          Chain(
            try NftablesName("out\(index)"), at: .egress(device: device), priority: Self.priority,
            rules: [.drop(.outputInterfaceIn(Self.set))]))
      }
    }
    return chains
  }

  var signals: Set<EffectSignal> { mode == .carrier ? [.links] : [.links, .nftables] }

  /// Each link as the kernel shows it, and in the silent mode the whole table. A link that is gone, deleted or moved to
  /// another network namespace, is no longer cut: whatever carries the host's traffic now is another link. One that was
  /// renamed is no longer cut in silence, for the rules match its name.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let routes = try instruments.routes()
    for cut in undo.links.map(\.link) {
      let link: Link
      do throws(NetlinkError) {
        link = try routes.link(.index(cut.index))
      } catch {
        if error.code == ENODEV { return .inactive(because: "link \(cut.name) is gone") }
        throw error
      }
      if mode == .carrier, link.isUp { return .inactive(because: "link \(link.name) is up") }
      if mode == .silent, link.name != cut.name {
        return .inactive(because: "link \(cut.name) was renamed to \(link.name)")
      }
    }
    if let table = undo.table {
      if let deviation = try rules.deviation(of: table, undo, using: instruments) {
        return .inactive(because: deviation)
      }
      return .active(evidence: Self.evidence(ofSilence: undo))
    }
    return .active(
      evidence: "the kernel shows \(undo.links.map(\.link.name).joined(separator: ", ")) down")
  }

  /// In the silent mode the set as the kernel lists it.
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String? {
    guard let table = undo.table else { return try effect(undo, using: instruments).evidence }
    return try instruments.nftables().contains(try Self.devices(undo), in: Self.set, of: table)
      ? Self.evidence(ofSilence: undo) : nil
  }

  private static func evidence(ofSilence undo: Undo) -> String {
    "the kernel lists \(undo.links.map(\.link.name).joined(separator: ", ")) in the set that drops"
  }

  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    if let table = undo.table {
      try instruments.nftables().delete(table)
    } else {
      do {
        let routes = try instruments.routes()
        try LinkSnapshot.restore(
          try undo.links.map { try Self.lostByLinkDown($0, using: routes) }, using: routes)
      } catch LinkSnapshotError.linkGone {
        // A link that somebody removed is nothing that can be lifted; the host's state after the trial names it.
      }
    }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    if let table = undo.table {
      return try instruments.nftables().tables(prefix: LeaseTableName.prefix).contains(table)
        ? ["nft table \(table) is still there"] : []
    }
    let routes = try instruments.routes()
    var lines: [String] = []
    for before in try undo.links.map({ try lostByLinkDown($0, using: routes) }) {
      let link: Link
      do throws(LinkSnapshotError) {
        link = try before.locate(using: routes)
      } catch {
        if case .linkGone = error { continue }
        throw error
      }
      let now = try LinkSnapshot.take(of: .index(link.index), using: routes)
      lines += before.differences(from: now).filter(Self.isMurphys).map { "\(link.name): \($0)" }
    }
    return lines
  }

  /// What setting a link down takes away. IPv4 addresses stay on a link that is down: one that is missing later was
  /// removed by somebody, as a cluster manager moves a service's address, and to add it back would have it twice.
  private static func lostByLinkDown(
    _ snapshot: LinkSnapshot, using socket: RouteSocket
  ) throws(NetlinkError) -> LinkSnapshot {
    var lost = snapshot
    lost.addresses.removeAll { $0.prefix.family == .ipv4 }
    // A route that prefers such an address went with it, and can't come back without.
    var here: Set<IPAddress> = []
    for link in try socket.links() { here.formUnion(try socket.addresses(of: link).map(\.prefix.address)) }
    lost.routes.removeAll { route in
      guard route.family == .ipv4, let source = route.preferredSource else { return false }
      return !here.contains(source)
    }
    return lost
  }

  /// Whether a difference can be the cut's own. What others added or set while it held is theirs.
  private static func isMurphys(_ difference: LinkDifference) -> Bool {
    switch difference {
    case .isUp, .missingAddress, .missingRoute, .missingQdisc, .missingNeighbour: true
    case .otherLink, .name, .mtu, .master, .addedAddress, .addedRoute, .addedQdisc, .addedNeighbour: false
    }
  }

  private static func devices(_ undo: Undo) throws(NftablesError) -> [NamedSet.Value] {
    var devices: [NamedSet.Value] = []
    for link in undo.links { devices.append(.interface(try InterfaceName(link.link.name))) }
    return devices
  }

  private static let set: NftablesName = "cut"
  /// Before all that others hang on the same hooks.
  private static let priority: Int32 = -500
}

/// A fault that is the cut of some links.
protocol LinkFault: LeasedFault where Undo == LinkCut.Undo {
  /// The cut.
  var cut: LinkCut { get }
}

extension LinkFault {
  /// The links and how they are cut.
  public var object: String { cut.object }
  /// The links.
  public var links: [String] { cut.links }
  /// None.
  public var domains: [String] { [] }
  /// How the links come back.
  public var undoing: String { cut.undoing }
  /// Whether one of the path's links is cut.
  public func cuts(controlPath: ControlPath) -> Bool { cut.cuts(controlPath: controlPath) }
  /// What the host lacks for the cut.
  public func missing(using instruments: Instruments) -> [String] { cut.missing(using: instruments) }
  func snapshot(for lease: String, using instruments: Instruments) throws -> LinkCut.Undo {
    try cut.snapshot(for: lease, using: instruments)
  }
  var injection: Injection<LinkCut.Undo> { cut.injection }
  /// What announces that a link, or in the silent mode the table, has changed.
  public var signals: Set<EffectSignal> { cut.signals }
  func effect(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> EffectState {
    try cut.effect(undo, using: instruments)
  }
  func onset(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> String? {
    try cut.onset(undo, using: instruments)
  }
  static func revert(_ undo: LinkCut.Undo, using instruments: Instruments) throws {
    try LinkCut.revert(undo, using: instruments)
  }
  static func residue(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> [String] {
    try LinkCut.residue(undo, using: instruments)
  }
}
