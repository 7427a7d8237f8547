import Glibc
import Netlink
import Testing

/// A UDP service of the host on 10.0.0.1, and its visitors at 10.0.0.2. Their datagrams arrive through eth0 like those
/// of any machine, never through the loopback link.
package final class Service {
  private let descriptor: Int32
  private let port: UInt16
  private let cable: FrameSocket
  private var tag: UInt8 = 0
  private static let lost: UInt8 = 0xFF

  /// Opens the service on a port.
  package init(port: UInt16, of network: HostNetwork) throws {
    self.port = port
    cable = try FrameSocket(link: try network.socket.link(.name("switch0")).index)
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw CallFailed("socket") }
    guard Self.withAddress(0, port, { bind(descriptor, $0, $1) }) == 0 else { throw CallFailed("bind") }
  }

  deinit { close(descriptor) }

  /// Sends from a visitor's port until a datagram has arrived.
  package func expectReached(from visitor: UInt16, sourceLocation: SourceLocation = #_sourceLocation) throws {
    tag = tag % 200 + 1
    try eventually("a datagram from port \(visitor) reaches port \(port)", sourceLocation: sourceLocation) {
      try send(tag, from: visitor)
      var byte: UInt8 = 0
      while recv(descriptor, &byte, 1, 0) == 1 {
        #expect(byte != Self.lost, "a datagram passed the lock", sourceLocation: sourceLocation)
        if byte == tag { return true }
      }
      return false
    }
  }

  /// Sends datagrams that must be lost.
  package func sendIntoLock(from visitor: UInt16) throws {
    for _ in 0..<5 { try send(Self.lost, from: visitor) }
  }

  /// Whether the host may send to a visitor's port. The kernel reports drops of the host's own firewall to the sender.
  package func mayAnswer(_ visitor: UInt16) throws -> Bool {
    var byte: UInt8 = 0
    if Self.withAddress(0x0A00_0002, visitor, { sendto(descriptor, &byte, 1, 0, $0, $1) }) == 1 {
      return true
    }
    guard errno == EPERM else { throw CallFailed("send") }
    return false
  }

  private func send(_ byte: UInt8, from visitor: UInt16) throws {
    // RFC 791: version and length, then 29 bytes in all, no fragment, 64 hops, protocol 17, checksum, addresses.
    var packet: [UInt8] = [0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]
    var sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) {
      $0 + UInt32(packet[$1]) << 8 + UInt32(packet[$1 + 1])
    }
    sum = (sum & 0xFFFF) + sum >> 16
    packet[10] = ~UInt8(truncatingIfNeeded: sum >> 8)
    packet[11] = ~UInt8(truncatingIfNeeded: sum)
    // RFC 768: ports, length, and a checksum of zero for none.
    for word in [visitor, port, 9, 0] { packet += [UInt8(word >> 8), UInt8(word & 0xFF)] }
    try cable.send(packet + [byte] + [UInt8](repeating: 0, count: 17), type: 0x0800)
  }

  private static func withAddress<Result>(
    _ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result
  ) -> Result {
    let address = sockaddr_in(
      sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
      sin_addr: in_addr(s_addr: address.bigEndian),
      sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    return withUnsafeBytes(of: address) {
      body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
  }
}
