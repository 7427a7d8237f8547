import CLinux
import Glibc

/// A UDP socket for datagrams to one address; see udp(7).
package struct DatagramSocket: ~Copyable, Sendable {
  private let descriptor: Descriptor
  private let peer: String

  /// Chooses the route, and sends nothing.
  ///
  /// - Throws: `SystemError`; ENETUNREACH or EHOSTUNREACH if the kernel has no route, EINVAL if it isn't an address.
  package init(to address: String, port: UInt16) throws(SystemError) {
    let peer = "\(address) port \(port)"
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
    let length = bytes.withUnsafeMutableBytes {
      clinux_sockaddr(address, port, $0.baseAddress, UInt32($0.count))
    }
    if length == 0 { throw SystemError("connect", peer, errno: EINVAL) }
    let family = address.contains(":") ? AF_INET6 : AF_INET
    let descriptor = Descriptor(
      owning: try checked("socket", peer) {
        socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      })
    try checked("connect", peer) {
      bytes.withUnsafeBytes {
        connect(descriptor.number, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
      }
    }
    self.descriptor = descriptor
    self.peer = peer
  }

  /// Sends a datagram, and waits for space in the socket's queue; see send(2).
  ///
  /// - Throws: `SystemError`; ECONNREFUSED if the peer has answered an earlier one that no service receives it.
  package func send(_ bytes: [UInt8]) throws(SystemError) {
    try checked("send", peer) {
      bytes.withUnsafeBytes { Glibc.send(descriptor.number, $0.baseAddress, $0.count, 0) }
    }
  }
}
