import FoundationEssentials

/// A JSON object (RFC 8259). It has information that `JSONDecoder` doesn't give: the line of each key, duplicate keys,
/// and the line of an error.
struct JSONText {
  /// A key with its value.
  struct Member: Equatable {
    var name: String
    var line: Int
    var value: Value
  }

  /// A value, as far as this reader needs it.
  enum Value: Equatable {
    case text(String)
    case texts([String])
    case number(Int)
    case other
  }

  /// A text that isn't JSON.
  struct Malformed: Error {
    var line: Int
    var reason: String
  }

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The members of the outermost object, in the text's order.
  static func members(of bytes: [UInt8]) throws(Malformed) -> [Member] {
    var text = JSONText(bytes)
    text.skipSpace()
    let members = try text.object(depth: 0)
    text.skipSpace()
    if text.next != nil { throw text.failure("nothing follows the closing '}'") }
    return members
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func failure(_ reason: String) -> Malformed { Malformed(line: line, reason: reason) }

  /// `expected WHAT, found 'x'`.
  private func failure(expecting what: String) -> Malformed {
    guard let next else { return failure("expected \(what), found the end of the file") }
    let isPlain = next > 32 && next < 127
    return failure(
      "expected \(what), found " + (isPlain ? "'\(Character(Unicode.Scalar(next)))'" : "byte \(next)"))
  }

  private mutating func skipSpace() {
    while let next, [9, 10, 13, 32].contains(next) {
      if next == 10 { line += 1 }
      index += 1
    }
  }

  /// Whether this byte is next. If so, consumes it and the space after it.
  private mutating func takes(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    index += 1
    skipSpace()
    return true
  }

  private mutating func object(depth: Int) throws(Malformed) -> [Member] {
    guard takes("{") else { throw failure(expecting: "'{'") }
    if takes("}") { return [] }
    var members: [Member] = []
    while true {
      let place = line
      guard next == UInt8(ascii: "\"") else { throw failure(expecting: "a key in double quotes") }
      let name = try string()
      guard takes(":") else { throw failure(expecting: "':' after the key") }
      members.append(Member(name: name, line: place, value: try value(depth: depth + 1)))
      if takes("}") { return members }
      guard takes(",") else { throw failure(expecting: "',' or '}'") }
    }
  }

  private mutating func value(depth: Int) throws(Malformed) -> Value {
    // The limit keeps hostile text from exhausting the stack.
    if depth > 64 { throw failure("nested too deeply") }
    switch next {
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "{"):
      _ = try object(depth: depth)
      return .other
    case UInt8(ascii: "["): return try list(depth: depth)
    default: return try word()
    }
  }

  private mutating func list(depth: Int) throws(Malformed) -> Value {
    _ = takes("[")
    if takes("]") { return .texts([]) }
    var texts: [String]? = []
    while true {
      if case .text(let text) = try value(depth: depth + 1) { texts?.append(text) } else { texts = nil }
      if takes("]") { return texts.map(Value.texts) ?? .other }
      guard takes(",") else { throw failure(expecting: "',' or ']'") }
    }
  }

  private mutating func string() throws(Malformed) -> String {
    let start = index
    index += 1
    while let next, next != UInt8(ascii: "\""), next != 10 { index += next == UInt8(ascii: "\\") ? 2 : 1 }
    guard next == UInt8(ascii: "\"") else { throw failure("a text's closing '\"' is missing") }
    index += 1
    guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<index])) else {
      throw failure("a text has an escape or a byte that JSON doesn't allow")
    }
    skipSpace()
    return text
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(Malformed) -> Value {
    let start = index
    while let next, next > 44, next < 127,
      ![UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":")].contains(next)
    {
      index += 1
    }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    if word.isEmpty { throw failure(expecting: "a value") }
    let isLiteral = ["true", "false", "null"].contains(word)
    if !isLiteral, (try? JSONDecoder().decode(Double.self, from: Data(word.utf8))) == nil {
      throw failure("'\(word.prefix(40))' is not a JSON value: texts are in double quotes")
    }
    skipSpace()
    return isLiteral ? .other : Int(word).map(Value.number) ?? .other
  }
}
