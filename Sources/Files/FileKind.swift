/// The kind of an input file.
package enum FileKind: String, CaseIterable, Sendable {
  case fleet
  case scenario
  case lab
  case schedule

  /// Detects the kind by the keys, even if the text is malformed; nil if it is none of them.
  package static func detect(text: String) -> FileKind? {
    var findings = Findings(file: "")
    if let root = Composer.compose(text, findings: &findings), !root.entries.isEmpty {
      return detect(keys: root.entries.map(\.key))
    }
    // A text that isn't valid YAML still has its keys at the beginning of its lines.
    let keys = text.split(whereSeparator: \.isNewline).compactMap { line -> String? in
      let word = line.prefix { $0.isLetter || $0 == "-" }
      return word.isEmpty || !line.dropFirst(word.count).hasPrefix(":") ? nil : String(word)
    }
    return detect(keys: keys)
  }

  /// The same for a file on disk. Throws `FileRefused` if it can't be read.
  package static func detect(path: String) throws(FileRefused) -> FileKind? {
    detect(text: try TextFile.read(path))
  }

  private static func detect(keys: [String]) -> FileKind? {
    // A schedule also has the keys 'fleet' and 'scenario'.
    if keys.contains(schedule.rawValue) { return .schedule }
    let kinds = [fleet, scenario, lab]
    let named = kinds.filter { keys.contains($0.rawValue) }
    if named.count == 1 { return named.first }
    let counts = kinds.map { kind in keys.count { kind.keys.contains($0) } }
    guard let most = counts.max(), counts.count(where: { $0 == most }) == 1 else { return nil }
    return counts.firstIndex(of: most).map { kinds[$0] }
  }

  private var keys: [String] {
    switch self {
    case .fleet: FleetFile.keys.names
    case .scenario: ScenarioFile.keyNames
    case .lab: LabFile.keys.names
    case .schedule: []
    }
  }

  /// Whether the root of a file fits this kind. Reports a file that is empty, not a mapping, or of another kind.
  func matches(_ root: Element, _ findings: inout Findings) -> Bool {
    if case .scalar(let scalar) = root.content, scalar.reading == .null {
      findings.error(root.position, "the file is empty: expected the keys of a \(rawValue)", .otherFile)
      return false
    }
    guard case .mapping(let entries) = root.content else {
      if case .refused = root.content { return false }
      findings.error(root.position, "expected the keys of a \(rawValue), found \(root.kind)", .otherFile)
      return false
    }
    if let other = Self.detect(keys: entries.map(\.key)), other != self,
      let entry = root.entry(other.rawValue), root[rawValue] == nil
    {
      findings.error(entry.position, "this file is a \(other.rawValue), not a \(rawValue)", .otherFile)
      return false
    }
    return true
  }
}
