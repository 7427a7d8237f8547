import Glibc
import HostTesting
import IsolatedHost
import NamespaceTesting
import Netlink
import Testing

/// The addresses of the host and its neighbour.
enum Family: CaseIterable {
  case ipv4, ipv6
  var host: String { self == .ipv4 ? "10.0.0.1" : "fd00::1" }
  var neighbour: String { self == .ipv4 ? "10.0.0.2" : "fd00::2" }
  /// A second address of the neighbour's.
  var other: String { self == .ipv4 ? "10.0.0.3" : "fd00::3" }
  fileprivate var length: Int { self == .ipv4 ? 24 : 64 }
}

/// A machine at the other end of eth0's cable, with its own network stack.
struct Neighbour {
  private let namespace: NeighbourNamespace

  init() throws {
    namespace = try NeighbourNamespace()
    try namespace.take("switch0")
    try namespace.run {
      let file = Glibc.open("/proc/sys/net/ipv6/conf/switch0/accept_dad", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { throw CallFailed("open accept_dad") }
      defer { close(file) }
      guard write(file, "0", 1) == 1 else { throw CallFailed("write accept_dad") }
      let routes = try RouteSocket()
      try routes.setUp(true, .name("switch0"))
      let link = try routes.link(.name("switch0")).index
      for family in Family.allCases {
        for address in [family.neighbour, family.other] {
          let prefix = try #require(IPPrefix("\(address)/\(family.length)"))
          try routes.add(InterfaceAddress(prefix, flags: .noDuplicateDetection), to: link)
        }
      }
      try eventually("the cable has its carrier") {
        try routes.link(.name("switch0")).operativeState == .up
      }
    }
  }

  /// - Parameter source: the source address; nil for the one that the kernel chooses.
  func connect(_ host: String, _ port: UInt16, from source: String? = nil) throws -> Call {
    try namespace.run { try Call(host, port, SOCK_STREAM, IPPROTO_TCP, from: source) }
  }

  /// A BMC on its first address, which the simulator's own client must reach as well.
  func bmc(in folder: String) throws -> SimulatedBMC {
    try namespace.run {
      try RouteSocket().setUp(true, .name("lo"))
      return try SimulatedBMC(in: folder, at: Family.ipv4.neighbour)
    }
  }

  func listen(_ port: UInt16) throws -> Listener { try namespace.run { try Listener(port: port) } }

  func ping(_ host: String) throws -> Call {
    let isIPv6 = host.contains(":")
    return try namespace.run {
      let call = try Call(host, 0, SOCK_RAW, isIPv6 ? 58 : IPPROTO_ICMP)
      // An echo request, with the checksum that the kernel fills in for ICMPv6 alone; see RFC 792 and 4443.
      let request: [UInt8] = isIPv6 ? [128, 0, 0, 0, 1, 2, 3, 4] : [8, 0, 0xF3, 0xF9, 1, 2, 3, 4]
      guard send(call.descriptor, request, request.count, 0) == request.count else {
        throw CallFailed("send an echo request")
      }
      return call
    }
  }
}

/// A socket that sends to a host without waiting.
final class Call {
  let descriptor: Int32

  init(
    _ host: String, _ port: UInt16, _ type: __socket_type, _ number: some BinaryInteger,
    from source: String? = nil
  ) throws {
    let isIPv6 = host.contains(":")
    descriptor = socket(
      isIPv6 ? AF_INET6 : AF_INET, Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue), Int32(number))
    guard descriptor >= 0 else { throw CallFailed("socket") }
    if let source {
      let status = try Self.withAddress(source, 0) { bind(descriptor, $0, $1) }
      guard status == 0 else { throw CallFailed("bind to \(source)") }
    }
    let status = try Self.withAddress(host, port) { Glibc.connect(descriptor, $0, $1) }
    guard status == 0 || errno == EINPROGRESS else { throw CallFailed("connect to \(host)") }
  }

  deinit { close(descriptor) }

  private static func withAddress(
    _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) throws -> Int32 {
    text.contains(":")
      ? withSocketAddress(
        sockaddr_in6(
          sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
          sin6_addr: try parse(text, in6_addr()), sin6_scope_id: 0), body)
      : withSocketAddress(
        sockaddr_in(
          sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
          sin_addr: try parse(text, in_addr()), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0)), body)
  }

  private static func parse<Address>(_ text: String, _ empty: Address) throws -> Address {
    var address = empty
    let family = text.contains(":") ? AF_INET6 : AF_INET
    guard withUnsafeMutableBytes(of: &address, { inet_pton(family, text, $0.baseAddress) }) == 1 else {
      throw CallFailed("inet_pton \(text)")
    }
    return address
  }

  private var failure: Int32? {
    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&ready, 1, 0) == 1 else { return nil }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return code
  }

  var isConnected: Bool { failure == 0 }
  var isRefused: Bool { failure == ECONNREFUSED }
  /// Whether an echo reply came.
  var isAnswered: Bool {
    var bytes = [UInt8](repeating: 0, count: 128)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count <= 0 { return false }
      // An IPv4 raw socket shows the IP header before the message.
      if bytes[0] == 129 || bytes[0] >> 4 == 4 && bytes[20] == 0 { return true }
    }
  }
}

/// A TCP service on all of the host's addresses.
final class Listener {
  let port: UInt16
  private let descriptor: Int32

  init(port: UInt16) throws {
    self.port = port
    descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw CallFailed("socket") }
    let address = sockaddr_in6(
      sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
      sin6_addr: in6_addr(), sin6_scope_id: 0)
    let status = withSocketAddress(address) { bind(descriptor, $0, $1) }
    guard status == 0, listen(descriptor, 64) == 0 else { throw CallFailed("listen") }
  }

  deinit { close(descriptor) }
}

private func withSocketAddress<Address, Result>(
  _ address: Address, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result
) -> Result {
  withUnsafeBytes(of: address) {
    body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
  }
}
