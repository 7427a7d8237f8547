import CLinux
import Glibc
import Journal
import Linux
import Scenario

/// The data that is sent and read over a socket.
protocol Dialogue {
  /// The bytes that are written once the socket is connected.
  var request: [UInt8] { get }
  /// The id of the boot that answered, if the service reports it.
  var boot: String? { get }
  /// The result of the connection alone. Nil if an answer is expected.
  var connected: AttemptResult? { get }
  /// Reads a part of the answer. Returns the result once it is known.
  ///
  /// - Parameter ended: true if the peer has closed. A result is then required.
  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult?
}

extension Dialogue {
  var boot: String? { nil }
  var connected: AttemptResult? { nil }
}

/// A request and its answer over a new socket.
final class SocketAttempt<Content: Dialogue>: Attempt {
  private let sent: Int64
  private(set) var deadline: Int64
  private(set) var parts: RequestParts?
  private let socket: Descriptor
  private let address: SocketAddress
  private var dialogue: Content
  private var outgoing: [UInt8]
  private var isConnected: Bool
  /// Whether connect(2) didn't have to wait.
  private let isImmediate: Bool

  var boot: String? { dialogue.boot }

  /// Starts to connect a socket.
  ///
  /// - Parameter isStream: false for a datagram's socket, which is connected immediately and has no end.
  init(
    _ request: ProbeRequest, _ dialogue: Content, over socket: consuming Descriptor,
    to address: SocketAddress,
    isStream: Bool, by events: ProbeEvents
  ) throws(SystemError) {
    sent = request.sent
    deadline = request.deadline
    self.dialogue = dialogue
    outgoing = dialogue.request
    isConnected = !isStream
    self.socket = socket
    self.address = address
    isImmediate = try address.connect(self.socket.number)
    try events.watch(self.socket.number, as: request.token)
  }

  func advance(_ flags: EventFlags, unreadySince looked: Int64) -> AttemptResult? {
    if !isConnected {
      if !isImmediate {
        // The end of the connect is an event. No system call is needed while there is none, nor to learn of success.
        if flags.isEmpty { return nil }
        if !flags.isOnlyWritable {
          if let failure = failure() { return failure }
          if !hasPeer() { return nil }
        }
      }
      isConnected = true
      if let result = dialogue.connected {
        return result.verdict == .ok && isToItself() ? AttemptResult(errno: ECONNREFUSED) : result
      }
      let now = Clock.monotonic.now
      parts = RequestParts(connected: Nanoseconds(now - sent))
      // The connection may have been ready since then without a sent request.
      deadline += max(0, now - max(looked, sent))
    }
    while !outgoing.isEmpty {
      let count = outgoing.withUnsafeBytes {
        Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        return Self.result(of: errno)
      }
      outgoing.removeFirst(count)
    }
    return receive()
  }

  private func failure() -> AttemptResult? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length)
    return code == 0 ? nil : AttemptResult(errno: code)
  }

  /// If there is no error and no peer, the connection is still being established.
  private func hasPeer() -> Bool {
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket.number, $0, &length) }
    } == 0
  }

  /// Whether the socket is connected to itself. If no process listens at a port of this machine, the kernel may choose that
  /// port for the connection: then the socket accepts itself (RFC 9293, 3.5, simultaneous open).
  private func isToItself() -> Bool {
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isSame = withUnsafeMutableBytes(of: &name) { name in
      guard let start = name.baseAddress,
        getsockname(socket.number, start.assumingMemoryBound(to: sockaddr.self), &length) == 0
      else { return false }
      return name.prefix(Int(length)).elementsEqual(address.bytes)
    }
    if isSame {
      // A close in order would keep the port for a minute, and the service could not listen at it.
      var reset = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
    }
    return isSame
  }

  private func receive() -> AttemptResult? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(socket.number, &buffer, buffer.count, 0)
      if count < 0 {
        // An event is reported once, so another one may never come.
        if errno == EINTR { continue }
        return Self.result(of: errno)
      }
      if parts?.firstByte == nil, count > 0 {
        parts?.firstByte = Nanoseconds(Clock.monotonic.now - sent)
      }
      if let result = dialogue.take(buffer[..<count], ended: count == 0) { return result }
    }
  }

  private static func result(of code: Int32) -> AttemptResult? {
    code == EAGAIN ? nil : AttemptResult(errno: code)
  }
}
