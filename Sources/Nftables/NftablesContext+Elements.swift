extension NftablesContext {
  /// Adds elements to a set, all or none. An element that is in the set already stays as it is.
  package func add(
    _ elements: [NamedSet.Element], to set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    var list: [String] = []
    for element in elements { list.append(try element.syntax()) }
    try run("add element \(table) \(set) { \(list.joined(separator: ", ")) }")
  }

  /// Whether the kernel has all of these in a set, and none has passed its time.
  ///
  /// For a set of few elements: all of them are listed. To get single ones, libnftables reads the elements of every
  /// set of the host first, of whatever table, which takes 200 ms where a blocklist has 20,000.
  package func contains(
    _ values: [NamedSet.Value], in set: NftablesName, of table: Table.ID
  ) throws(NftablesError) -> Bool {
    let listing: String
    do {
      listing = try run("list set \(table) \(set)")
    } catch  where error.isNoSuchObject {
      return false
    }
    guard let elements = listing.firstRange(of: "elements = {") else { return false }
    // `"eth0" timeout 1m expires 59s, "eth1" …`: no value holds white space, and all other words are nft's.
    let words = Set(listing[elements.upperBound...].split(whereSeparator: \.isWhitespace))
    return values.allSatisfy { words.contains($0.syntax[...]) || words.contains("\($0.syntax),") }
  }
}
