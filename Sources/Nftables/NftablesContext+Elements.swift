extension NftablesContext {
  /// Adds elements to a set, all or none. An element that is already in the set is unchanged.
  package func add(
    _ elements: [NamedSet.Element], to set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    var list: [String] = []
    for element in elements { list.append(try element.syntax()) }
    try run("add element \(table) \(set) { \(list.joined(separator: ", ")) }")
  }

  /// Whether the kernel has all of these elements in a set, none of them expired.
  ///
  /// For a set of few elements: all of them are listed. To get single elements, libnftables first reads the elements
  /// of every set of the host, in any table, which takes 200 ms if a blocklist has 20,000.
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
    // `"eth0" timeout 1m expires 59s, "eth1" …`: no value contains white space, and all other words are nft's.
    let words = Set(listing[elements.upperBound...].split(whereSeparator: \.isWhitespace))
    return values.allSatisfy { words.contains($0.syntax[...]) || words.contains("\($0.syntax),") }
  }
}
