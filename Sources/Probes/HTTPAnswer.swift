import Glibc
import Linux
import Scenario

/// The answer to a `GET` over a new connection. A view that is queried over HTTP reads it.
///
/// It uses HTTP/1.0, so that no server answers in chunks. It is separate from the prober's `HTTPAttempt`, which
/// measures many requests on one thread and keeps no body.
package enum HTTPAnswer: Equatable, Sendable {
  /// The body of an answer whose status is accepted, and its `Date`: the server's time at the answer.
  case body(String, date: String? = nil)
  /// The reason why there is none.
  case failed(String)

  /// The maximum length of an answer. A longer one is refused.
  private static let limit = 4 << 20

  /// Sends a `GET`, and waits for at most the timeout. Resolving a name may take longer.
  package static func get(
    _ url: String, accepting statuses: Set<Int> = [200], timeout: Nanoseconds
  ) -> HTTPAnswer {
    ask(url, "GET", "", statuses, timeout)
  }

  /// Sends a `GET` over TLS, and waits for at most the timeout. The server's certificate is verified.
  ///
  /// - Parameters:
  ///   - url: begins with `https://`.
  ///   - fields: further fields of the request's header.
  ///   - authority: a file with the certificates to trust instead of the system's.
  package static func get(
    secure url: String, fields: [String], trusting authority: String?, timeout: Nanoseconds
  ) -> HTTPAnswer {
    let scheme = "https://"
    let rest = url.dropFirst(scheme.count)
    let server = rest.prefix { $0 != "/" && $0 != "?" }
    guard url.hasPrefix(scheme), !server.isEmpty else {
      return .failed("\(url): the URL doesn't begin with https://")
    }
    let path = rest.dropFirst(server.count)
    let request =
      "GET \(path.hasPrefix("/") ? "" : "/")\(path) HTTP/1.0\r\nHost: \(server)\r\nUser-Agent: murphy\r\n"
      + fields.map { "\($0)\r\n" }.joined() + "Connection: close\r\n\r\n"
    do {
      guard let handles = try CurlHandles(connectingTo: String(server), trusting: authority) else {
        return .failed("\(url): the URL has an invalid host or port")
      }
      let connection = try SecureConnection(handles, to: url, timeout: timeout)
      try connection.write(Array(request.utf8))
      var bytes: [UInt8] = []
      // A server may end the connection without a notice, which isn't an error after the whole answer.
      while bytes.count < length(of: bytes) ?? Int.max {
        let part = try connection.read(upTo: 65536)
        if part.isEmpty { break }
        bytes += part
        if bytes.count > limit { return .failed("\(url): the answer is longer than \(limit) bytes") }
      }
      return read(String(decoding: bytes, as: UTF8.self), url, [200])
    } catch {
      return .failed("\(error)")
    }
  }

  /// The length of a whole answer; nil before the end of its header, or without a `Content-Length`.
  private static func length(of bytes: [UInt8]) -> Int? {
    let header = String(decoding: bytes.prefix(16_384), as: UTF8.self)
    guard let end = header.firstRange(of: "\r\n\r\n") else { return nil }
    let lines = header[..<end.lowerBound].split(separator: "\r\n")
    guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-length:") }),
      let length = Int(line.drop { $0 != ":" }.dropFirst().filter { !$0.isWhitespace }), length >= 0,
      length <= limit
    else { return nil }
    return header[..<end.upperBound].utf8.count + length
  }

  /// Sends JSON with `POST`, and waits for at most the timeout.
  package static func post(_ json: String, to url: String, timeout: Nanoseconds) -> HTTPAnswer {
    ask(url, "POST", json, [200], timeout)
  }

  private static func ask(
    _ url: String, _ method: String, _ body: String, _ statuses: Set<Int>, _ timeout: Nanoseconds
  ) -> HTTPAnswer {
    let content =
      body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
    guard let endpoint = Endpoint(url, scheme: "http", standardPort: 80) else {
      return .failed("\(url): the host doesn't exist, or the URL doesn't begin with http://")
    }
    let name = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
    do throws(SystemError) {
      let exchange = HTTPExchange(
        over: try endpoint.streamSocket(), url: url, deadline: Clock.monotonic.now + timeout.count)
      try exchange.connect(to: endpoint)
      try exchange.send(
        "\(method) \(endpoint.path) HTTP/1.0\r\nHost: \(name):\(endpoint.port)\r\nUser-Agent: murphy\r\n"
          + "Accept: application/json\r\n\(content)Connection: close\r\n\r\n\(body)")
      guard let bytes = try exchange.receive(atMost: limit) else {
        return .failed("\(url): the answer is longer than \(limit) bytes")
      }
      return read(String(decoding: bytes, as: UTF8.self), url, statuses)
    } catch {
      return .failed("\(error)")
    }
  }

  /// Reads a whole answer.
  package static func read(_ text: String, _ url: String, _ statuses: Set<Int>) -> HTTPAnswer {
    guard text.hasPrefix("HTTP/"), let end = text.firstRange(of: "\r\n\r\n") else {
      return .failed("\(url): the answer isn't HTTP, or is incomplete")
    }
    let lines = text[..<end.lowerBound].split(separator: "\r\n", omittingEmptySubsequences: false)
    let body = text[end.upperBound...]
    var date: String?
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].lowercased()
      if name == "date" { date = String(parts[1].drop { $0 == " " }) }
      guard name == "content-length" else { continue }
      guard let length = Int(parts[1].filter { !$0.isWhitespace }), body.utf8.count >= length else {
        return .failed("\(url): the answer is incomplete")
      }
    }
    let words = lines[0].split(separator: " ", maxSplits: 1)
    let status = words.count == 2 ? Int(words[1].prefix { $0 != " " }) : nil
    guard let status, statuses.contains(status) else {
      // Prometheus gives its reason in the body.
      let reason = body.isEmpty ? "" : ": \(body.prefix(200).filter { !$0.isNewline })"
      let expected = statuses.sorted().map { "\($0)" }.joined(separator: " or ")
      return .failed("\(url): status \(words.last ?? ""), expected \(expected)\(reason)")
    }
    return .body(String(body), date: date)
  }
}

/// A connection that must end by its deadline.
private struct HTTPExchange: ~Copyable {
  private let socket: Descriptor
  private let url: String
  private let deadline: Int64

  init(over socket: consuming Descriptor, url: String, deadline: Int64) {
    self.socket = socket
    self.url = url
    self.deadline = deadline
  }

  func connect(to endpoint: Endpoint) throws(SystemError) {
    try endpoint.socketAddress.connect(socket.number)
    try wait(for: POLLOUT)
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length)
    if code != 0 { throw SystemError("connect to", url, errno: code) }
  }

  func send(_ text: String) throws(SystemError) {
    var rest = Array(text.utf8)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      let code = errno
      if count >= 0 {
        rest.removeFirst(count)
      } else if code == EAGAIN {
        try wait(for: POLLOUT)
      } else if code != EINTR {
        throw SystemError("send to", url, errno: code)
      }
    }
  }

  /// The data until the other end closes. Nil if it is longer than allowed.
  func receive(atMost limit: Int) throws(SystemError) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
      try wait(for: POLLIN)
      let count = recv(socket.number, &buffer, buffer.count, 0)
      let code = errno
      if count == 0 { return bytes }
      if count > 0 {
        bytes += buffer[..<count]
      } else if code != EAGAIN, code != EINTR {
        throw SystemError("read from", url, errno: code)
      }
    }
    return nil
  }

  private func wait(for events: Int32) throws(SystemError) {
    while true {
      let rest = (deadline - Clock.monotonic.now + 999_999) / 1_000_000
      var ready = pollfd(fd: socket.number, events: Int16(events), revents: 0)
      let count = rest > 0 ? poll(&ready, 1, Int32(clamping: rest)) : 0
      if count > 0 { return }
      let code = errno
      if count == 0 { throw SystemError("wait for", url, errno: ETIMEDOUT) }
      if code != EINTR { throw SystemError("wait for", url, errno: code) }
    }
  }
}
