import Glibc
import Testing

/// Waits for an asynchronous change. Fails after ten seconds.
func eventually(_ what: Comment, _ condition: () throws -> Bool) throws {
  for _ in 0..<1000 {
    if try condition() { return }
    usleep(10_000)
  }
  Issue.record(what)
}

struct SocketError: Error {
  let operation: String
  let code = errno
}

/// A UDP socket on the loopback address, whose datagrams are one byte long.
final class DatagramSocket {
  enum Family {
    case ipv4
    case ipv6
  }

  private let descriptor: Int32
  private let family: Family
  private(set) var lastSender: UInt16 = 0

  /// Bound to a port; 0 for any.
  init(_ family: Family, port: UInt16 = 0) throws {
    self.family = family
    descriptor = socket(
      family == .ipv4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw SocketError(operation: "socket") }
    let status = Self.withAddress(family, port) { bind(descriptor, $0, $1) }
    guard status == 0 else { throw SocketError(operation: "bind") }
  }

  deinit { close(descriptor) }

  func send(_ tag: UInt8, to port: UInt16) throws {
    var byte = tag
    let count = Self.withAddress(family, port) { sendto(descriptor, &byte, 1, 0, $0, $1) }
    guard count == 1 else { throw SocketError(operation: "send") }
  }

  /// The next received datagram. On loopback a datagram is delivered before `send` returns.
  func receive() -> UInt8? {
    var byte: UInt8 = 0
    var sender = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let count = withUnsafeMutableBytes(of: &sender) { address in
      recvfrom(descriptor, &byte, 1, 0, address.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard count == 1 else { return nil }
    // The port is at the same offset for both families.
    lastSender = UInt16(bigEndian: sender.sin6_port)
    return byte
  }

  private static func withAddress<Result>(
    _ family: Family, _ port: UInt16, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result
  ) -> Result {
    func call(_ address: some Any) -> Result {
      withUnsafeBytes(of: address) {
        body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
    switch family {
    case .ipv4:
      return call(
        sockaddr_in(
          sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
          sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0)))
    case .ipv6:
      return call(
        sockaddr_in6(
          sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
          sin6_addr: in6addr_loopback,
          sin6_scope_id: 0))
    }
  }
}

/// Ethernet frames of a type that nothing else uses, sent and received on one link. See packet(7).
final class FrameSocket {
  private let descriptor: Int32
  /// ETH_P_802_EX1, for experiments.
  private static let type: UInt16 = 0x88B5

  init(link index: Int32) throws {
    descriptor = socket(
      AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue), Int32(Self.type.bigEndian))
    guard descriptor >= 0 else { throw SocketError(operation: "packet socket") }
    // struct sockaddr_ll: family, type, index, and twelve bytes that bind(2) doesn't read.
    var address = [UInt8](repeating: 0, count: 20)
    address.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt16(AF_PACKET), as: UInt16.self)
      bytes.storeBytes(of: Self.type.bigEndian, toByteOffset: 2, as: UInt16.self)
      bytes.storeBytes(of: index, toByteOffset: 4, as: Int32.self)
    }
    let status = address.withUnsafeBytes {
      bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard status == 0 else { throw SocketError(operation: "bind to link") }
  }

  deinit { close(descriptor) }

  /// Broadcasts a frame with a byte as payload.
  func send(_ tag: UInt8) throws {
    let frame: [UInt8] =
      [UInt8](repeating: 0xFF, count: 6) + [0x02, 0, 0, 0, 0, tag] + [
        UInt8(Self.type >> 8), UInt8(Self.type & 0xFF),
      ]
      + [UInt8](repeating: tag, count: 46)
    guard Glibc.send(descriptor, frame, frame.count, 0) == frame.count else {
      throw SocketError(operation: "send frame")
    }
  }

  /// The byte of the next received frame that came from another link.
  func receive() -> UInt8? {
    var frame = [UInt8](repeating: 0, count: 2048)
    let count = recv(descriptor, &frame, frame.count, 0)
    return count > 14 ? frame[14] : nil
  }
}
