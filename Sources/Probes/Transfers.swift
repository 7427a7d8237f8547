import CCurl
import CLinux
import Glibc
import Linux

/// libcurl's transfer for one attempt.
protocol Transfer: AnyObject {
  var easy: UnsafeMutableRawPointer { get }
  var token: UInt64 { get }
  /// Its result. Nil while it is in progress.
  var result: AttemptResult? { get }
  /// The number of bytes of the body so far.
  var received: Int { get }
  /// Time that the prober itself may have taken.
  func give(back time: Int64)
  /// The prober could not watch the transfer's socket.
  func fail()
  /// libcurl has ended the transfer.
  func finish(_ code: CURLcode)

  /// libcurl's calls: a part of the body, of which it returns the number of accepted bytes; a line of the header; a socket's
  /// errno.
  func take(_ bytes: UnsafeRawBufferPointer) -> Int
  func take(header bytes: UnsafeRawBufferPointer)
  func noSocket(_ errno: Int32)
}

extension Transfer {
  var received: Int { 0 }
  func take(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.count }
  func take(header bytes: UnsafeRawBufferPointer) {}
}

/// Transfers on the prober's thread, by libcurl's multi interface: see libcurl-multi(3).
///
/// libcurl makes `ProbeEvents` watch its sockets, which are reported while they are ready, and sets one timer. It never
/// blocks: it resolves a name in its own thread.
final class Transfers: ProbeEventSource {
  private let multi: UnsafeMutableRawPointer
  private unowned let events: ProbeEvents
  private let index: Int
  private var attempts: [UnsafeMutableRawPointer: any Transfer] = [:]
  /// The attempt of each socket.
  private var owners: [Int32: any Transfer] = [:]
  private(set) var due = Int64.max
  private(set) var ended: [UInt64] = []

  /// libcurl is initialized once in a process.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init(_ events: ProbeEvents, index: Int) throws(SystemError) {
    guard Self.isReady, let multi = curl_multi_init() else {
      throw SystemError("curl_multi_init", "prober", errno: ENOMEM)
    }
    self.multi = multi
    self.events = events
    self.index = index
    let me = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_set_sockets(multi, transfersWatch, me)
    ccurl_multi_set_timer(multi, transfersTime, me)
  }

  deinit {
    // Closing a connection must not call a function of a deleted object.
    ccurl_multi_set_sockets(multi, nil, nil)
    for (easy, _) in attempts { curl_multi_remove_handle(multi, easy) }
    curl_multi_cleanup(multi)
  }

  /// Starts a transfer. It may have ended when this returns.
  func start(_ attempt: any Transfer) {
    attempts[attempt.easy] = attempt
    curl_multi_add_handle(multi, attempt.easy)
    act(CURL_SOCKET_TIMEOUT_NUMBER, 0)
  }

  /// Ends a transfer, even if it is still in progress.
  func end(_ attempt: any Transfer) {
    guard attempts.removeValue(forKey: attempt.easy) != nil else { return }
    curl_multi_remove_handle(multi, attempt.easy)
  }

  /// Gives the socket of a transfer that has ended to its attempt.
  func release(_ number: Int32) {
    owners[number] = nil
    events.forget(number)
  }

  func ready(_ number: Int32, _ flags: EventFlags, unreadySince looked: Int64) {
    owners[number]?.give(back: Clock.monotonic.now - looked)
    var mask: Int32 = 0
    if flags.contains(.readable) { mask |= CURL_CSELECT_IN }
    if flags.contains(.writable) { mask |= CURL_CSELECT_OUT }
    if !flags.isDisjoint(with: [.error, .hungUp]) { mask |= CURL_CSELECT_ERR }
    act(number, mask)
  }

  func expire() { act(CURL_SOCKET_TIMEOUT_NUMBER, 0) }

  func takeEnded() -> [UInt64] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }

  /// Reads the data that has arrived for a transfer, as long as there is progress.
  func readRest(of attempt: any Transfer) {
    for _ in 0..<1024 {
      guard attempt.result == nil, let number = owners.first(where: { $0.value === attempt })?.key else {
        return
      }
      let before = attempt.received
      act(number, CURL_CSELECT_IN)
      if attempt.received == before { return }
    }
  }

  private func act(_ number: Int32, _ mask: Int32) {
    var running: Int32 = 0
    if number == CURL_SOCKET_TIMEOUT_NUMBER { due = .max }
    curl_multi_socket_action(multi, number, mask, &running)
    var rest: Int32 = 0
    while let message = curl_multi_info_read(multi, &rest) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let attempt = attempts[easy]
      else { continue }
      attempt.finish(ccurl_result(message))
      ended.append(attempt.token)
    }
  }

  /// The events that libcurl requests for a socket.
  fileprivate func watch(_ easy: UnsafeMutableRawPointer?, _ number: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      owners[number] = nil
      return events.forget(number)
    }
    owners[number] = easy.flatMap { attempts[$0] }
    var flags: EventFlags = []
    if what & CURL_POLL_IN != 0 { flags.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { flags.insert(.writable) }
    if events.watch(number, for: index, flags) != 0, let owner = owners[number] {
      owner.fail()
      ended.append(owner.token)
    }
  }

  fileprivate func setTimer(_ milliseconds: Int) {
    due = milliseconds < 0 ? .max : Clock.monotonic.now + Int64(milliseconds) * 1_000_000
  }
}

/// libcurl's name for no socket. In C this is a macro that Swift can't import.
private let CURL_SOCKET_TIMEOUT_NUMBER: Int32 = -1

private func transfersWatch(
  _ easy: UnsafeMutableRawPointer?, _ number: Int32, _ what: Int32, _ user: UnsafeMutableRawPointer?,
  _ socket: UnsafeMutableRawPointer?
) -> Int32 {
  if let user {
    Unmanaged<Transfers>.fromOpaque(user).takeUnretainedValue().watch(easy, number, what)
  }
  return 0
}

private func transfersTime(
  _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ user: UnsafeMutableRawPointer?
) -> Int32 {
  if let user { Unmanaged<Transfers>.fromOpaque(user).takeUnretainedValue().setTimer(milliseconds) }
  return 0
}

// MARK: - libcurl's callbacks for a transfer: C functions, which capture no variables

/// The argument of callbacks. libcurl keeps the pointer, and the attempt keeps this object.
final class TransferBox {
  unowned let transfer: any Transfer
  init(_ transfer: any Transfer) { self.transfer = transfer }

  fileprivate static func transfer(_ user: UnsafeMutableRawPointer) -> any Transfer {
    Unmanaged<TransferBox>.fromOpaque(user).takeUnretainedValue().transfer
  }
}

func transferBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let bytes, let user else { return 0 }
  return TransferBox.transfer(user).take(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

func transferHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let bytes, let user else { return 0 }
  TransferBox.transfer(user).take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}

func transferSocket(
  _ user: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address = address?.pointee else { return -1 }
  let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  let number = Glibc.socket(address.family, address.socktype | flags, address.protocol)
  let code = errno
  if number < 0, let user { TransferBox.transfer(user).noSocket(code) }
  return number
}
