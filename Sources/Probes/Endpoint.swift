import CLinux
import Glibc
import Scenario

/// The destination of a probe, parsed from the fleet's text.
struct Endpoint: Equatable, Sendable {
  /// An IPv4 or IPv6 literal.
  var address: String
  /// The host as written in the fleet.
  var host: String
  var port: UInt16
  var path: String

  /// The endpoint of a probe's target; nil if the text is invalid.
  init?(_ probe: Fleet.Probe) {
    var rest = Substring(probe.target)
    let standardPort: UInt16
    switch probe.kind {
    case .http:
      guard rest.hasPrefix("http://") else { return nil }
      rest = rest.dropFirst(7)
      standardPort = 80
    case .tcp, .append:
      guard rest.hasPrefix("tcp://") else { return nil }
      rest = rest.dropFirst(6)
      standardPort = 0
    case .ping: standardPort = 0
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    var authority = rest[..<slash]
    port = standardPort
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      let after = authority[authority.index(after: close)...]
      address = String(authority[authority.index(after: authority.startIndex)..<close])
      if after.hasPrefix(":") {
        guard let given = UInt16(after.dropFirst()) else { return nil }
        port = given
      } else if !after.isEmpty {
        return nil
      }
    } else {
      if probe.kind != .ping, let colon = authority.lastIndex(of: ":") {
        guard let given = UInt16(authority[authority.index(after: colon)...]) else { return nil }
        port = given
        authority = authority[..<colon]
      }
      address = String(authority)
    }
    host = address
    if probe.kind != .ping, port == 0 { return nil }
    if socketAddress.isEmpty {
      // A name is resolved once, now, so that no measurement includes the resolver.
      guard let resolved = Self.resolve(host) else { return nil }
      address = resolved
    }
  }

  /// The first address of a name, by getaddrinfo(3).
  private static func resolve(_ name: String) -> String? {
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, nil, &found) == 0, let first = found else { return nil }
    defer { freeaddrinfo(found) }
    var text = [CChar](repeating: 0, count: 64)
    let result = getnameinfo(
      first.pointee.ai_addr, first.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST)
    return result == 0
      ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// The kernel's form of the address; empty if it isn't an address literal. See inet_pton(3).
  var socketAddress: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 128)
    let length = bytes.withUnsafeMutableBytes {
      clinux_sockaddr(address, port, $0.baseAddress, UInt32($0.count))
    }
    return Array(bytes.prefix(Int(length)))
  }

  var isIPv6: Bool { address.contains(":") }
}
