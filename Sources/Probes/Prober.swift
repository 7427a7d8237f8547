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
///
/// The prober's own overload is never taken for a failure of the service:
///
/// - The sockets are *seen* at time t if everything that was ready at t is read. Deadlines are judged only then, and
///   only those at or before t: an answer that waits in the socket is always read first. An answer that is read after
///   its deadline is `ok`, since it may have arrived in time.
/// - The service gets its whole timeout. The deadline, which is the scheduled time plus the timeout, moves by the time
///   that the prober may have taken: from the scheduled time until the connect, and from the last time at which the
///   socket was seen not to be connected until the request is written. Both are upper bounds.
/// - While requests are open, the sockets are seen at least four times in `longestGap`. If a longer gap falls into the
///   life of a request, from its connect until its end, then a timeout, a close or a reset of that request is
///   `unknown` with the status `lagged`: the machine was too busy to observe it, and a server may have closed only
///   because the request came late. An expected answer, a wrong answer, a refused connection and an unreachable host
///   don't depend on when the prober reads, and keep their verdicts.
///
/// `completed` is the time at which an answer was read. The true time is earlier by at most the lag. Bounds of outages
/// are safe, since a later `completed` only widens them; a latency is an upper bound of the service's.
package final class Prober: Sendable {
  private let wake: Descriptor
  private let ended = DispatchSemaphore(value: 0)

  /// The longest time, in nanoseconds, without a sight of the sockets that leaves a missing answer a failure: a quarter of
  /// the shortest timeout. Less is not needed, since deadlines move by the prober's own delays.
  static func longestGap(of probes: [Fleet.Probe]) -> Int64 {
    (probes.map(\.timeout.count).min() ?? 1_000_000_000) / 4
  }

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
  /// The lanes by the time of their next request.
  private var schedule = TimeHeap()
  private var attempts: [UInt64: Attempt] = [:]
  /// The tokens of attempts by deadline. An attempt that ended or got a later deadline leaves its entry behind until
  /// its time comes.
  private var deadlines = TimeHeap()
  private var lastToken: UInt64 = 1
  private let longestGap: Int64
  /// When the sockets were last seen; see `Prober`.
  private var lastSeen: Int64
  /// The end of the last gap that was too long.
  private var lagEnded = Int64.min
  private var events = [UInt32](repeating: 0, count: ProbeLoop.batch)
  private var tokens = [UInt64](repeating: 0, count: ProbeLoop.batch)

  private static let timerToken: UInt64 = 0
  private static let wakeToken: UInt64 = 1
  /// Events read at once.
  private static let batch = 256
  /// Requests sent before the sockets are read again: after a stall, sending must not make the next gap.
  private static let burst = 64

  init(
    _ probes: [Fleet.Probe], trial: Int, origin: Int64, wake: Int32,
    deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    self.trial = trial
    self.origin = origin
    self.wake = wake
    self.deliver = deliver
    epoll = Descriptor(owning: try checked("epoll_create1", "prober") { clinux_epoll() })
    longestGap = Prober.longestGap(of: probes)
    lastSeen = Clock.monotonic.now
    let start = lastSeen + 10_000_000
    timer = try Descriptor(timerOn: .monotonic, at: start)
    lanes = []
    for (index, probe) in probes.enumerated() {
      guard let endpoint = Endpoint(probe) else {
        throw ProbeRefused(probe: probe.name, target: probe.target)
      }
      // Lanes start at different times, so that probes with the same interval aren't all sent at once.
      let offset = probe.every.count * Int64(index) / Int64(probes.count)
      lanes.append(Lane(probe: probe, endpoint: endpoint, next: start + offset))
      schedule.insert(UInt64(index), at: start + offset)
    }
    for (number, token) in [(timer.number, Self.timerToken), (wake, Self.wakeToken)] {
      try checked("epoll_ctl", "prober") { clinux_epoll_ctl(epoll.number, 1, number, 1, token) }
    }
  }

  func run() {
    while true {
      let (isComplete, isStopped) = readEvents()
      if isStopped {
        for token in attempts.keys.sorted() { finish(token, .unknown, "stopped") }
        return
      }
      if isComplete { giveUpExpired() }
      sendDue()
      _ = clinux_timerfd_set(timer.number, nextDue())
    }
  }

  /// Waits for events and proceeds with every attempt that is ready: completely, unless so many events arrive
  /// meanwhile that the schedule would have to wait.
  private func readEvents() -> (isComplete: Bool, isStopped: Bool) {
    var isStopped = false
    var wait: Int32 = -1
    for _ in 0..<16 {
      var start = Clock.monotonic.now
      var count = Int(clinux_epoll_wait(epoll.number, &events, &tokens, Int32(Self.batch), wait))
      if wait != 0 {
        // The wait may have lasted: look again without one, so that the time is known.
        wait = 0
        for index in 0..<max(0, count) { isStopped = proceed(tokens[index]) || isStopped }
        start = Clock.monotonic.now
        count = Int(clinux_epoll_wait(epoll.number, &events, &tokens, Int32(Self.batch), 0))
      }
      for index in 0..<max(0, count) { isStopped = proceed(tokens[index]) || isStopped }
      if count >= 0, count < Self.batch {
        // Its time is its start: what became ready later may be unread.
        if start - lastSeen > longestGap { lagEnded = start }
        lastSeen = start
        return (true, isStopped)
      }
    }
    return (false, isStopped)
  }

  /// Handles an event; returns whether it is the request to stop.
  private func proceed(_ token: UInt64) -> Bool {
    switch token {
    case Self.wakeToken: return true
    case Self.timerToken:
      var expirations: UInt64 = 0
      _ = read(timer.number, &expirations, 8)
    default: advance(token)
    }
    return false
  }

  private func nextDue() -> Int64 {
    let next = min(schedule.first?.time ?? Int64.max, deadlines.first?.time ?? Int64.max)
    return attempts.isEmpty ? next : min(next, lastSeen + longestGap / 4)
  }

  private func giveUpExpired() {
    while let token = deadlines.removeFirst(until: lastSeen) {
      guard let attempt = attempts[token] else { continue }
      if attempt.deadline > lastSeen {
        deadlines.insert(token, at: attempt.deadline)
      } else {
        conclude(token, .fail, "timeout")
      }
    }
  }

  private func sendDue() {
    let now = Clock.monotonic.now
    for _ in 0..<Self.burst {
      guard let number = schedule.removeFirst(until: now) else { return }
      let index = Int(number)
      let lane = lanes[index]
      lanes[index].sequence += 1
      lanes[index].next += lane.probe.every.count
      schedule.insert(number, at: lanes[index].next)
      send(lane.probe, lane.endpoint, sequence: lane.sequence + 1, scheduled: lane.next)
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
    deadlines.insert(lastToken, at: attempt.deadline)
    advance(lastToken)
  }

  /// Whether a failure is the prober's own, rather than the service's.
  private static func isOwnFault(_ errno: Int32) -> Bool {
    [EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES, EADDRNOTAVAIL].contains(errno)
  }

  private func advance(_ token: UInt64) {
    guard let attempt = attempts[token], let (verdict, status) = attempt.advance(unreadySince: lastSeen)
    else {
      return
    }
    conclude(token, verdict, status)
  }

  /// Ends an attempt. A missing answer is a failure only if the prober was able to see the service.
  private func conclude(_ token: UInt64, _ verdict: Sample.Verdict, _ status: String) {
    guard let attempt = attempts[token] else { return }
    let isMissing = verdict == .fail && ["timeout", "closed", "reset"].contains(status)
    // The present gap isn't closed yet.
    let isLagged =
      lagEnded > attempt.sent || Clock.monotonic.now - max(lastSeen, attempt.sent) > longestGap
    if isMissing && isLagged { finish(token, .unknown, "lagged") } else { finish(token, verdict, status) }
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
