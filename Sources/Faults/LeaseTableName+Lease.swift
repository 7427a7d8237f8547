import Nftables
import Scenario

extension LeaseTableName {
  static func of(_ lease: String, _ family: Table.Family) throws(NftablesError) -> Table.ID {
    Table.ID(family, try NftablesName(prefix + lease))
  }
}
