/// The name of a table, chain or set: a letter, then letters, digits, `_` or `-`, at most 63 bytes.
///
/// nft(8) allows a little more. nft itself refuses the words that it reserves ("drop", "set").
package struct NftablesName: Sendable, Hashable {
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

/// The name of a network interface, as netdevice(7) and the kernel's dev_valid_name() define it: 1 to 15 bytes, no
/// space, slash or colon. Quotes, backslashes and asterisks are refused too, since they have a meaning in nft.
package struct InterfaceName: Sendable, Hashable {
  package let text: String

  /// Checks a name.
  package init(_ text: String) throws(NftablesError) {
    guard (1...15).contains(text.utf8.count) else { throw .invalidName(text, reason: "give 1 to 15 bytes") }
    guard text != ".", text != "..",
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#"/:"\*"#.utf8.contains($0) })
    else { throw .invalidName(text, reason: #"it is '.' or '..', or contains a space or one of / : " \ *"#) }
    self.text = text
  }
}

extension NftablesName: CheckedName {}
extension InterfaceName: CheckedName {}

/// A name whose JSON form is its text. Decoding checks it again.
///
/// The protocol isn't internal: an optimized build removes the parts of an internal protocol from its public types, and
/// literals in other modules then fail to link.
package protocol CheckedName: Codable, CustomStringConvertible, ExpressibleByStringLiteral {
  var text: String { get }
  /// Throws `invalidName` if the text isn't a valid name.
  init(_ text: String) throws(NftablesError)
}

extension CheckedName {
  package var description: String { text }

  /// A name as a literal in the source. An invalid one ends the process.
  package init(stringLiteral text: String) {
    do { try self.init(text) } catch { preconditionFailure(error.description) }
  }

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
