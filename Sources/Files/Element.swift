/// A node of a YAML file with its place: what remains of YAML once all that Murphy refuses is refused.
struct Element: Sendable {
  var position: Position
  var content: Content

  enum Content: Sendable {
    case scalar(Scalar)
    case mapping([Entry])
    case sequence([Element])
    /// Something that was reported already, and of which nothing more is to be said.
    case refused
  }

  /// A key with its value. Keys of one mapping differ.
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

  /// The place of a part of a scalar, by its offset in Unicode scalars; the scalar's own place for the whole
  /// of it, and where the file writes the text otherwise than it reads (escapes, folded lines).
  func position(at offset: Int) -> Position {
    guard let scalar, scalar.isVerbatim, offset > 0 else { return position }
    return Position(line: position.line, column: position.column + offset + (scalar.isPlain ? 0 : 1))
  }

  /// What it is, for a message.
  var kind: String {
    switch content {
    case .scalar(let scalar): scalar.reading.described(scalar.text)
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .refused: "something refused"
    }
  }
}
