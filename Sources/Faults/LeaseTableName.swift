import Nftables

/// The nft tables that are Murphy's own: one for each lease that needs one, so that what is deleted is never more
/// than one lease's.
public enum LeaseTableName {
  static let prefix = "murphy_"

  static func of(_ lease: String, _ family: Table.Family) throws(NftablesError) -> Table.ID {
    Table.ID(family, try NftablesName(prefix + lease))
  }

  /// Whether a table, as `netdev murphy_3f9a_1`, is a lease's.
  public static func isOne(_ table: String) -> Bool {
    table.split(separator: " ").last?.hasPrefix(prefix) == true
  }
}
