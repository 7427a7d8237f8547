/// A node of a YAML file with its place, after all checks for refused features.
struct Element: Sendable {
  var position: Position
  var content: Content

  enum Content: Sendable {
    case scalar(Scalar)
    case mapping([Entry])
    case sequence([Element])
    /// Already reported; no further finding is added for it.
    case refused
  }

  /// A key with its value. Keys of one mapping are unique.
  struct Entry: Sendable {
    var key: String
    var position: Position
    var isQuoted = false
    var value: Element
  }

  var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
  var text: String? { scalar?.text }
  var entries: [Entry] { if case .mapping(let entries) = content { entries } else { [] } }
  var items: [Element] { if case .sequence(let items) = content { items } else { [] } }

  /// The entry of a key in a mapping.
  func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }
  /// The value of a key in a mapping.
  subscript(key: String) -> Element? { entry(key)?.value }

  /// The place of a part of a scalar, by its offset in Unicode scalars. It is the scalar's own place for the whole,
  /// and if the text in the file differs from its value (escapes, folded lines).
  func position(at offset: Int) -> Position {
    guard let scalar, scalar.isVerbatim, offset > 0 else { return position }
    return Position(line: position.line, column: position.column + offset + (scalar.isPlain ? 0 : 1))
  }

  /// Its kind, for messages.
  var kind: String {
    switch content {
    case .scalar(let scalar): scalar.reading.described(scalar.text)
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .refused: "something refused"
    }
  }
}
