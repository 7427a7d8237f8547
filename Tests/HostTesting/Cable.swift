import Glibc
import Netlink
import Testing

/// Ethernet frames through one of the host's links, observed at both ends of its cable.
///
/// A lost frame is detected by a later frame that arrives, so no test waits for the absence of a frame. Frames that
/// must be lost have a mark, and a marked frame that arrives fails the test.
package final class Cable {
  /// A direction of the cable, from the host's point of view.
  package enum Way: CaseIterable, Sendable {
    /// From the switch to the host.
    case `in`
    /// From the host to the switch.
    case out
  }

  private let host: FrameSocket
  private let network: FrameSocket
  private var tag: UInt8 = 0
  private static let lost: UInt8 = 0xFF

  /// The cable of eth0 or eth1.
  package init(_ number: Int, of network: HostNetwork) throws {
    host = try FrameSocket(link: try network.socket.link(.name("eth\(number)")).index)
    self.network = try FrameSocket(link: try network.socket.link(.name("switch\(number)")).index)
  }

  /// Sends until a frame has arrived.
  package func expectPasses(_ way: Way, sourceLocation: SourceLocation = #_sourceLocation) throws {
    tag = tag % 200 + 1
    let (sender, receiver) = ends(way)
    try eventually("a frame passes \(way)", sourceLocation: sourceLocation) {
      try sender.send(tag)
      while let arrived = receiver.receive() {
        #expect(arrived != Self.lost, "a frame passed the cut", sourceLocation: sourceLocation)
        if arrived == tag { return true }
      }
      return false
    }
  }

  /// Sends frames that must be lost.
  package func sendIntoCut(_ way: Way) throws {
    for _ in 0..<5 { try ends(way).sender.send(Self.lost) }
  }

  private func ends(_ way: Way) -> (sender: FrameSocket, receiver: FrameSocket) {
    way == .in ? (network, host) : (host, network)
  }
}

/// Raw frames on one link; see packet(7).
final class FrameSocket {
  private let descriptor: Int32
  /// ETH_P_802_EX1, for experiments.
  private static let experiment: UInt16 = 0x88B5

  init(link index: Int32) throws {
    descriptor = socket(
      AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue), Int32(Self.experiment.bigEndian))
    guard descriptor >= 0 else { throw CallFailed("packet socket") }
    // struct sockaddr_ll: family, type, index, and twelve bytes that bind(2) doesn't read.
    var address = [UInt8](repeating: 0, count: 20)
    address.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt16(AF_PACKET), as: UInt16.self)
      bytes.storeBytes(of: Self.experiment.bigEndian, toByteOffset: 2, as: UInt16.self)
      bytes.storeBytes(of: index, toByteOffset: 4, as: Int32.self)
    }
    let status = address.withUnsafeBytes {
      bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard status == 0 else { throw CallFailed("bind to link") }
  }

  deinit { close(descriptor) }

  /// Broadcasts a frame with one byte as payload. If the frame is dropped on its way out, the kernel reports this to
  /// the sender; it isn't an error.
  func send(_ tag: UInt8) throws {
    do {
      try send([UInt8](repeating: tag, count: 46), type: Self.experiment)
    } catch let error as CallFailed where error.code == ENOBUFS {}
  }

  /// Broadcasts a frame.
  func send(_ payload: [UInt8], type: UInt16) throws {
    let frame =
      [UInt8](repeating: 0xFF, count: 6) + [0x02, 0, 0, 0, 0, 1, UInt8(type >> 8), UInt8(type & 0xFF)]
      + payload
    guard Glibc.send(descriptor, frame, frame.count, 0) == frame.count else { throw CallFailed("send frame") }
  }

  /// The byte of the next received frame.
  func receive() -> UInt8? {
    var frame = [UInt8](repeating: 0, count: 2048)
    let count = recv(descriptor, &frame, frame.count, 0)
    return count > 14 ? frame[14] : nil
  }
}
