import Nftables
import Scenario

/// A fault that is one nft table of the lease's own, whose rules drop by a set of elements that expire.
protocol TableFault: LeasedFault where Undo == TableUndo {
  /// The table's set and chains.
  var rules: ExpiringRules<TableUndo> { get }
  /// What the set shows while the fault is active.
  var evidence: String { get }
}

/// All that the revert of such a fault needs.
struct TableUndo: Codable, Sendable {
  /// The lease's table.
  var table: Table.ID
}

extension TableFault {
  /// How it is reverted.
  package var undoing: String { "deletes the nft table of this lease" }
  /// The host deletes the table.
  package var reversal: Reversal { .restore }
  /// The kernel's notifications of rules.
  package var signals: Set<EffectSignal> { [.nftables] }

  /// Elements with a timeout.
  var injection: Injection<TableUndo> { .expiring(rules) }

  /// The name of the table to come.
  func snapshot(for lease: String, using instruments: Instruments) throws -> TableUndo {
    TableUndo(table: try LeaseTableName.of(lease, rules.family))
  }

  /// The whole table as the kernel lists it.
  func effect(_ undo: TableUndo, using instruments: Instruments) throws -> EffectState {
    if let deviation = try rules.deviation(of: undo.table, undo, using: instruments) {
      return .inactive(because: deviation)
    }
    return .active(evidence: evidence)
  }

  /// The set as the kernel lists it.
  func onset(_ undo: TableUndo, using instruments: Instruments) throws -> String? {
    let rules = rules
    return try instruments.nftables().contains(try rules.values(undo), in: rules.set, of: undo.table)
      ? evidence : nil
  }

  /// Deletes the table.
  static func revert(_ undo: TableUndo, using instruments: Instruments) throws {
    try instruments.nftables().delete(undo.table)
  }

  /// Whether the table is still there.
  static func residue(_ undo: TableUndo, using instruments: Instruments) throws -> [String] {
    try instruments.nftables().tables(prefix: LeaseTableName.prefix).contains(undo.table)
      ? ["nft table \(undo.table) is still there"] : []
  }
}
