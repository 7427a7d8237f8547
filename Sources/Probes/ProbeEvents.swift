import CLinux
import Glibc
import Linux

/// Something with sockets and timers of its own, in which attempts end. Used on the prober's thread.
protocol ProbeEventSource: AnyObject {
  /// When it must be called next though no socket is ready.
  var due: Int64 { get }
  /// A socket is ready: EPOLLIN (1), EPOLLOUT (4), EPOLLERR (8), EPOLLHUP (16).
  func ready(_ number: Int32, _ flags: UInt32, unreadySince looked: Int64)
  /// Its time has come.
  func expire()
  /// The attempts that have ended since the last call.
  func takeEnded() -> [UInt64]
}

/// The descriptors at which answers arrive, in one epoll(7). Used on the prober's thread.
final class ProbeEvents {
  private let epoll: Descriptor
  private var events = [UInt32](repeating: 0, count: ProbeEvents.batch)
  private var tokens = [UInt64](repeating: 0, count: ProbeEvents.batch)
  private var sources: [any ProbeEventSource] = []
  private var transfers: [String?: Transfers] = [:]
  /// The sockets of sources that epoll watches.
  private var watched: Set<Int32> = []

  /// Events read at once: if there are as many, there may be more.
  static let batch = Int(CLINUX_EPOLL_MOST)
  /// The bit in a token that makes it a source's: below are the source's number and the socket's.
  private static let sourceBit: UInt64 = 1 << 63

  init() throws(SystemError) {
    epoll = Descriptor(owning: try checked("epoll_create1", "prober") { clinux_epoll() })
  }

  /// Watches a descriptor until it is closed.
  ///
  /// - Parameter isEdge: reports each change once, for both directions: one call for a whole attempt. Else it is
  ///   reported while it is readable.
  func watch(_ number: Int32, as token: UInt64, isEdge: Bool = true) throws(SystemError) {
    let edge: UInt32 = 1 | 4 | (1 << 31)
    try checked("epoll_ctl", "prober") { clinux_epoll_ctl(epoll.number, 1, number, isEdge ? edge : 1, token) }
  }

  /// Waits for events, and calls `proceed` with the token of each attempt that may proceed; returns how many events there
  /// were.
  func wait(_ milliseconds: Int32, unreadySince looked: Int64, proceed: (_ token: UInt64) -> Void) -> Int {
    let count = Int(
      clinux_epoll_wait(epoll.number, &events, &tokens, Int32(Self.batch), milliseconds))
    for index in 0..<max(0, count) {
      let token = tokens[index]
      if token & Self.sourceBit == 0 {
        proceed(token)
      } else {
        let source = sources[Int((token & ~Self.sourceBit) >> 32)]
        source.ready(Int32(truncatingIfNeeded: token), events[index], unreadySince: looked)
        for ended in source.takeEnded() { proceed(ended) }
      }
    }
    return count
  }

  // MARK: Sources

  /// When the first source must be called.
  var due: Int64 { sources.map(\.due).min() ?? .max }

  /// Calls the sources whose time has come.
  func expire(until now: Int64, proceed: (_ token: UInt64) -> Void) {
    for source in sources where source.due <= now {
      source.expire()
      for ended in source.takeEnded() { proceed(ended) }
    }
  }

  /// What ended while a request was sent.
  func takeEnded() -> [UInt64] { sources.flatMap { $0.takeEnded() } }

  /// The transfers that trust the certificates in a file, or the system's.
  func transfers(trusting path: String?) throws(SystemError) -> Transfers {
    if let known = transfers[path] { return known }
    let new = try Transfers(self, index: sources.count)
    transfers[path] = new
    sources.append(new)
    return new
  }

  /// Watches a source's socket for these events while they last; returns the errno, or 0.
  func watch(_ number: Int32, for source: Int, _ flags: UInt32) -> Int32 {
    let token = Self.sourceBit | UInt64(source) << 32 | UInt64(UInt32(bitPattern: number))
    let isKnown = !watched.insert(number).inserted
    if clinux_epoll_ctl(epoll.number, isKnown ? 3 : 1, number, flags, token) == 0 { return 0 }
    // A socket that was closed has left the epoll, and its number may be another's now.
    let code = errno
    if code != ENOENT && code != EEXIST { return code }
    return clinux_epoll_ctl(epoll.number, code == ENOENT ? 1 : 3, number, flags, token) == 0 ? 0 : errno
  }

  /// No longer watches a source's socket.
  func forget(_ number: Int32) {
    watched.remove(number)
    // It fails if the socket is closed already.
    _ = clinux_epoll_ctl(epoll.number, 2, number, 0, 0)
  }
}
