extension NftablesContext {
  /// Adds elements to a set, all or none. An element that is in the set already stays as it is.
  public func add(
    _ elements: [NamedSet.Element], to set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    var list: [String] = []
    for element in elements { list.append(try element.syntax()) }
    try run("add element \(table) \(set) { \(list.joined(separator: ", ")) }")
  }

  /// Whether the kernel has all of these in a set, and none has passed its time.
  public func contains(
    _ values: [NamedSet.Value], in set: NftablesName, of table: Table.ID
  ) throws(NftablesError) -> Bool {
    do {
      try run("get element \(table) \(set) { \(values.map(\.syntax).joined(separator: ", ")) }")
      return true
    } catch  where error.isNoSuchObject {
      return false
    }
  }
}
