/// An XML text as a tree of elements: what a tool printed for programs.
///
/// Reads XML 1.0 without a document type, which no such tool prints. It is not FoundationXML's: the agent, which has views
/// below it, links FoundationEssentials alone.
package struct XMLTree {
  /// The element at the root.
  package let root: Element

  package struct Element: Equatable {
    package var name: String
    package var attributes: [String: String]
    package var text = ""
    package var children: [Element] = []

    /// An attribute's value; empty where there is none.
    package func attribute(_ name: String) -> String { attributes[name] ?? "" }
    /// The text of the first child of that name; empty where there is none.
    package func text(of child: String) -> String { children.first { $0.name == child }?.text ?? "" }
    /// All elements of that name below this one, at whatever depth, in the text's order.
    package func all(_ name: String) -> [Element] {
      children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }
  }

  /// Reads a text; nil where it isn't one whole XML document.
  package init?(_ text: String) {
    var reader = XMLReader(text)
    guard let root = reader.document() else { return nil }
    self.root = root
  }
}

/// Reads a document from its UTF-8, from left to right. Each part returns nil where the text isn't XML.
private struct XMLReader {
  private let bytes: [UInt8]
  private var position = 0
  /// Deeper than any tool's answer; a text that only opens elements must not make the tree's users recurse without end.
  private static let deepest = 200

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func document() -> XMLTree.Element? {
    guard skipBetween(), let root = tree(), skipBetween(), position == bytes.count else { return nil }
    return root
  }

  /// The root with all that is in it.
  private mutating func tree() -> XMLTree.Element? {
    guard take("<"), let (root, isClosed) = tag() else { return nil }
    if isClosed { return root }
    var open = [root]
    while true {
      guard position < bytes.count else { return nil }
      if take("<![CDATA[") {
        guard let text = take(until: "]]>") else { return nil }
        open[open.count - 1].text += text
      } else if take("<!--") || take("<?") {
        guard skip(to: bytes[position - 1] == UInt8(ascii: "?") ? "?>" : "-->") else { return nil }
      } else if take("</") {
        guard let name = name(), name == open[open.count - 1].name else { return nil }
        skipBlanks()
        guard take(">") else { return nil }
        let element = open.removeLast()
        if open.isEmpty { return element }
        open[open.count - 1].children.append(element)
      } else if take("<") {
        guard let (element, isClosed) = tag(), open.count < Self.deepest else { return nil }
        if isClosed { open[open.count - 1].children.append(element) } else { open.append(element) }
      } else {
        guard let text = characters(until: [UInt8(ascii: "<")]) else { return nil }
        open[open.count - 1].text += text
      }
    }
  }

  /// What follows the `<` of an element, up to its `>`, and whether that ends the element too.
  private mutating func tag() -> (XMLTree.Element, isClosed: Bool)? {
    guard let name = name() else { return nil }
    var attributes: [String: String] = [:]
    while true {
      let before = position
      skipBlanks()
      if take("/>") { return (.init(name: name, attributes: attributes), true) }
      if take(">") { return (.init(name: name, attributes: attributes), false) }
      guard position > before, let key = self.name(), attributes[key] == nil else { return nil }
      skipBlanks()
      guard take("=") else { return nil }
      skipBlanks()
      guard position < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[position]) else {
        return nil
      }
      let quote = bytes[position]
      position += 1
      guard let value = characters(until: [quote, UInt8(ascii: "<")]), position < bytes.count,
        bytes[position] == quote
      else { return nil }
      position += 1
      attributes[key] = value
    }
  }

  private mutating func name() -> String? {
    let start = position
    while position < bytes.count, Self.isName(bytes[position], isFirst: position == start) { position += 1 }
    return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
  }

  private static func isName(_ byte: UInt8, isFirst: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: ":"), 0x80...:
      true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !isFirst
    default: false
    }
  }

  /// Text with its references replaced, up to one of these bytes or the end.
  private mutating func characters(until ends: [UInt8]) -> String? {
    var text: [UInt8] = []
    while position < bytes.count, !ends.contains(bytes[position]) {
      if take("&") {
        guard let reference = take(until: ";"), let scalar = Self.scalar(reference) else { return nil }
        text += Array(String(Character(scalar)).utf8)
      } else {
        // XML has no other control characters.
        guard bytes[position] >= 32 || [9, 10, 13].contains(bytes[position]) else { return nil }
        text.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func scalar(_ reference: String) -> Unicode.Scalar? {
    switch reference {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "quot": return "\""
    case "apos": return "'"
    default:
      let digits = reference.dropFirst(reference.hasPrefix("#x") ? 2 : 1)
      guard reference.hasPrefix("#"), digits.first?.isHexDigit ?? false,
        let number = UInt32(digits, radix: reference.hasPrefix("#x") ? 16 : 10), number != 0
      else { return nil }
      return Unicode.Scalar(number)
    }
  }

  /// Skips what may stand before and after the root: blanks, comments, the declaration and other instructions.
  private mutating func skipBetween() -> Bool {
    while true {
      skipBlanks()
      if take("<!--") {
        guard skip(to: "-->") else { return false }
      } else if take("<?") {
        guard skip(to: "?>") else { return false }
      } else {
        return true
      }
    }
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard bytes.count - position >= length,
      text.withUTF8Buffer({ bytes[position..<position + length].elementsEqual($0) })
    else { return false }
    position += length
    return true
  }

  /// The text before an end mark, which is taken as well.
  private mutating func take(until end: StaticString) -> String? {
    let start = position
    guard skip(to: end) else { return nil }
    return String(decoding: bytes[start..<position - end.utf8CodeUnitCount], as: UTF8.self)
  }

  private mutating func skip(to end: StaticString) -> Bool {
    while position < bytes.count {
      if take(end) { return true }
      position += 1
    }
    return false
  }
}
