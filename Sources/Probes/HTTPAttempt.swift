import CCurl
import Glibc
import Journal
import Linux
import Scenario

/// The required http response.
struct HTTPExpectation {
  var status: Int
  /// A text in the body; nil if any body is accepted.
  var body: [UInt8]?
  /// The maximum length of a body. A transfer with a longer body is ended.
  var longest: Int
  var needsHTTP2: Bool
}

/// One `GET`. libcurl calls its functions on the prober's thread.
final class HTTPAttempt: Attempt, Transfer {
  let token: UInt64
  let easy: UnsafeMutableRawPointer
  private let sent: Int64
  private(set) var deadline: Int64
  /// The time by which the deadline may still be moved.
  private var patience: Int64
  private let expectation: HTTPExpectation
  private unowned let service: HTTPService

  private(set) var result: AttemptResult?
  /// Whether the transfer ended without an error.
  private(set) var isUnharmed = false
  private(set) var parts: RequestParts?
  private(set) var boot: String?
  /// The number of bytes of the body so far.
  private(set) var received = 0
  /// The beginning of the body, for the line `boot=`.
  private var beginning: [UInt8] = []
  private var search: ByteSearch?
  private var isTooLong = false
  private var isRequestSent = false
  /// The places to which redirects led.
  private var locations: [String] = []
  /// The errno of a socket that could not be created.
  private var socketError: Int32 = 0
  private var box: TransferBox?

  private static let beginningLimit = 65536

  init(
    _ request: ProbeRequest, _ easy: UnsafeMutableRawPointer, _ expectation: HTTPExpectation,
    of service: HTTPService
  ) {
    token = request.token
    sent = request.sent
    deadline = request.deadline
    patience = request.timeout
    self.easy = easy
    self.expectation = expectation
    self.service = service
    search = expectation.body.map { ByteSearch(for: $0) }
    let box = TransferBox(self)
    self.box = box
    let me = Unmanaged.passUnretained(box).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me)
    // Without a function for the header, libcurl would call the body's function with it.
    if service.followsRedirects { ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me) }
    ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
  }

  func advance(_ flags: EventFlags, unreadySince looked: Int64) -> AttemptResult? { result }

  func readRest() -> AttemptResult? {
    service.readRest(of: self)
    return result
  }

  func end() { service.takeBack(self) }

  /// Time that the prober itself may have taken before the request was sent, in any of the handshakes' round trips.
  func give(back time: Int64) {
    if isRequestSent || patience <= 0 { return }
    if microseconds(CURLINFO_PRETRANSFER_TIME_T) > 0 {
      isRequestSent = true
      return
    }
    let given = min(max(0, time), max(0, Clock.monotonic.now - sent), patience)
    deadline += given
    patience -= given
  }

  func noSocket(_ errno: Int32) { socketError = errno }

  // MARK: The answer

  func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    received += bytes.count
    if received > expectation.longest {
      isTooLong = true
      return 0
    }
    if beginning.count < Self.beginningLimit {
      beginning += bytes.prefix(Self.beginningLimit - beginning.count)
    }
    search?.take(bytes)
    return bytes.count
  }

  func take(header bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.lowercased().hasPrefix("location:") { locations.append(String(line.dropFirst(9))) }
  }

  /// The prober could not watch the transfer's socket.
  func fail() { result = .unsent }

  func finish(_ code: CURLcode) {
    if result != nil { return }
    isUnharmed = code == CURLE_OK
    var parts = RequestParts()
    if service.hasName { parts.resolved = part(CURLINFO_NAMELOOKUP_TIME_T) }
    parts.connected = part(CURLINFO_CONNECT_TIME_T)
    parts.secured = part(CURLINFO_APPCONNECT_TIME_T)
    parts.firstByte = part(CURLINFO_STARTTRANSFER_TIME_T)
    self.parts = parts
    boot = Self.boot(in: beginning)
    result = judge(code)
  }

  private static let bootKey = Array("boot=".utf8)

  /// The value of the last line `boot=ID`.
  private static func boot(in body: [UInt8]) -> String? {
    // Most bodies have no such line, and to split them takes longer than to search them.
    guard body.withUnsafeBytes({ ByteSearch.find(bootKey, in: $0) }) else { return nil }
    let line = body.split(separator: UInt8(ascii: "\n")).last { $0.starts(with: bootKey) }
    guard let line else { return nil }
    let word = String(decoding: line.dropFirst(bootKey.count), as: UTF8.self)
    return String(word.prefix { !$0.isNewline }.prefix(64))
  }

  private func judge(_ code: CURLcode) -> AttemptResult {
    let status = number(CURLINFO_RESPONSE_CODE)
    if isTooLong { return status == expectation.status ? .fail("too-long") : .fail("\(status)") }
    if code != CURLE_OK {
      let isLoop = Set(locations).count < locations.count
      return .init(curl: code, on: easy, socketError: socketError, isLoop: isLoop)
    }
    if status != expectation.status { return .fail("\(status)") }
    if expectation.needsHTTP2, number(CURLINFO_HTTP_VERSION) != CURL_HTTP_VERSION_2_0 {
      return .fail("not-http2")
    }
    if search?.isFound == false { return .fail("wrong-body") }
    return .ok("\(status)")
  }

  private func part(_ info: CURLINFO) -> Nanoseconds? {
    let time = microseconds(info)
    return time > 0 ? Nanoseconds(Int64(time) * 1000) : nil
  }

  private func microseconds(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    ccurl_microseconds(easy, info, &value)
    return value
  }

  private func number(_ info: CURLINFO) -> Int {
    var value = 0
    ccurl_long(easy, info, &value)
    return value
  }
}

/// Finds a text in bytes that arrive in parts.
struct ByteSearch {
  private let text: [UInt8]
  /// The end of the bytes so far. It is shorter than the text.
  private var rest: [UInt8] = []
  private(set) var isFound: Bool

  init(for text: [UInt8]) {
    self.text = text
    isFound = text.isEmpty
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    if isFound { return }
    rest += bytes
    isFound = rest.withUnsafeBytes { Self.find(text, in: $0) }
    rest = isFound ? [] : Array(rest.suffix(text.count - 1))
  }

  static func find(_ text: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return false }
    var place = 0
    while place + text.count <= bytes.count {
      let length = bytes.count - text.count + 1 - place
      guard let hit = memchr(start + place, Int32(text[0]), length) else { return false }
      if memcmp(hit, text, text.count) == 0 { return true }
      place = UnsafeRawPointer(hit) - start + 1
    }
    return false
  }
}
