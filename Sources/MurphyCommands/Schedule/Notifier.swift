import Evidence
import Linux
import Notify
import Schedule

/// Delivers a schedule's notices, and records each attempt. A failure is a line on stderr and in the records, and changes
/// no run.
struct Notifier: Sendable {
  let schedule: Schedule
  let records: ScheduleRecords

  private var hasChannels: Bool { !schedule.notification.channels.isEmpty }

  /// Delivers what is due now.
  func deliverDue() {
    guard hasChannels else { return }
    withoutFailure {
      let reports = schedule.reports
      let course = NoticeCourse(ScheduleCourse(schedule, try records.entries())) { run in
        do throws(EvidenceError) {
          return try EvidenceFolder(path: "\(reports)/\(run)").isAcknowledged
        } catch {
          printToStandardError("\(error)")
          return false
        }
      }
      try record(try Self.attempt(course.due(now: ScheduleCommand.now)))
    }
  }

  /// Notifies of a run's begin, and shows for how long it lasts, until `end` is called. Nil without channels.
  func mark(_ course: ScheduleCourse, _ attempt: ScheduleCourse.Attempt) -> RunMark? {
    guard hasChannels else { return nil }
    let notice = NoticeCourse(course) { _ in false }.start(attempt, at: ScheduleCommand.now)
    do throws(SystemError) {
      return try RunMark(notice, self)
    } catch {
      printToStandardError("\(schedule.name): the run's begin can't be notified: \(error)")
      return nil
    }
  }

  /// Writes attempts into the records.
  func record(_ entries: [ScheduleEntry]) throws {
    if entries.isEmpty { return }
    try records.update { _, append in
      for entry in entries { try append(entry) }
    }
    for entry in entries where entry.event == .unsent {
      printToStandardError(
        "\(schedule.name): notice \(entry.notice ?? "") was not delivered to \(entry.channel ?? ""): "
          + (entry.reason ?? ""))
    }
  }

  /// Calls a body whose failure must not end the command.
  func withoutFailure(_ body: () throws -> Void) {
    do {
      try body()
    } catch let stop as Stop {
      printToStandardError("\(schedule.name): notices: \(stop.text)")
    } catch {
      printToStandardError("\(schedule.name): notices: \(error)")
    }
  }

  /// Attempts deliveries, those of each channel in their order and all channels at the same time.
  ///
  /// - Returns: an entry for each attempt, by the channels' order. After a failure, the rest of the channel waits for the
  ///   next time.
  static func attempt(_ dispatches: [NoticeCourse.Dispatch]) throws(SystemError) -> [ScheduleEntry] {
    let ended = try Mailbox<(Int, [ScheduleEntry])>()
    let names = dispatches.map(\.channel.name)
    let channels = names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    var found: [Int: [ScheduleEntry]] = [:]
    for (index, channel) in channels.enumerated() {
      let own = dispatches.filter { $0.channel.name == channel }
      try startThread(named: "notify") { ended.post((index, inOrder(own))) }
    }
    while found.count < channels.count {
      ended.wait(nanoseconds: 1_000_000_000)
      for (index, entries) in ended.take() { found[index] = entries }
    }
    return channels.indices.flatMap { found[$0] ?? [] }
  }

  private static func inOrder(_ dispatches: [NoticeCourse.Dispatch]) -> [ScheduleEntry] {
    var entries: [ScheduleEntry] = []
    for dispatch in dispatches {
      guard let kind = Channels.kind(of: dispatch.channel) else { continue }
      let now = ScheduleCommand.now
      do throws(Undelivered) {
        // Without an answer, this kind of channel has no such notice.
        guard let answer = try kind.deliver(dispatch.notice, to: dispatch.channel, now: now) else { continue }
        entries.append(ScheduleEntry(dispatch, .sent, at: now, answer))
      } catch {
        entries.append(ScheduleEntry(dispatch, .unsent, at: now, "\(error)"))
        break
      }
    }
    return entries
  }
}

extension ScheduleEntry {
  /// The line of an attempt to deliver a notice.
  fileprivate init(_ dispatch: NoticeCourse.Dispatch, _ event: Event, at now: Int, _ answer: String) {
    let notice = dispatch.notice
    self.init(
      at: now, schedule: notice.schedule, scenario: notice.scenario, fleet: notice.fleet, event: event,
      occasion: notice.occasion, reason: answer)
    self.notice = notice.id
    channel = dispatch.channel.name
    attempts = dispatch.attempts + 1
  }
}

/// The notice of a run's begin, while the run lasts: channels that failed get it again, and marks are renewed, so that
/// they end by themselves soon after this process.
final class RunMark: Sendable {
  private let stop: Mailbox<Bool>
  private let stopped: Mailbox<Bool>

  /// In nanoseconds.
  private static let interval: Int64 = 60_000_000_000
  private static let mostAttempts = 5

  fileprivate init(_ notice: Notice, _ notifier: Notifier) throws(SystemError) {
    let (stop, stopped) = (try Mailbox<Bool>(), try Mailbox<Bool>())
    (self.stop, self.stopped) = (stop, stopped)
    try startThread(named: "run-mark") {
      Self.deliver(notice, notifier, until: stop)
      stopped.post(true)
    }
  }

  private static func deliver(_ notice: Notice, _ notifier: Notifier, until stop: Mailbox<Bool>) {
    let notification = notifier.schedule.notification
    let channels = notification.channels.filter { $0.takes(notice.event, in: notification) }
    var sent: Set<String> = []
    var attempts: [String: Int] = [:]
    while true {
      let due = channels.filter { channel in
        sent.contains(channel.name)
          ? Channels.kind(of: channel)?.isMark == true : attempts[channel.name, default: 0] < mostAttempts
      }
      notifier.withoutFailure {
        let entries = try Notifier.attempt(
          due.map { NoticeCourse.Dispatch(notice, $0, attempts: attempts[$0.name, default: 0]) })
        // Of a mark that was delivered, only the first delivery is recorded.
        try notifier.record(entries.filter { !sent.contains($0.channel ?? "") })
        for entry in entries {
          guard let name = entry.channel else { continue }
          attempts[name, default: 0] += 1
          if entry.event == .sent { sent.insert(name) }
        }
      }
      let end = Clock.monotonic.now + interval
      while Clock.monotonic.now < end {
        stop.wait(nanoseconds: end - Clock.monotonic.now)
        if !stop.take().isEmpty { return }
      }
    }
  }

  /// Ends the renewals, and waits for a delivery under way.
  func end() {
    stop.post(true)
    while stopped.take().isEmpty { stopped.wait(nanoseconds: 1_000_000_000) }
  }
}
