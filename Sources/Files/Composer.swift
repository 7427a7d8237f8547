import Yams

/// Turns a YAML text into elements. Refuses the YAML features that make a file mean something else than it seems to:
/// anchors, aliases, merge keys, tags, duplicate keys, several documents, deep nesting.
struct Composer {
  /// Deeper than any key of a fleet or scenario.
  private static let deepest = 16
  static let tooDeep = "nested deeper than \(deepest) levels; no valid key is that deep"
  /// Replaces `*` while Yams reads. Yams would replace an alias by a copy of the anchored node, with the anchor's
  /// line and column, and could be made to copy without limit.
  private static let star: Unicode.Scalar = "\u{F8FF}"

  private let source: SourceText
  /// The maximum number of duplicate keys to find after the first. Each needs another pass over the text.
  private let mostRenames: Int
  private var findings: Findings
  /// Keys whose first character was replaced so that Yams doesn't stop at the first duplicate key, by their place.
  private var renamed: [Position: String] = [:]

  /// The root of a text; nil if there is none, which is reported in `findings`.
  static func compose(_ text: String, findings: inout Findings) -> Element? {
    let source = SourceText(text)
    let forbidden = source.forbidden
    for (position, reason) in forbidden { findings.error(position, reason, .syntax) }
    guard forbidden.isEmpty else { return nil }
    var composer = Composer(source: source, findings: findings)
    defer { findings = composer.findings }
    guard let node = composer.parse() else { return nil }
    return composer.element(node, depth: 1)
  }

  private init(source: SourceText, findings: Findings) {
    self.source = source
    mostRenames = min(64, max(4, (1 << 22) / max(1, source.scalars.count)))
    self.findings = findings
  }

  private mutating func parse() -> Node? {
    var masked = source
    for index in masked.scalars.indices where masked.scalars[index] == "*" {
      masked.replace(at: index, with: Self.star)
    }
    while true {
      do {
        let node = try document(masked.text)
        if node == nil { findings.error(Position(line: 1, column: 1), "the file is empty", .otherFile) }
        return node
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        let position = Position(context.mark)
        let name = restored(names.first ?? "")
        guard renamed.count < mostRenames, let index = firstCharacter(ofKeyAt: position),
          let replacement = Unicode.Scalar(0xF0000 + UInt32(renamed.count))
        else {
          findings.error(position, "duplicate key '\(name.clipped)' in this mapping", .duplicate)
          return nil
        }
        renamed[position] = name
        masked.replace(at: index, with: replacement)
      } catch {
        let (position, message) = source.explain(error)
        findings.error(position, message, .syntax)
        return nil
      }
    }
  }

  private mutating func document(_ text: String) throws -> Node? {
    // No resolver rules: the expected type decides, not how a text looks.
    func parser() throws -> Parser { try Parser(yaml: text, resolver: .basic, encoding: .utf8) }
    do {
      return try parser().singleRoot()
    } catch YamlError.composer(.some, _, let mark, _) {
      // Composing raises only one error with a context: that of a second document.
      findings.error(Position(mark), "a second document begins here; a file holds one", .syntax)
      return try parser().nextRoot()
    }
  }

  /// Where a key's first character can be replaced without changing the kind of its node.
  private func firstCharacter(ofKeyAt position: Position) -> Int? {
    guard let index = source.index(position) else { return nil }
    let first = source.scalars[index]
    if first == "\"" || first == "'" {
      let next = index + 1
      return next < source.scalars.count && source.scalars[next] != first ? next : nil
    }
    return "&!*?[{|>:".unicodeScalars.contains(first) ? nil : index
  }

  private func restored(_ text: String) -> String {
    guard text.unicodeScalars.contains(Self.star) else { return text }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text.unicodeScalars.map { $0 == Self.star ? "*" : $0 })
    return String(view)
  }

  private mutating func element(_ node: Node, depth: Int) -> Element {
    let position = node.mark.map { Position($0) } ?? Position(line: 1, column: 1)
    guard depth <= Self.deepest else {
      findings.error(position, Self.tooDeep, .syntax)
      return Element(position: position, content: .refused)
    }
    // A node's mark is the place of its properties (anchor, tag). No plain scalar begins with these characters.
    switch source[position] {
    case "&": findings.error(position, "anchors are refused: write the value wherever it is needed", .syntax)
    case "!": findings.error(position, "tags are refused: a value's type follows from its key", .syntax)
    case "*" where node.scalar?.string.isEmpty == false:
      findings.error(
        position, "aliases are refused: write the value out (or quote a text that begins with '*')", .syntax)
      return Element(position: position, content: .refused)
    default: break
    }
    switch node {
    case .scalar(let scalar): return Element(position: position, content: .scalar(leaf(scalar, position)))
    case .sequence(let sequence):
      return Element(position: position, content: .sequence(sequence.map { element($0, depth: depth + 1) }))
    case .mapping(let mapping):
      return Element(position: position, content: .mapping(entries(mapping, depth: depth)))
    case .alias: return Element(position: position, content: .refused)
    }
  }

  private func leaf(_ scalar: Node.Scalar, _ position: Position) -> Scalar {
    let text = renamed[position] ?? restored(scalar.string)
    let isPlain = scalar.style == .plain
    let start = Position(line: position.line, column: position.column + (isPlain ? 0 : 1))
    return Scalar(text: text, isPlain: isPlain, isVerbatim: source.holds(text, at: start))
  }

  private mutating func entries(_ mapping: Node.Mapping, depth: Int) -> [Element.Entry] {
    var entries: [Element.Entry] = []
    var first: [String: Position] = [:]
    for (keyNode, valueNode) in mapping {
      let key = element(keyNode, depth: depth + 1)
      let value = element(valueNode, depth: depth + 1)
      switch key.content {
      case .scalar(let scalar) where scalar.text == "<<":
        findings.error(key.position, "merge keys are refused: write the keys out", .syntax)
      case .scalar(let scalar):
        if let earlier = first[scalar.text] {
          findings.error(
            key.position, "duplicate key '\(scalar.text.clipped)': first used at \(earlier)", .duplicate
          )
        } else {
          first[scalar.text] = key.position
          entries.append(
            .init(key: scalar.text, position: key.position, isQuoted: !scalar.isPlain, value: value))
        }
      case .mapping, .sequence:
        findings.error(key.position, "a key must be a word, found \(key.kind)", .syntax)
      case .refused: break
      }
    }
    return entries
  }
}

extension Position {
  init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}
