import CLinux
import Glibc
import Linux

/// The events of a descriptor; see epoll_ctl(2).
struct EventFlags: OptionSet {
  var rawValue: UInt32

  static let readable = Self(rawValue: 1)
  static let writable = Self(rawValue: 4)
  static let error = Self(rawValue: 8)
  static let hungUp = Self(rawValue: 16)
  static let edge = Self(rawValue: 1 << 31)

  /// Of a TCP socket: it is connected, and no error waits.
  var isOnlyWritable: Bool { intersection([.writable, .error, .hungUp]) == .writable }
}

/// A source of events with its own sockets and timers, in which attempts end. It is used on the prober's thread.
protocol ProbeEventSource: AnyObject {
  /// The time of the next call if no socket is ready before.
  var due: Int64 { get }
  /// A socket is ready.
  func ready(_ number: Int32, _ flags: EventFlags, unreadySince looked: Int64)
  /// The time of the next call has come.
  func expire()
  /// The attempts that have ended since the last call.
  func takeEnded() -> [UInt64]
}

/// The descriptors at which answers arrive, in one epoll(7). This is used on the prober's thread.
final class ProbeEvents {
  private let epoll: Descriptor
  private var events = [UInt32](repeating: 0, count: ProbeEvents.batch)
  private var tokens = [UInt64](repeating: 0, count: ProbeEvents.batch)
  private var sources: [any ProbeEventSource] = []
  private var transfers: [String?: Transfers] = [:]
  /// The sockets of sources that epoll watches.
  private var watched: Set<Int32> = []

  /// The maximum number of events that are read at once. If there are as many, there may be more.
  static let batch = Int(CLINUX_EPOLL_MOST)
  /// The bit that marks a token as a source's. The other bits are the numbers of the source and of the socket.
  private static let sourceBit: UInt64 = 1 << 63

  init() throws(SystemError) {
    epoll = Descriptor(owning: try checked("epoll_create1", "prober") { clinux_epoll() })
  }

  /// Watches a descriptor until it is closed.
  ///
  /// - Parameter isEdge: if true, reports each change once, in both directions, so one call is enough for an attempt.
  ///   If false, reports it as long as it is readable.
  func watch(_ number: Int32, as token: UInt64, isEdge: Bool = true) throws(SystemError) {
    let flags: EventFlags = isEdge ? [.readable, .writable, .edge] : .readable
    if clinux_epoll_ctl(epoll.number, 1, number, flags.rawValue, token) != 0 {
      throw SystemError("epoll_ctl", "prober", errno: errno)
    }
  }

  /// Waits for events, and calls `proceed` with the token of each attempt that may proceed. Returns the number of
  /// events.
  func wait(
    _ milliseconds: Int32, unreadySince looked: Int64, proceed: (_ token: UInt64, _ flags: EventFlags) -> Void
  ) -> Int {
    let count = Int(
      clinux_epoll_wait(epoll.number, &events, &tokens, Int32(Self.batch), milliseconds))
    for index in 0..<max(0, count) {
      let token = tokens[index]
      if token & Self.sourceBit == 0 {
        proceed(token, EventFlags(rawValue: events[index]))
      } else {
        let source = sources[Int((token & ~Self.sourceBit) >> 32)]
        source.ready(
          Int32(truncatingIfNeeded: token), EventFlags(rawValue: events[index]), unreadySince: looked)
        for ended in source.takeEnded() { proceed(ended, []) }
      }
    }
    return count
  }

  // MARK: Sources

  /// The time at which the first source must be called.
  var due: Int64 { sources.reduce(.max) { min($0, $1.due) } }

  /// Calls the sources whose time has come.
  func expire(until now: Int64, proceed: (_ token: UInt64) -> Void) {
    for source in sources where source.due <= now {
      source.expire()
      for ended in source.takeEnded() { proceed(ended) }
    }
  }

  /// Calls `proceed` with the attempts that ended while a request was sent.
  func takeEnded(proceed: (_ token: UInt64) -> Void) {
    for source in sources { for ended in source.takeEnded() { proceed(ended) } }
  }

  /// The transfers that accept the certificates in a file, or the system's certificates.
  func transfers(trusting path: String?) throws(SystemError) -> Transfers {
    if let known = transfers[path] { return known }
    let new = try Transfers(self, index: sources.count)
    transfers[path] = new
    sources.append(new)
    return new
  }

  /// Watches a source's socket for these events until it is changed. Returns the errno, or 0.
  func watch(_ number: Int32, for source: Int, _ flags: EventFlags) -> Int32 {
    let token = Self.sourceBit | UInt64(source) << 32 | UInt64(UInt32(bitPattern: number))
    let isKnown = !watched.insert(number).inserted
    if clinux_epoll_ctl(epoll.number, isKnown ? 3 : 1, number, flags.rawValue, token) == 0 { return 0 }
    // If a socket was closed, epoll no longer has it, and its number may now be that of another descriptor.
    let code = errno
    if code != ENOENT && code != EEXIST { return code }
    let operation: Int32 = code == ENOENT ? 1 : 3
    return clinux_epoll_ctl(epoll.number, operation, number, flags.rawValue, token) == 0 ? 0 : errno
  }

  /// No longer watches a source's socket.
  func forget(_ number: Int32) {
    watched.remove(number)
    // This fails if the socket is already closed.
    _ = clinux_epoll_ctl(epoll.number, 2, number, 0, 0)
  }
}
