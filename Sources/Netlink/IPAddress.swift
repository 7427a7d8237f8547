import Glibc

/// The family of an IP address.
package enum IPFamily: String, Sendable, Hashable, Codable, CaseIterable {
  case ipv4
  case ipv6

  /// The kernel's number, AF_INET or AF_INET6.
  var number: UInt8 { self == .ipv4 ? UInt8(AF_INET) : UInt8(AF_INET6) }

  /// The length of an address in bytes.
  var addressLength: Int { self == .ipv4 ? 4 : 16 }

  init?(number: UInt8) {
    switch Int32(number) {
    case AF_INET: self = .ipv4
    case AF_INET6: self = .ipv6
    default: return nil
    }
  }
}

/// An IPv4 or IPv6 address. Its text and JSON form is the standard one: "10.0.0.1", "fd00::1".
package struct IPAddress: Sendable, Hashable {
  package let family: IPFamily
  /// Four or sixteen bytes in network order.
  package let bytes: [UInt8]

  /// Wraps four or sixteen bytes in network order. Nil for any other count.
  package init?(bytes: [UInt8]) {
    guard let family = IPFamily.allCases.first(where: { $0.addressLength == bytes.count }) else { return nil }
    self.family = family
    self.bytes = bytes
  }

  /// Reads the standard text form, see inet_pton(3). Nil for anything else.
  package init?(_ text: String) {
    let family: IPFamily = text.utf8.contains(UInt8(ascii: ":")) ? .ipv6 : .ipv4
    var bytes = [UInt8](repeating: 0, count: family.addressLength)
    guard inet_pton(Int32(family.number), text, &bytes) == 1 else { return nil }
    self.family = family
    self.bytes = bytes
  }

  /// 0.0.0.0 or ::.
  static func unspecified(_ family: IPFamily) -> IPAddress {
    IPAddress(family: family, bytes: [UInt8](repeating: 0, count: family.addressLength))
  }

  /// True for a multicast address: 224.0.0.0/4, ff00::/8.
  var isMulticast: Bool { family == .ipv4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }

  /// True for an address that is only unique on a link: IPv6 link-local and multicast.
  var isOfLinkScope: Bool {
    family == .ipv6 && (isMulticast || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
  }

  private init(family: IPFamily, bytes: [UInt8]) {
    self.family = family
    self.bytes = bytes
  }
}

extension IPAddress: TextCoded {
  init?(text: String) { self.init(text) }

  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(Int32(family.number), bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// An address with the length of its network: "10.0.0.1/24".
///
/// Bits behind the length are kept, so that it can be an interface's address or a route's destination.
package struct IPPrefix: Sendable, Hashable {
  package let address: IPAddress
  /// The leading bits that name the network, 0 to 32 or 128.
  package let length: UInt8

  /// An address and a length. Nil if the length is longer than the address.
  package init?(_ address: IPAddress, length: UInt8) {
    guard Int(length) <= address.bytes.count * 8 else { return nil }
    self.address = address
    self.length = length
  }

  /// Reads "10.0.0.1/24". Nil for anything else; the length is mandatory.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = UInt8(parts[1])
    else { return nil }
    self.init(address, length: length)
  }

  /// 0.0.0.0/0 or ::/0, the destination of a default route.
  package static func any(_ family: IPFamily) -> IPPrefix {
    IPPrefix(unchecked: .unspecified(family), length: 0)
  }

  private init(unchecked address: IPAddress, length: UInt8) {
    self.address = address
    self.length = length
  }

  package var family: IPFamily { address.family }

  /// The network, with the bits behind the length cleared.
  package var network: IPPrefix {
    var bytes = address.bytes
    for index in bytes.indices {
      let kept = max(0, min(8, Int(length) - index * 8))
      bytes[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
    return IPPrefix(unchecked: IPAddress(bytes: bytes) ?? address, length: length)
  }
}

extension IPPrefix: TextCoded {
  init?(text: String) { self.init(text) }

  /// The address, a slash, and the length.
  package var description: String { "\(address)/\(length)" }
}
