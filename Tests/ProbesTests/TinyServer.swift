import CLinux
import Glibc
import Linux
import Synchronization

/// A service on a separate thread, in the network namespace of the thread that starts it. It gives one answer to each
/// connection's first request, which is a line or an http header.
final class TinyServer: Sendable {
  enum Answer: Sendable {
    /// These bytes, then a close.
    case send(String)
    /// A close.
    case hangUp
    /// No answer.
    case silence
    /// No answer until this many requests wait, then these bytes for all of them.
    case holdUntil(Int, String)
  }

  let port: UInt16
  private let state = Mutex(State())
  private let wake: Descriptor
  private let done: Mailbox<Bool>

  private struct State {
    var requests: [String] = []
    var released: Int64?
  }

  /// The requests in the order of their arrival.
  var requests: [String] { state.withLock { $0.requests } }
  /// When the held requests got their answer, on the monotonic clock.
  var released: Int64? { state.withLock { $0.released } }

  init(_ answer: @escaping @Sendable (String) -> Answer) throws {
    let (listener, port) = try Self.listen()
    self.port = port
    wake = Descriptor(owning: try checked("eventfd", "server") { clinux_eventfd() })
    done = try Mailbox()
    let wakeNumber = wake.number
    try startThread(named: "tiny server") { [self] in
      serve(listener, wakeNumber, answer)
      done.post(true)
    }
  }

  /// Stops the thread; returns once it has ended.
  func stop() throws {
    try wake.write([1, 0, 0, 0, 0, 0, 0, 0], to: "server")
    while done.take().isEmpty { done.wait(nanoseconds: 1_000_000_000) }
  }

  /// A port on which no process listens in a new namespace; below those that the kernel gives to clients, so that no client
  /// connects to itself.
  static let closedPort: UInt16 = 1

  private static func listen() throws(SystemError) -> (Int32, UInt16) {
    let listener = try checked("socket", "server") {
      socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { (pointer) throws(SystemError) in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
        _ = try checked("bind", "server") { bind(listener, pointer, length) }
        _ = try checked("listen", "server") { Glibc.listen(listener, 128) }
        _ = try checked("getsockname", "server") { getsockname(listener, pointer, &length) }
      }
    }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  private func serve(_ listener: Int32, _ wake: Int32, _ answer: (String) -> Answer) {
    var open: [Int32: [UInt8]] = [:]
    var held: [Int32] = []
    var isReleased = false
    defer { for number in [listener] + open.keys + held { close(number) } }
    while true {
      var polled = ([listener, wake] + open.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if poll(&polled, nfds_t(polled.count), -1) < 0 { continue }
      for ready in polled where ready.revents != 0 {
        if ready.fd == wake { return }
        if ready.fd == listener {
          let socket = accept(listener, nil, nil)
          if socket >= 0 { open[socket] = [] }
          continue
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(ready.fd, &bytes, bytes.count, 0)
        if count > 0 { open[ready.fd]? += bytes[..<count] }
        let text = String(decoding: open[ready.fd] ?? [], as: UTF8.self)
        if count > 0, !(text.hasPrefix("GET ") ? text.hasSuffix("\r\n\r\n") : text.hasSuffix("\n")) {
          continue
        }
        open[ready.fd] = nil
        if count <= 0 {
          close(ready.fd)
          continue
        }
        state.withLock { $0.requests.append(text) }
        switch answer(text) {
        case .send(let words): Self.finish(ready.fd, words)
        case .hangUp: close(ready.fd)
        case .silence: held.append(ready.fd)
        case .holdUntil(let count, let words):
          held.append(ready.fd)
          if held.count >= count || isReleased {
            if !isReleased { state.withLock { $0.released = Clock.monotonic.now } }
            isReleased = true
            for number in held { Self.finish(number, words) }
            held = []
          }
        }
      }
    }
  }

  private static func finish(_ socket: Int32, _ words: String) {
    let bytes = Array(words.utf8)
    _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    close(socket)
  }
}

/// Sends a request to a server on loopback and waits for the end of its answer.
func requestOnce(port: UInt16) {
  let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  defer { close(client) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  let request = Array("GET / HTTP/1.0\r\n\r\n".utf8)
  var byte: UInt8 = 0
  guard result == 0, send(client, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
    return
  }
  while recv(client, &byte, 1, 0) > 0 {}
}
