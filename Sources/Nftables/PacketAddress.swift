import Glibc

/// An IPv4 or IPv6 address of one host, in the text form of inet_ntop(3).
package struct PacketAddress: Sendable, Hashable {
  /// The protocol of the address.
  package enum Family: String, Sendable, Hashable {
    case ipv4 = "ip"
    case ipv6 = "ip6"
  }

  package let family: Family
  package let text: String
  private let bytes: [UInt8]

  /// Checks an address, and converts it to the notation of inet_ntop(3).
  package init(_ text: String) throws(NftablesError) {
    family = text.utf8.contains(UInt8(ascii: ":")) ? .ipv6 : .ipv4
    let number = family == .ipv4 ? AF_INET : AF_INET6
    var bytes = [UInt8](repeating: 0, count: family == .ipv4 ? 4 : 16)
    guard inet_pton(number, text, &bytes) == 1 else {
      throw .invalidName(text, reason: "it is not an IPv4 or IPv6 address")
    }
    var written = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(number, bytes, &written, socklen_t(written.count))
    self.bytes = bytes
    self.text = String(decoding: written.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The order in which the kernel lists addresses.
  func precedes(_ other: Self) -> Bool { bytes.lexicographicallyPrecedes(other.bytes) }
}
