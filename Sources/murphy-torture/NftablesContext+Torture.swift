import Nftables

extension NftablesContext {
  /// Whether a set of Murphy's has elements, so that packets are dropped. Expired elements are not listed.
  var dropsForMurphy: Bool {
    get throws {
      try tables(prefix: "murphy_").contains { table in
        do {
          return try text(of: table).contains("elements = {")
        } catch let error as NftablesError where error.isNoSuchObject {
          // The table was deleted after it was listed.
          return false
        }
      }
    }
  }
}
