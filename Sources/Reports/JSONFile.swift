import FoundationEssentials

/// The form of each JSON file of a report: keys are sorted, so that equal values give equal bytes.
enum JSONFile {
  /// - Parameter name: the file's name, for an error.
  /// - Throws: `ReportError.rendering`.
  static func data(_ value: some Encodable, name: String) throws(ReportError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      throw .rendering(file: name, reason: "\(error)")
    }
  }
}
