import CLinux
import Dispatch
import Glibc
import Journal
import Linux
import Scenario

/// Samples services at a fixed rate, whether or not earlier requests have been answered, and delivers the samples.
///
/// It uses one thread, one epoll, and absolute times from one start, so that neither a stalled service nor a busy
/// thread pool can slow the rate. A sample that the prober itself sent more than half an interval late is `unknown`:
/// it says nothing about the service. Coordinated omission can't occur, since latency is measured from the scheduled
/// time.
package final class Prober: Sendable {
  private let wake: Descriptor
  private let ended = DispatchSemaphore(value: 0)

  /// Starts sampling.
  ///
  /// - Parameters:
  ///   - probes: the probes; targets were validated when the fleet was read.
  ///   - trial: the trial number of the samples.
  ///   - origin: the run's start on the monotonic clock, in nanoseconds.
  ///   - deliver: called on the prober's thread for every complete sample.
  /// - Throws: `ProbeRefused` if a target is invalid, `SystemError` if the kernel refuses a descriptor.
  package init(
    _ probes: [Fleet.Probe], trial: Int, origin: Int64, deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    let wake = Descriptor(owning: try checked("eventfd", "prober") { clinux_eventfd() })
    let wakeNumber = wake.number
    let loop = try ProbeLoop(probes, trial: trial, origin: origin, wake: wakeNumber, deliver: deliver)
    self.wake = wake
    let ended = ended
    try startThread(named: "prober") {
      loop.run()
      ended.signal()
    }
  }

  /// Stops sampling. Requests without an answer are delivered as `unknown`. Returns when the last sample was
  /// delivered, which is at once. Call only once.
  package func stop() {
    do {
      try wake.write([1, 0, 0, 0, 0, 0, 0, 0], to: "prober")
    } catch {
      // An eventfd refuses a write only if its counter is at its maximum: then the thread was already woken.
    }
    ended.wait()
  }
}

/// A probe with an invalid target.
package struct ProbeRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var probe: String
  /// The target as written in the fleet.
  package var target: String
  /// What is wrong, and what is expected.
  package var description: String {
    "probe \(probe): '\(target)' can't be probed: its name doesn't resolve, or it isn't http://HOST/, "
      + "tcp://HOST:PORT or, for ping, HOST"
  }
}

/// The prober's thread: a schedule of attempts over one epoll.
///
/// Created on the caller's thread, then used only on the prober's.
private final class ProbeLoop: @unchecked Sendable {
  private struct Lane {
    var probe: Fleet.Probe
    var endpoint: Endpoint
    var next: Int64
    var sequence: Int64 = 0
  }

  private let trial: Int
  private let origin: Int64
  private let wake: Int32
  private let deliver: @Sendable (Sample) -> Void
  private let epoll: Descriptor
  private let timer: Descriptor
  private var lanes: [Lane]
  private var attempts: [UInt64: Attempt] = [:]
  private var lastToken: UInt64 = 1

  private static let timerToken: UInt64 = 0
  private static let wakeToken: UInt64 = 1

  init(
    _ probes: [Fleet.Probe], trial: Int, origin: Int64, wake: Int32,
    deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    self.trial = trial
    self.origin = origin
    self.wake = wake
    self.deliver = deliver
    epoll = Descriptor(owning: try checked("epoll_create1", "prober") { clinux_epoll() })
    let start = Clock.monotonic.now + 10_000_000
    timer = try Descriptor(timerOn: .monotonic, at: start)
    lanes = []
    for (index, probe) in probes.enumerated() {
      guard let endpoint = Endpoint(probe) else {
        throw ProbeRefused(probe: probe.name, target: probe.target)
      }
      // Lanes start at different times, so that probes with the same interval aren't all sent at once.
      let offset = probe.every.count * Int64(index) / Int64(probes.count)
      lanes.append(Lane(probe: probe, endpoint: endpoint, next: start + offset))
    }
    for (number, token) in [(timer.number, Self.timerToken), (wake, Self.wakeToken)] {
      try checked("epoll_ctl", "prober") { clinux_epoll_ctl(epoll.number, 1, number, 1, token) }
    }
  }

  func run() {
    var events = [UInt32](repeating: 0, count: 64)
    var tokens = [UInt64](repeating: 0, count: 64)
    while true {
      let count = clinux_epoll_wait(epoll.number, &events, &tokens, 64, -1)
      for index in 0..<max(0, Int(count)) {
        switch tokens[index] {
        case Self.wakeToken:
          for token in attempts.keys.sorted() { finish(token, .unknown, "stopped") }
          return
        case Self.timerToken:
          var expirations: UInt64 = 0
          _ = read(timer.number, &expirations, 8)
        default: advance(tokens[index])
        }
      }
      giveUpExpired()
      sendDue()
      _ = clinux_timerfd_set(timer.number, nextDue())
    }
  }

  private func nextDue() -> Int64 {
    let schedule = lanes.map(\.next).min() ?? Int64.max
    let deadline = attempts.values.map(\.deadline).min() ?? Int64.max
    return min(schedule, deadline)
  }

  private func giveUpExpired() {
    let now = Clock.monotonic.now
    for (token, attempt) in attempts where attempt.deadline <= now { finish(token, .fail, "timeout") }
  }

  private func sendDue() {
    for index in lanes.indices {
      while lanes[index].next <= Clock.monotonic.now {
        let lane = lanes[index]
        lanes[index].sequence += 1
        lanes[index].next += lane.probe.every.count
        send(lane.probe, lane.endpoint, sequence: lane.sequence + 1, scheduled: lane.next)
      }
    }
  }

  private func send(_ probe: Fleet.Probe, _ endpoint: Endpoint, sequence: Int64, scheduled: Int64) {
    let now = Clock.monotonic.now
    if now - scheduled > probe.every.count / 2 {
      report(probe, sequence, scheduled: scheduled, sent: nil, completed: now, .unknown, "late", boot: nil)
      return
    }
    let attempt: Attempt
    do throws(SystemError) {
      attempt = try Attempt(probe, endpoint, sequence: sequence, scheduled: scheduled, now: now)
    } catch {
      let isOwn = Self.isOwnFault(error.errno)
      report(
        probe, sequence, scheduled: scheduled, sent: isOwn ? nil : now, completed: Clock.monotonic.now,
        isOwn ? .unknown : .fail, isOwn ? "unsent" : Attempt.word(for: error.errno), boot: nil)
      return
    }
    lastToken += 1
    // Edge-triggered for both directions: one registration for the whole attempt.
    guard clinux_epoll_ctl(epoll.number, 1, attempt.socket.number, 1 | 4 | (1 << 31), lastToken) == 0 else {
      return report(
        probe, sequence, scheduled: scheduled, sent: nil, completed: Clock.monotonic.now, .unknown, "unsent",
        boot: nil)
    }
    attempts[lastToken] = attempt
    advance(lastToken)
  }

  /// Whether a failure is the prober's own, rather than the service's.
  private static func isOwnFault(_ errno: Int32) -> Bool {
    [EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES, EADDRNOTAVAIL].contains(errno)
  }

  private func advance(_ token: UInt64) {
    guard let attempt = attempts[token], let (verdict, status) = attempt.advance() else { return }
    finish(token, verdict, status)
  }

  private func finish(_ token: UInt64, _ verdict: Sample.Verdict, _ status: String) {
    guard let attempt = attempts.removeValue(forKey: token) else { return }
    report(
      attempt.probe, attempt.sequence, scheduled: attempt.scheduled, sent: attempt.sent,
      completed: Clock.monotonic.now, verdict, status, boot: attempt.boot)
  }

  private func report(
    _ probe: Fleet.Probe, _ sequence: Int64, scheduled: Int64, sent: Int64?, completed: Int64,
    _ verdict: Sample.Verdict, _ status: String, boot: String?
  ) {
    deliver(
      Sample(
        trial: trial, probe: probe.name, sequence: sequence, scheduled: Nanoseconds(scheduled - origin),
        sent: sent.map { Nanoseconds($0 - origin) }, completed: Nanoseconds(completed - origin),
        verdict: verdict,
        status: status, boot: boot))
  }
}
