import CCurl
import Glibc
import Journal
import Linux
import Scenario

/// A service whose requests are sent over TLS.
final class SecureService<Content: Dialogue>: ProbedService {
  private let probe: Fleet.Probe
  private let handles: CurlHandles
  private let dialogue: (ProbeRequest) -> Content
  private var transfers: Transfers?

  init(_ probe: Fleet.Probe, _ handles: CurlHandles, _ dialogue: @escaping (ProbeRequest) -> Content) {
    self.probe = probe
    self.handles = handles
    self.dialogue = dialogue
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let transfers = try events.transfers(trusting: probe.text("ca"))
    self.transfers = transfers
    guard let easy = handles.take() else { throw SystemError("curl", probe.target, errno: ENOMEM) }
    let attempt = SecureAttempt(request, easy, dialogue(request), of: self, by: events)
    transfers.start(attempt)
    return attempt
  }

  func release(_ number: Int32) { transfers?.release(number) }

  func takeBack(_ attempt: SecureAttempt<Content>) {
    transfers?.end(attempt)
    handles.giveBack(attempt.easy, isUnharmed: attempt.isUnharmed)
  }
}

/// A request and its answer over TLS. libcurl connects and performs the handshake, then releases the socket.
final class SecureAttempt<Content: Dialogue>: Attempt, Transfer {
  let token: UInt64
  let easy: UnsafeMutableRawPointer
  private let sent: Int64
  private(set) var deadline: Int64
  /// The time by which the deadline may still be moved.
  private var patience: Int64
  private(set) var result: AttemptResult?
  private(set) var parts: RequestParts?
  private let service: SecureService<Content>
  private let events: ProbeEvents
  private var dialogue: Content
  private var outgoing: [UInt8]
  private var isOpen = false
  /// Whether libcurl connected, and reported no error since then.
  private(set) var isUnharmed = false
  private var socketError: Int32 = 0
  private var box: TransferBox?

  init(
    _ request: ProbeRequest, _ easy: UnsafeMutableRawPointer, _ dialogue: Content,
    of service: SecureService<Content>, by events: ProbeEvents
  ) {
    token = request.token
    sent = request.sent
    deadline = request.deadline
    patience = request.timeout
    self.easy = easy
    self.service = service
    self.events = events
    self.dialogue = dialogue
    outgoing = dialogue.request
    let box = TransferBox(self)
    self.box = box
    ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(box).toOpaque())
  }

  var boot: String? { dialogue.boot }

  func end() { service.takeBack(self) }

  func give(back time: Int64) {
    let given = min(max(0, time), max(0, Clock.monotonic.now - sent), patience)
    deadline += given
    patience -= given
  }

  func fail() { result = .unsent }

  func noSocket(_ errno: Int32) { socketError = errno }

  func finish(_ code: CURLcode) {
    parts = RequestParts(
      connected: part(CURLINFO_CONNECT_TIME_T), secured: part(CURLINFO_APPCONNECT_TIME_T))
    isUnharmed = code == CURLE_OK
    guard isUnharmed else {
      result = AttemptResult(curl: code, on: easy, socketError: socketError)
      return
    }
    let number = ccurl_socket(easy)
    service.release(number)
    do throws(SystemError) {
      try events.watch(number, as: token)
      isOpen = true
    } catch {
      fail()
    }
  }

  func advance(_ flags: EventFlags, unreadySince looked: Int64) -> AttemptResult? {
    if let result { return result }
    if !isOpen { return nil }
    if !outgoing.isEmpty { give(back: Clock.monotonic.now - looked) }
    while !outgoing.isEmpty {
      var count = 0
      let code = outgoing.withUnsafeBytes { curl_easy_send(easy, $0.baseAddress, $0.count, &count) }
      if code == CURLE_AGAIN { return nil }
      if code != CURLE_OK { return failed(code) }
      outgoing.removeFirst(count)
    }
    return receive()
  }

  private func receive() -> AttemptResult? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var count = 0
      let code = curl_easy_recv(easy, &buffer, buffer.count, &count)
      if code == CURLE_AGAIN { return nil }
      if code != CURLE_OK { return failed(code) }
      if parts?.firstByte == nil, count > 0 {
        parts?.firstByte = Nanoseconds(Clock.monotonic.now - sent)
      }
      if let result = dialogue.take(buffer[..<count], ended: count == 0) { return result }
    }
  }

  private func failed(_ code: CURLcode) -> AttemptResult {
    isUnharmed = false
    return AttemptResult(curl: code, on: easy, socketError: socketError)
  }

  private func part(_ info: CURLINFO) -> Nanoseconds? {
    var time: curl_off_t = 0
    ccurl_microseconds(easy, info, &time)
    return time > 0 ? Nanoseconds(Int64(time) * 1000) : nil
  }
}

/// A TLS connection whose calls block. It is for the records behind an append probe.
final class SecureConnection {
  private let handles: CurlHandles
  private let easy: UnsafeMutableRawPointer
  private let name: String
  private let deadline: Int64

  /// Connects within the timeout.
  init(_ handles: CurlHandles, to name: String, timeout: Nanoseconds) throws(SystemError) {
    guard let easy = handles.take() else { throw SystemError("curl", name, errno: ENOMEM) }
    ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, Int(timeout.count / 1_000_000)))
    self.handles = handles
    self.easy = easy
    self.name = name
    deadline = Clock.monotonic.now + timeout.count
    let code = curl_easy_perform(easy)
    if code != CURLE_OK { throw Self.error("connect to", name, easy, code) }
  }

  deinit { curl_easy_cleanup(easy) }

  func write(_ bytes: [UInt8]) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      var count = 0
      let code = rest.withUnsafeBytes { curl_easy_send(easy, $0.baseAddress, $0.count, &count) }
      if code == CURLE_AGAIN {
        try wait(for: POLLOUT)
      } else if code != CURLE_OK {
        throw Self.error("write to", name, easy, code)
      }
      rest.removeFirst(count)
    }
  }

  /// Empty at the end.
  func read(upTo capacity: Int) throws(SystemError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: capacity)
    while true {
      var count = 0
      let code = curl_easy_recv(easy, &buffer, capacity, &count)
      if code == CURLE_OK { return Array(buffer[..<count]) }
      if code != CURLE_AGAIN { throw Self.error("read", name, easy, code) }
      try wait(for: POLLIN)
    }
  }

  private func wait(for events: Int32) throws(SystemError) {
    var ready = pollfd(fd: ccurl_socket(easy), events: Int16(events), revents: 0)
    let rest = (deadline - Clock.monotonic.now + 999_999) / 1_000_000
    if rest <= 0 || poll(&ready, 1, Int32(clamping: rest)) == 0 {
      throw SystemError("read", name, errno: ETIMEDOUT)
    }
  }

  private static func error(
    _ operation: String, _ name: String, _ easy: UnsafeMutableRawPointer, _ code: CURLcode
  ) -> SystemError {
    var number = 0
    ccurl_long(easy, CURLINFO_OS_ERRNO, &number)
    return SystemError(
      operation, "\(name) (\(String(cString: curl_easy_strerror(code))))",
      errno: Int32(number == 0 ? Int(EPROTO) : number))
  }
}
