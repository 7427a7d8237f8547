import CLinux
import Linux

/// The descriptors at which answers arrive, in one epoll(7). Used on the prober's thread.
final class ProbeEvents {
  private let epoll: Descriptor
  private var events = [UInt32](repeating: 0, count: ProbeEvents.batch)
  private var tokens = [UInt64](repeating: 0, count: ProbeEvents.batch)

  /// Events read at once: if there are as many, there may be more.
  static let batch = Int(CLINUX_EPOLL_MOST)

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

  /// Waits for events, and calls `proceed` for each; returns how many there were.
  func wait(_ milliseconds: Int32, proceed: (_ token: UInt64) -> Void) -> Int {
    let count = Int(
      clinux_epoll_wait(epoll.number, &events, &tokens, Int32(Self.batch), milliseconds))
    for index in 0..<max(0, count) { proceed(tokens[index]) }
    return count
  }
}
