extension NftablesContext {
  /// Creates a table with its content in one transaction: no packet sees a part of it.
  ///
  /// If a table of the same family and name exists, it throws (File exists) or, with `replacing`, replaces it in the
  /// same transaction.
  package func create(_ table: Table, replacing: Bool = false) throws(NftablesError) {
    let block = try table.syntax()
    if replacing {
      try run("add table \(table.id)\ndelete table \(table.id)\n" + block)
    } else {
      try run("create table \(table.id)\n" + block)
    }
  }

  /// Makes the kernel check a table with its content, hooks included, in a transaction that is never committed.
  ///
  /// - Throws: what `create` would throw if this kernel or this process's privileges don't allow it.
  package func check(_ table: Table) throws(NftablesError) {
    try run(try table.syntax(), printing: .text, isTrial: true)
  }

  /// Deletes a table with its content. Does nothing if there is none.
  package func delete(_ table: Table.ID) throws(NftablesError) {
    // In one transaction, so that no other process can see the table that is added only to be deleted.
    try run("add table \(table)\ndelete table \(table)")
  }

  /// Puts an element into a set. If it is already in the set, its timeout restarts.
  package func put(
    _ element: NamedSet.Element, into set: NftablesName, of table: Table.ID
  ) throws(NftablesError) {
    // Before Linux 6.12, adding an element that exists doesn't change its timeout; deleting one that doesn't exist
    // fails. All three commands in one transaction restart the timeout, and the element is never absent.
    let value = element.value.syntax
    try run(
      """
      add element \(table) \(set) { \(value) }
      delete element \(table) \(set) { \(value) }
      add element \(table) \(set) { \(try element.syntax()) }
      """)
  }

  /// Removes an element from a set. Does nothing if it isn't in the set.
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
    // Text, since libnftables reads freed memory when it writes a table with flags as JSON; see `table`.
    try run("list tables").split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, words[0] == "table", let family = Table.Family(rawValue: String(words[1])),
        let name = try? NftablesName(String(words[2]))
      else { return nil }
      return Table.ID(family, name)
    }.filter { $0.name.text.hasPrefix(prefix) }
  }

  /// A table as it is in the kernel now, with counter values and remaining times of elements. Nil if there is none.
  /// One with flags is returned without its sets and chains.
  package func table(_ id: Table.ID) throws(NftablesError) -> Table? {
    var tries = 0
    while true {
      tries += 1
      let text: String
      do throws(NftablesError) {
        text = try run("list table \(id)")
      } catch  where error.isNoSuchObject {
        return nil
      }
      if Self.hasFlags(in: text) {
        var table = Table(id)
        table.hasFlags = true
        return table
      }
      do throws(NftablesError) {
        return try table(id, listedAs: text)
      } catch  where error.isNoSuchObject && tries < 20 {
        // A set or chain was deleted since the table was listed.
        continue
      }
    }
  }

  /// A table whose text was listed just now, from the JSON of each set and chain.
  ///
  /// Never from the JSON of the table: libnftables 1.0.6 frees the words of a table's flags before it writes them, and
  /// once more afterwards, which corrupts this process's heap, and any program can set a flag after the text was
  /// listed.
  private func table(_ id: Table.ID, listedAs text: String) throws(NftablesError) -> Table {
    var listing = Listing(nftables: [])
    for part in Self.setsAndChains(in: text) {
      listing.nftables += try list("list \(part.kind) \(id) \(part.name)").nftables
    }
    // nft 1.0.6 omits a chain's device in the JSON.
    let devices = id.family == .netdev ? Self.devices(in: text) : [:]
    do {
      return try listing.table(id, devices: devices)
    } catch {
      throw .unreadable(command: "list table \(id)", reason: "\(error)")
    }
  }

  package func text(of table: Table.ID) throws(NftablesError) -> String { try run("list table \(table)") }

  /// Whether a table has flags, from nft's text output: a separate line after the first.
  private static func hasFlags(in text: String) -> Bool {
    text.split(separator: "\n").dropFirst().first?.split(whereSeparator: \.isWhitespace).first == "flags"
  }

  /// The sets and chains of a table, from nft's text output: lines after one tab, such as `chain in {`.
  private static func setsAndChains(in text: String) -> [(kind: Substring, name: Substring)] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "{", ["\tset", "\tchain"].contains(words[0]) else { return nil }
      return (words[0].dropFirst(), words[1])
    }
  }

  /// The device of each chain that is bound to one, from nft's text output.
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
