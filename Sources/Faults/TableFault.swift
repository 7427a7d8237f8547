import Nftables
import Scenario

/// A fault that is one nft table of the lease. Its rules drop packets by a set of elements that expire.
protocol TableFault: LeasedFault where Undo == TableUndo {
  /// The table's set and chains.
  var rules: ExpiringRules<TableUndo> { get }
  /// The evidence in the set while the fault is active.
  var evidence: String { get }
}

/// The data for the revert of such a fault.
struct TableUndo: Codable, Sendable {
  var table: Table.ID
}

extension TableFault {
  package var undoing: String { "deletes the nft table of this lease" }
  package var reversal: Reversal { .restore }
  /// The kernel's notifications of rules.
  package var signals: Set<EffectSignal> { [.nftables] }

  var injection: Injection<TableUndo> { .expiring(rules) }

  func snapshot(for lease: String, using instruments: Instruments) throws -> TableUndo {
    TableUndo(table: try LeaseTableName.of(lease, rules.family))
  }

  /// Compares the whole table with the kernel's listing.
  func effect(_ undo: TableUndo, using instruments: Instruments) throws -> EffectState {
    if let deviation = try rules.deviation(of: undo.table, undo, using: instruments) {
      return .inactive(because: deviation)
    }
    return .active(evidence: evidence)
  }

  /// Compares the set with the kernel's listing.
  func onset(_ undo: TableUndo, using instruments: Instruments) throws -> String? {
    let rules = rules
    return try instruments.nftables().contains(try rules.values(undo), in: rules.set, of: undo.table)
      ? evidence : nil
  }

  static func revert(_ undo: TableUndo, using instruments: Instruments) throws {
    try instruments.nftables().delete(undo.table)
  }

  /// Whether the table still exists.
  static func residue(_ undo: TableUndo, using instruments: Instruments) throws -> [String] {
    try instruments.nftables().tables(prefix: LeaseTableName.prefix).contains(undo.table)
      ? ["nft table \(undo.table) is still there"] : []
  }
}
