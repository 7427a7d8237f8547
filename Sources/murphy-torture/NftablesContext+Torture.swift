import Nftables

extension NftablesContext {
  /// Whether a set of Murphy's has elements, and so packets are dropped. Those that have expired are not listed.
  var dropsForMurphy: Bool {
    get throws {
      try tables(prefix: "murphy_").contains { try table($0)?.sets.contains { !$0.elements.isEmpty } == true }
    }
  }
}
