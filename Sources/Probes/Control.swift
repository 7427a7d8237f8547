import CLinux
import Glibc
import Journal
import Linux
import Scenario

/// A service in the prober's own process, on a thread of its own, that answers each request with `OK`.
///
/// It is probed like the others. Whatever delays its answer delays the prober as well: no processor, no memory, no
/// descriptor. A Unix socket needs no link and passes no firewall, so that no fault in the namespace reaches it.
final class ControlService: ProbedService, Sendable {
  /// Its name in samples; no probe of a fleet has it.
  static let name = "control"

  private let listener: Descriptor
  private let wake: Descriptor
  /// The kernel's form of its address.
  private let address: SocketAddress

  init() throws(SystemError) {
    var bytes = [UInt8](repeating: 0, count: 128)
    var length = UInt32(bytes.count)
    listener = Descriptor(owning: try checked("listen", Self.name) { clinux_listen_unix(&bytes, &length) })
    address = SocketAddress(bytes: Array(bytes.prefix(Int(length))), name: Self.name)
    wake = Descriptor(owning: try checked("eventfd", Self.name) { clinux_eventfd() })
    try startThread(named: "prober control") { [self] in serve() }
  }

  /// Its probe: often enough that each request of a service has several of the control's beside it.
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

  /// Ends its thread, which keeps this object until then.
  func stop() {
    var one: UInt64 = 1
    // Fails only if the counter is at its maximum: then the thread was already woken.
    _ = write(wake.number, &one, 8)
  }

  private func serve() {
    while true {
      var watched = [listener.number, wake.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if poll(&watched, 2, -1) < 0 { continue }
      if watched[1].revents != 0 { return }
      let number = accept(listener.number, nil, nil)
      if number < 0 {
        // No descriptor, no memory: the request waits, which shows the trouble.
        usleep(1000)
        continue
      }
      let connection = Descriptor(owning: number)
      // The prober writes at once.
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

/// The prober's own trouble, as its control shows it.
struct ControlCourse {
  /// An answer that takes longer shows that the machine was too busy.
  private let longest: Int64
  /// When the requests that wait for an answer were sent, by token.
  private var waiting: [UInt64: Int64] = [:]
  /// The end of the last request that lagged.
  private var lagEnded = Int64.min

  init(longest: Int64) { self.longest = longest }

  mutating func send(_ token: UInt64, at sent: Int64) { waiting[token] = sent }

  /// Takes a request's end; returns whether it lagged.
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
