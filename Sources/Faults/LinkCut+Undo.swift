import Scenario
import Netlink
import Nftables

extension LinkCut {
  /// The data for the revert.
  struct Undo: Codable, Sendable {
    /// A link that is cut. The index stays when the link is renamed; rules match the name.
    struct Link: Codable, Sendable {
      var index: Int32
      var name: String
    }

    var cut: [Link]
    /// The bonds and teams that are cut at their ports. Such a bond is no longer cut if it gets another port.
    var masters: [Link] = []
    /// The state that the kernel drops with the links, in mode carrier.
    var stack: StackSnapshot?
    /// The table that drops their frames, in mode silent.
    var table: Table.ID?
    /// The process that sets the links down and up, of `link.flap`.
    var process: LeaseProcess?

    var names: String { cut.map(\.name).joined(separator: ", ") }

    init(cut: [Link], masters: [Link] = [], stack: StackSnapshot?, table: Table.ID?) {
      self.cut = cut
      self.masters = masters
      self.stack = stack
      self.table = table
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let routes = try instruments.routes()
    var state = try NetworkState.read(using: routes)
    let cut = links(among: state.links).map { Undo.Link(index: $0.index, name: $0.name) }
    if mode == .silent { return Undo(cut: cut, stack: nil, table: try LeaseTableName.of(lease, .netdev)) }
    // Read after the state: anything that another lease removes in between is in that lease's record.
    for other in instruments.otherFaults() {
      if let stack = try other.linkCut()?.stack { state = state.undoing(stack) }
      // The qdiscs of a degraded link end with that lease, and must not be restored after it.
      if let degraded = try other.order.undo(other.undo, as: LinkDegrade.Undo.self) {
        state.qdiscs[degraded.link]?.removeAll { one in degraded.qdiscs.contains { $0.handle == one.handle } }
      }
    }
    return Undo(
      cut: cut, masters: masters(among: state.links).map { Undo.Link(index: $0.index, name: $0.name) },
      stack: StackSnapshot(cutting: Set(cut.map(\.index)), in: state), table: nil)
  }

  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    if let table = undo.table { return try instruments.nftables().delete(table) }
    try undo.stack?.restore(leaving: try heldByOthers(instruments), using: try instruments.routes())
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    if let table = undo.table {
      return try instruments.nftables().tables(prefix: LeaseTableName.prefix).contains(table)
        ? ["nft table \(table) is still there"] : []
    }
    return try undo.stack?.missing(leaving: try heldByOthers(instruments), using: try instruments.routes())
      ?? []
  }

  /// The links that other leases keep down.
  private static func heldByOthers(_ instruments: Instruments) throws -> Set<Int32> {
    var held: Set<Int32> = []
    for other in instruments.otherFaults() {
      guard let undo = try other.linkCut(), undo.stack != nil else { continue }
      held.formUnion(undo.cut.map(\.index))
    }
    return held
  }
}

extension LinkCut.Undo {
  private enum Key: String, CodingKey { case cut, masters, stack, table, process, links }

  /// A record of a version that recorded only the cut links.
  private struct EarlierLink: Decodable {
    var link: Netlink.Link
    var addresses: [InterfaceAddress]
    var routes: [Route]
    var qdiscs: [Qdisc]
    var neighbours: [Neighbour]?
  }

  /// Reads an undo of this version or an earlier one, since a lease may be active while the agent is upgraded.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    table = try container.decodeIfPresent(Table.ID.self, forKey: .table)
    process = try container.decodeIfPresent(LeaseProcess.self, forKey: .process)
    guard let earlier = try container.decodeIfPresent([EarlierLink].self, forKey: .links) else {
      cut = try container.decode([Link].self, forKey: .cut)
      masters = try container.decodeIfPresent([Link].self, forKey: .masters) ?? []
      stack = try container.decodeIfPresent(StackSnapshot.self, forKey: .stack)
      return
    }
    cut = earlier.map { Link(index: $0.link.index, name: $0.link.name) }
    let entries = earlier.map {
      StackSnapshot.Entry(
        $0.link, .everything, addresses: $0.addresses, qdiscs: $0.qdiscs, neighbours: $0.neighbours ?? [])
    }
    stack = table == nil ? StackSnapshot(links: entries, routes: earlier.flatMap(\.routes)) : nil
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(cut, forKey: .cut)
    if !masters.isEmpty { try container.encode(masters, forKey: .masters) }
    try container.encodeIfPresent(stack, forKey: .stack)
    try container.encodeIfPresent(table, forKey: .table)
    try container.encodeIfPresent(process, forKey: .process)
  }
}

extension ActiveFault {
  /// The undo of a cut; nil for any other fault.
  fileprivate func linkCut() throws -> LinkCut.Undo? { try order.undo(undo, as: LinkCut.Undo.self) }
}
