/// Names of Murphy's own nft tables: one per lease that needs one, so that a deletion never affects another lease.
package enum LeaseTableName {
  package static let prefix = "murphy_"

  /// Whether a table, such as `netdev murphy_3f9a_1`, belongs to a lease.
  package static func isOne(_ table: String) -> Bool {
    table.split(separator: " ").last?.hasPrefix(prefix) == true
  }
}
