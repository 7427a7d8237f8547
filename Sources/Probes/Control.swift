import CLinux
import Glibc
import Journal
import Linux
import Scenario

/// A service in the prober's own process, on a separate thread, that answers each request with `OK`.
///
/// It is probed like the other services. A lack of processor time, memory or descriptors delays its answers, and delays
/// the prober as well. A Unix socket needs no link and passes no firewall, so that no fault in the namespace affects
/// it.
final class ControlService: ProbedService, Sendable {
  /// Its name in samples. No probe of a fleet has this name.
  static let name = "control"

  private let listener: Descriptor
  private let wake: Descriptor
  /// Its address in the kernel's format.
  private let address: SocketAddress

  init() throws(SystemError) {
    var bytes = [UInt8](repeating: 0, count: 128)
    var length = UInt32(bytes.count)
    listener = Descriptor(owning: try checked("listen", Self.name) { clinux_listen_unix(&bytes, &length) })
    address = SocketAddress(bytes: Array(bytes.prefix(Int(length))), name: Self.name)
    wake = Descriptor(owning: try checked("eventfd", Self.name) { clinux_eventfd() })
    try startThread(named: "prober control") { [self] in serve() }
  }

  /// Its probe. The interval is short, so that several requests of the control are sent during each request of a
  /// service.
  static func probe(beside longestGap: Int64) -> Fleet.Probe {
    .init(
      name: name, kind: .init(rawValue: name), target: "",
      every: Nanoseconds(min(max(longestGap / 2, 5_000_000), 100_000_000)),
      timeout: Nanoseconds(max(longestGap * 4, 1_000_000_000)))
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Descriptor(owning: try checked("socket", Self.name) { Glibc.socket(AF_UNIX, flags, 0) })
    return try SocketAttempt(
      request, Call(), over: socket, to: address, isStream: true, by: events)
  }

  /// Ends its thread. The thread keeps this object until then.
  func stop() {
    var one: UInt64 = 1
    // This fails only if the counter is at its maximum. The thread is then already woken.
    _ = write(wake.number, &one, 8)
  }

  private func serve() {
    while true {
      var watched = [listener.number, wake.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if poll(&watched, 2, -1) < 0 { continue }
      if watched[1].revents != 0 { return }
      let number = accept(listener.number, nil, nil)
      if number < 0 {
        // If there is no descriptor or no memory, the request waits, so the prober observes the lack.
        usleep(1000)
        continue
      }
      let connection = Descriptor(owning: number)
      // The prober writes its request immediately, so it has arrived.
      var line: UInt8 = 0
      if recv(connection.number, &line, 1, 0) == 1 {
        _ = Glibc.send(connection.number, "OK", 2, Int32(MSG_NOSIGNAL))
      }
    }
  }
}

/// A request to the control.
private struct Call: Dialogue {
  let request = [UInt8(ascii: "?")]

  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? {
    ended && bytes.isEmpty ? .closed : .ok("answered")
  }
}

/// The lag of the prober, according to its control.
struct ControlCourse {
  /// The maximum time of an answer. A longer time shows that the machine was too busy.
  private let longest: Int64
  /// The send times of the requests without an answer, by token.
  private var waiting: [UInt64: Int64] = [:]
  /// The end of the last request that lagged.
  private var lagEnded = Int64.min

  init(longest: Int64) { self.longest = longest }

  mutating func send(_ token: UInt64, at sent: Int64) { waiting[token] = sent }

  /// Records the end of a request. Returns whether it lagged.
  mutating func end(_ token: UInt64, isAnswered: Bool, at now: Int64) -> Bool {
    guard let sent = waiting.removeValue(forKey: token) else { return false }
    let isLagged = !isAnswered || now - sent > longest
    if isLagged { lagEnded = now }
    return isLagged
  }

  /// Whether the prober lagged at any time since then.
  func hasLagged(since time: Int64, at now: Int64) -> Bool {
    lagEnded > time || waiting.values.contains { now - $0 > longest }
  }
}
