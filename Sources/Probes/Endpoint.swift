import CLinux
import Glibc
import Linux
import Scenario

/// An address in the kernel's format.
struct SocketAddress: Equatable, Sendable {
  var bytes: [UInt8]
  /// The text for errors.
  var name: String

  /// Whether it is a link-local IPv6 address without a link; see ipv6(7).
  fileprivate var lacksLink: Bool {
    bytes.count == MemoryLayout<sockaddr_in6>.size && bytes[8] == 0xfe && bytes[9] & 0xc0 == 0x80
      && bytes[24...].allSatisfy { $0 == 0 }
  }

  /// Calls connect(2). Returns false if a non-blocking socket is not connected yet.
  @discardableResult
  func connect(_ number: Int32) throws(SystemError) -> Bool {
    let result = bytes.withUnsafeBytes {
      Glibc.connect(number, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
    }
    let code = errno
    if result != 0, code != EINPROGRESS { throw SystemError("connect", name, errno: code) }
    return result == 0
  }
}

/// The destination of a probe, parsed from the fleet's text.
struct Endpoint: Equatable, Sendable {
  /// An IPv4 or IPv6 literal.
  let address: String
  /// The host as written in the fleet.
  let host: String
  let port: UInt16
  let path: String
  /// The kernel's format of address and port.
  let socketAddress: SocketAddress

  /// The endpoint of a URL. Nil if the text is invalid or its name doesn't resolve.
  ///
  /// - Parameter standardPort: the port of a URL without a port. Nil if the URL must have one.
  init?(_ url: String, scheme: String, standardPort: UInt16?) {
    guard url.hasPrefix("\(scheme)://") else { return nil }
    let rest = url.dropFirst(scheme.count + 3)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var host = rest[..<slash]
    var port = standardPort
    var given: Substring?
    if host.hasPrefix("[") {
      guard let close = host.firstIndex(of: "]") else { return nil }
      let after = host[host.index(after: close)...]
      if !after.isEmpty {
        guard after.hasPrefix(":") else { return nil }
        given = after.dropFirst()
      }
      host = host[...close]
    } else if let colon = host.lastIndex(of: ":") {
      given = host[host.index(after: colon)...]
      host = host[..<colon]
    }
    if let given {
      port = UInt16(given)
      if port == nil { return nil }
    }
    guard let port, port > 0 else { return nil }
    self.init(host: String(host), port: port, path: slash == rest.endIndex ? "/" : String(rest[slash...]))
  }

  /// The endpoint of a host without a port: an address, with or without brackets, or a name. Nil if it doesn't resolve.
  init?(host: String, port: UInt16 = 0, path: String = "/") {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    self.host = isBracketed ? String(host.dropFirst().dropLast()) : host
    self.port = port
    self.path = path
    let bytes = Self.socketAddress(self.host, port)
    if bytes.isEmpty {
      // A name is resolved once, here, so that no measurement includes the resolver. An IPv6 address with a link
      // (`fe80::1%eth0`) is resolved like a name.
      guard let resolved = Self.resolve(self.host, port) else { return nil }
      (address, socketAddress) = (resolved.address, SocketAddress(bytes: resolved.bytes, name: self.host))
    } else {
      address = self.host
      socketAddress = SocketAddress(bytes: bytes, name: self.host)
    }
    // The kernel can't connect to it: each link has its own address of this kind.
    if isIPv6, socketAddress.lacksLink { return nil }
  }

  /// The endpoint of a probe whose target is `tcp://ADDRESS:PORT`.
  init(ofTCP probe: Fleet.Probe) throws(ProbeRefused) {
    guard let endpoint = Endpoint(probe.target, scheme: "tcp", standardPort: nil) else {
      throw ProbeRefused(probe, "expected tcp://HOST:PORT, with an address or a name that resolves")
    }
    self = endpoint
  }

  /// The first address of a name, by getaddrinfo(3).
  private static func resolve(_ name: String, _ port: UInt16) -> (address: String, bytes: [UInt8])? {
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, "\(port)", nil, &found) == 0, let first = found,
      let bytes = first.pointee.ai_addr
    else { return nil }
    defer { freeaddrinfo(found) }
    var text = [CChar](repeating: 0, count: 64)
    let result = getnameinfo(
      first.pointee.ai_addr, first.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST)
    guard result == 0 else { return nil }
    return (
      String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
      Array(UnsafeRawBufferPointer(start: bytes, count: Int(first.pointee.ai_addrlen)))
    )
  }

  /// Whether a text is an IPv4 or IPv6 literal.
  static func isAddress(_ text: String) -> Bool { !socketAddress(text, 0).isEmpty }

  /// Empty if it isn't an address literal; see inet_pton(3).
  private static func socketAddress(_ address: String, _ port: UInt16) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 128)
    let length = bytes.withUnsafeMutableBytes {
      clinux_sockaddr(address, port, $0.baseAddress, UInt32($0.count))
    }
    return Array(bytes.prefix(Int(length)))
  }

  var isIPv6: Bool { address.contains(":") }
  var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

  /// A non-blocking stream socket of the endpoint's family.
  func streamSocket(isBlocking: Bool = false) throws(SystemError) -> Descriptor {
    let flags = SOCK_CLOEXEC.rawValue | (isBlocking ? 0 : SOCK_NONBLOCK.rawValue)
    return Descriptor(
      owning: try checked("socket", host) { socket(family, Int32(SOCK_STREAM.rawValue | flags), 0) })
  }
}
