import CCurl
import CLinux
import Glibc
import Linux

/// HTTP transfers on the prober's thread, by libcurl's multi interface: see libcurl-multi(3).
///
/// libcurl makes `ProbeEvents` watch its sockets, which are reported while they are ready, and sets one timer. It never
/// blocks: it resolves a name in its own thread.
final class Transfers: ProbeEventSource {
  private let multi: UnsafeMutableRawPointer
  private unowned let events: ProbeEvents
  private let index: Int
  private var attempts: [UnsafeMutableRawPointer: HTTPAttempt] = [:]
  /// The attempt of each socket.
  private var owners: [Int32: HTTPAttempt] = [:]
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
    for (easy, _) in attempts { curl_multi_remove_handle(multi, easy) }
    curl_multi_cleanup(multi)
  }

  /// Starts a transfer. It may have ended when this returns.
  func start(_ attempt: HTTPAttempt) {
    attempts[attempt.easy] = attempt
    curl_multi_add_handle(multi, attempt.easy)
    act(CURL_SOCKET_TIMEOUT_NUMBER, 0)
  }

  /// Ends a transfer, even if it is still in progress.
  func end(_ attempt: HTTPAttempt) {
    guard attempts.removeValue(forKey: attempt.easy) != nil else { return }
    curl_multi_remove_handle(multi, attempt.easy)
  }

  func ready(_ number: Int32, _ flags: UInt32, unreadySince looked: Int64) {
    let owner = owners[number]
    owner?.give(back: Clock.monotonic.now - looked)
    var mask: Int32 = 0
    if flags & 1 != 0 { mask |= CURL_CSELECT_IN }
    if flags & 4 != 0 { mask |= CURL_CSELECT_OUT }
    if flags & (8 | 16) != 0 { mask |= CURL_CSELECT_ERR }
    act(number, mask)
  }

  func expire() { act(CURL_SOCKET_TIMEOUT_NUMBER, 0) }

  func takeEnded() -> [UInt64] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }

  /// Reads the data that has arrived for a transfer, as long as there is progress.
  func readRest(of attempt: HTTPAttempt) {
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
    var flags: UInt32 = 0
    if what & CURL_POLL_IN != 0 { flags |= 1 }
    if what & CURL_POLL_OUT != 0 { flags |= 4 }
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
