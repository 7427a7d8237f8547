extension NftablesContext {
  /// Makes a table with all that is in it, in one transaction: no packet sees half of it.
  ///
  /// Where a table of the same family and name is there, it throws (File exists) or, with `replacing`,
  /// puts the new one in its place within the same transaction.
  package func create(_ table: Table, replacing: Bool = false) throws(NftablesError) {
    let block = try table.syntax()
    if replacing {
      try run("add table \(table.id)\ndelete table \(table.id)\n" + block)
    } else {
      try run("create table \(table.id)\n" + block)
    }
  }

  /// Has the kernel take a table with all that is in it, hooks and all, in a transaction that is never committed.
  ///
  /// - Throws: what `create` would throw where this kernel, or this process's rights, can't do it.
  package func check(_ table: Table) throws(NftablesError) {
    try run(try table.syntax(), printing: .text, isTrial: true)
  }

  /// Deletes a table and all that is in it. Does nothing where there is none.
  package func delete(_ table: Table.ID) throws(NftablesError) {
    // Within one transaction, so that no one can ever see the table that is added only to be deleted.
    try run("add table \(table)\ndelete table \(table)")
  }

  /// Puts an element into a set. Where it is in the set already, its timeout starts again from now.
  package func put(
    _ element: NamedSet.Element, into set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    // To add an element that is there leaves its timeout alone before Linux 6.12; to delete one that isn't
    // there fails. All three in one transaction do what is meant, with no moment without the element.
    let value = element.value.syntax
    try run(
      """
      add element \(table) \(set) { \(value) }
      delete element \(table) \(set) { \(value) }
      add element \(table) \(set) { \(try element.syntax()) }
      """)
  }

  /// Takes an element out of a set. Does nothing where it isn't in the set.
  package func remove(
    _ value: NamedSet.Value, from set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    try run(
      """
      add element \(table) \(set) { \(value.syntax) }
      delete element \(table) \(set) { \(value.syntax) }
      """)
  }

  /// The tables of families inet and netdev whose names begin with a prefix.
  package func tables(prefix: String = "") throws(NftablesError) -> [Table.ID] {
    try list("list tables").tables.filter { $0.name.text.hasPrefix(prefix) }
  }

  /// A table as it is in the kernel now, with what its counters have counted and how long its elements
  /// will stay. Nil where there is none.
  package func table(_ id: Table.ID) throws(NftablesError) -> Table? {
    let command = "list table \(id)"
    let listing: Listing
    let devices: [String: InterfaceName]
    do {
      listing = try list(command)
      // nft 1.0.6 leaves a chain's device out of the JSON. The table may be gone by now.
      devices = id.family == .netdev ? Self.devices(in: try run(command)) : [:]
    } catch  where error.isNoSuchObject {
      return nil
    }
    do {
      return try listing.table(id, devices: devices)
    } catch {
      throw .unreadable(command: command, reason: "\(error)")
    }
  }

  /// A table as nft prints it.
  package func text(of table: Table.ID) throws(NftablesError) -> String { try run("list table \(table)") }

  /// The device of each chain that is bound to one, from nft's own text.
  private static func devices(in text: String) -> [String: InterfaceName] {
    var devices: [String: InterfaceName] = [:]
    var chain = ""
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count == 3, words[0] == "chain" { chain = String(words[1]) }
      guard words.first == "type", let index = words.firstIndex(of: "device"), index + 1 < words.count
      else { continue }
      devices[chain] = try? InterfaceName(String(words[index + 1].filter { $0 != "\"" }))
    }
    return devices
  }
}
