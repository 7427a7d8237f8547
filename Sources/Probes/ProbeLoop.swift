import CLinux
import Glibc
import Journal
import Linux
import Scenario

/// The prober's thread: a schedule of attempts over one epoll.
///
/// Created on the caller's thread, then used only on the prober's.
final class ProbeLoop: @unchecked Sendable {
  private struct Open {
    var lane: Int
    var request: ProbeRequest
    var attempt: any Attempt
  }

  private struct Lane {
    var probe: Fleet.Probe
    var service: any ProbedService
    var next: Int64
    var sequence: Int64 = 0
    /// Whether the machine lacked something for its last request.
    var lacks = false
  }

  private let trial: Int
  private let origin: Int64
  private let wake: Int32
  private let deliver: @Sendable (Sample) -> Void
  private let events: ProbeEvents
  private let timer: Descriptor
  /// The time to which the timer is set.
  private var alarm: Int64
  private var shedding = Shedding()
  private var lanes: [Lane]
  /// The lanes by the time of their next request.
  private var schedule = TimeHeap()
  private var open: [UInt64: Open] = [:]
  /// The tokens of attempts by deadline. If an attempt got a later deadline, its entry stays until its time has come. If it
  /// ended, its entry stays until it is the first one.
  private var deadlines = TimeHeap()
  private var lastToken: UInt64 = ProbeLoop.wakeToken
  private let longestGap: Int64
  /// The last time at which the sockets were read; see `Prober`.
  private var lastSeen: Int64
  /// The end of the last gap that was too long.
  private var lagEnded = Int64.min

  private let wallClock = WallClock()
  private let control: ControlService
  private var course: ControlCourse
  /// The lane of the control, which is the last one.
  private let controlLane: Int

  private static let timerToken: UInt64 = 0
  private static let wakeToken: UInt64 = 1
  /// The maximum number of requests between two reads of the sockets. After a stall, sending must not cause the next
  /// gap.
  private static let burst = 16
  /// After a wait of at most this time, in nanoseconds, its start is taken for the time of the read.
  private static let shortWait: Int64 = 1_000_000

  init(
    _ probes: [Fleet.Probe], beside control: ControlService, trial: Int, origin: Int64, wake: Int32,
    deliver: @escaping @Sendable (Sample) -> Void
  ) throws {
    self.trial = trial
    self.origin = origin
    self.wake = wake
    self.deliver = deliver
    events = try ProbeEvents()
    longestGap = Prober.longestGap(of: probes)
    // A service may wait for a resolver, so it is created before the start.
    let services = try probes.map { try $0.service() }
    self.control = control
    course = ControlCourse(longest: longestGap)
    controlLane = probes.count
    lastSeen = Clock.monotonic.now
    let start = lastSeen + 10_000_000
    timer = try Descriptor(timerOn: .monotonic, at: start)
    alarm = start
    lanes = []
    let all = zip(probes, services) + [(ControlService.probe(beside: longestGap), control)]
    for (index, (probe, service)) in all.enumerated() {
      // Lanes start at different times, so that probes with the same interval aren't all sent at once.
      let offset = probe.every.count * Int64(index) / Int64(max(1, probes.count))
      lanes.append(Lane(probe: probe, service: service, next: start + offset))
      schedule.insert(UInt64(index), at: start + offset)
    }
    // As an edge, the timer doesn't have to be read.
    try events.watch(timer.number, as: Self.timerToken)
    try events.watch(wake, as: Self.wakeToken, isEdge: false)
  }

  func run() {
    while true {
      let (isComplete, isStopped) = readEvents()
      if isStopped {
        for (_, ended) in open.sorted(by: { $0.key < $1.key }) {
          finish(ended, .unknown(Sample.stopped), at: Clock.monotonic.now)
        }
        open = [:]
        control.stop()
        return
      }
      events.expire(until: Clock.monotonic.now) { advance($0, []) }
      if isComplete { giveUpExpired() }
      sendDue()
    }
  }

  /// Waits for events, and proceeds with every attempt that is ready. Returns early if handling more events would delay
  /// the next request.
  private func readEvents() -> (isComplete: Bool, isStopped: Bool) {
    var isStopped = false
    var mayWait = true
    for _ in 0..<16 {
      var start = Clock.monotonic.now
      let waits = mayWait && setAlarm(after: start)
      mayWait = false
      var count = events.wait(waits ? -1 : 0, unreadySince: lastSeen) {
        isStopped = proceed($0, $1) || isStopped
      }
      let end = waits ? Clock.monotonic.now : start
      if end - start > Self.shortWait {
        // This polls again without waiting, so that the time is known.
        start = end
        count = events.wait(0, unreadySince: lastSeen) { isStopped = proceed($0, $1) || isStopped }
      }
      if count >= 0, count < ProbeEvents.batch {
        // The poll's time is its start, since later data may be unread.
        if start - lastSeen > longestGap { lagEnded = start }
        lastSeen = start
        return (true, isStopped)
      }
    }
    return (false, isStopped)
  }

  /// Handles an event. Returns whether it is the request to stop.
  private func proceed(_ token: UInt64, _ flags: EventFlags) -> Bool {
    if token == Self.wakeToken { return true }
    if token != Self.timerToken { advance(token, flags) }
    return false
  }

  /// Makes the timer end the wait at the next due time. Returns false if this time has come: then nothing may wait.
  private func setAlarm(after now: Int64) -> Bool {
    let due = nextDue()
    if due <= now { return false }
    if due != alarm, clinux_timerfd_set(timer.number, due) == 0 { alarm = due }
    return due == alarm
  }

  private func nextDue() -> Int64 {
    // The deadline of an attempt that has ended must not end a wait: there would be one more pass for each answered
    // request.
    let deadline = deadlines.first { open[$0] != nil }
    let next = min(schedule.first?.time ?? .max, deadline?.time ?? .max, events.due)
    return open.isEmpty ? next : min(next, lastSeen + longestGap / 4)
  }

  private func giveUpExpired() {
    while let token = deadlines.removeFirst(until: lastSeen) {
      guard let attempt = open[token]?.attempt else { continue }
      if attempt.deadline > lastSeen {
        deadlines.insert(token, at: attempt.deadline)
      } else {
        conclude(token, attempt.readRest() ?? .timeout)
      }
    }
  }

  private func sendDue() {
    let now = Clock.monotonic.now
    for _ in 0..<Self.burst {
      guard let number = schedule.removeFirst(until: now) else { return }
      let lane = Int(number)
      let due = lanes[lane].next
      lanes[lane].sequence += 1
      lanes[lane].next += lanes[lane].probe.every.count
      schedule.insert(number, at: lanes[lane].next)
      send(lane, scheduled: due)
    }
  }

  private func send(_ lane: Int, scheduled: Int64) {
    lastToken += 1
    let request = ProbeRequest(
      token: lastToken, sequence: lanes[lane].sequence, scheduled: scheduled, sent: Clock.monotonic.now,
      timeout: lanes[lane].probe.timeout.count)
    let every = lanes[lane].probe.every.count
    if let result = shedding.result(of: request, every: every, lacks: lanes[lane].lacks) {
      return report(lane, request, isSent: false, result)
    }
    connect(lane, request)
    if lanes[lane].lacks { shedding.spend(from: request.sent, until: Clock.monotonic.now) }
  }

  private func connect(_ lane: Int, _ request: ProbeRequest) {
    do throws(SystemError) {
      if lane == controlLane { course.send(request.token, at: request.sent) }
      let attempt = try lanes[lane].service.send(request, by: events)
      open[request.token] = Open(lane: lane, request: request, attempt: attempt)
      deadlines.insert(request.token, at: attempt.deadline)
      if let result = attempt.advance([], unreadySince: lastSeen) { conclude(request.token, result) }
      events.takeEnded { advance($0, []) }
    } catch {
      if lane == controlLane {
        _ = course.end(request.token, isAnswered: false, at: Clock.monotonic.now)
        return report(lane, request, isSent: true, .unknown("lagged"))
      }
      let result = AttemptResult(unsent: error)
      report(lane, request, isSent: result != .unsent, result)
    }
  }

  private func advance(_ token: UInt64, _ flags: EventFlags) {
    guard let result = open[token]?.attempt.advance(flags, unreadySince: lastSeen) else { return }
    conclude(token, result)
  }

  /// Ends an attempt. A missing answer is a failure only if the prober could observe the service.
  private func conclude(_ token: UInt64, _ result: AttemptResult) {
    guard let ended = open.removeValue(forKey: token) else { return }
    let now = Clock.monotonic.now
    let sent = ended.request.sent
    if ended.lane == controlLane {
      let isLagged = course.end(token, isAnswered: result.verdict == .ok, at: now)
      return finish(ended, isLagged ? .unknown("lagged") : result, at: now)
    }
    if result.isByWallClock, wallClock.hasMoved { return finish(ended, .unknown("clock"), at: now) }
    // The present gap has not ended yet.
    let isLagged =
      lagEnded > sent || now - max(lastSeen, sent) > longestGap
      || result.isMissing && course.hasLagged(since: sent, at: now)
    finish(ended, result.isMissing && isLagged ? .unknown("lagged") : result, at: now)
  }

  private func finish(_ ended: Open, _ result: AttemptResult, at now: Int64) {
    report(
      ended.lane, ended.request, isSent: true, result, at: now, boot: ended.attempt.boot,
      parts: ended.attempt.parts)
    ended.attempt.end()
  }

  private func report(
    _ lane: Int, _ request: ProbeRequest, isSent: Bool, _ result: AttemptResult,
    at now: Int64 = Clock.monotonic.now, boot: String? = nil, parts: RequestParts? = nil
  ) {
    if lane != controlLane, isSent || result == .unsent { lanes[lane].lacks = result == .unsent }
    deliver(
      Sample(
        trial: trial, probe: lanes[lane].probe.name, sequence: request.sequence,
        scheduled: Nanoseconds(request.scheduled - origin),
        sent: isSent ? Nanoseconds(request.sent - origin) : nil,
        completed: Nanoseconds(now - origin), verdict: result.verdict,
        status: result.status, boot: boot, parts: parts))
  }
}
