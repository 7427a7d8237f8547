/// The nft tables that are Murphy's own: one for each lease that needs one, so that what is deleted is never more
/// than one lease's.
package enum LeaseTableName {
  /// What their names begin with.
  package static let prefix = "murphy_"

  /// Whether a table, as `netdev murphy_3f9a_1`, is a lease's.
  package static func isOne(_ table: String) -> Bool {
    table.split(separator: " ").last?.hasPrefix(prefix) == true
  }
}
