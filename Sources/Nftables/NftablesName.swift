/// The name of a table, chain or set: a letter, then letters, digits, `_` or `-`, at most 63.
///
/// nft(8) allows a little more. What it reserves ("drop", "set") it refuses by itself; no name can hold
/// anything else than a name.
package struct NftablesName: Sendable, Hashable {
  /// The name.
  package let text: String

  /// Checks a name.
  package init(_ text: String) throws(NftablesError) {
    guard let first = text.utf8.first, Self.isLetter(first),
      text.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || $0 == 0x5F || $0 == 0x2D })
    else { throw .invalidName(text, reason: "give a letter, then letters, digits, _ or -") }
    guard text.utf8.count <= 63 else { throw .invalidName(text, reason: "it is longer than 63 bytes") }
    self.text = text
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// The name of a network interface, as netdevice(7) and the kernel's dev_valid_name() have it: 1 to 15
/// bytes, no space, slash or colon. Quotes, backslashes and asterisks are refused too: nft gives them
/// a meaning of their own.
package struct InterfaceName: Sendable, Hashable {
  /// The name.
  package let text: String

  /// Checks a name.
  package init(_ text: String) throws(NftablesError) {
    guard (1...15).contains(text.utf8.count) else { throw .invalidName(text, reason: "give 1 to 15 bytes") }
    guard text != ".", text != "..",
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#"/:"\*"#.utf8.contains($0) })
    else { throw .invalidName(text, reason: #"it is '.' or '..', or holds a space or one of / : " \ *"#) }
    self.text = text
  }
}

extension NftablesName: CheckedName {}
extension InterfaceName: CheckedName {}

/// A name whose form in JSON is its text, checked again when it is read.
///
/// Public, since an optimized build drops what an internal protocol gives its public types, and literals in other
/// modules then fail to link.
package protocol CheckedName: Codable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// The name.
  var text: String { get }
  /// Checks a name; throws `invalidName` where it isn't one.
  init(_ text: String) throws(NftablesError)
}

extension CheckedName {
  /// The name.
  package var description: String { text }

  /// A name written in the source. One that isn't valid ends the process.
  package init(stringLiteral text: String) {
    do { try self.init(text) } catch { preconditionFailure(error.description) }
  }

  /// Reads the text, and checks it.
  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
