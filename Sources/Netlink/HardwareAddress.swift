/// A link-layer address, usually a MAC address of six bytes: "52:54:00:12:34:56".
package struct HardwareAddress: Sendable, Hashable {
  /// The bytes; their number depends on the link's type.
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads two hexadecimal digits per byte, separated by colons. Nil for anything else.
  package init?(_ text: String) {
    var bytes: [UInt8] = []
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      guard part.utf8.count == 2, let octet = Octets(hexadecimal: String(part)) else { return nil }
      bytes += octet.bytes
    }
    self.bytes = bytes
  }
}

extension HardwareAddress: TextCoded {
  init?(text: String) { self.init(text) }

  /// Two lower-case hexadecimal digits per byte, separated by colons.
  package var description: String { bytes.map { Octets([$0]).description }.joined(separator: ":") }
}
