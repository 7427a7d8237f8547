import Scenario
import Schedule
import ScheduleTesting
import Testing

/// The notices of a schedule, in virtual time.
@Suite struct NoticeCourseTests {
  private static let planned = vienna.instant(of: day("2026-12-01"), second: 9 * 3600)

  private static func schedule(calendars: [EventCalendar] = []) -> Schedule {
    var schedule = monthly(calendars: calendars, seed: nil)
    schedule.notification = Notification(
      channels: [Channel("team", "mail", [:]), Channel("boss", "mail", [:], topics: [])], escalate: ["boss"])
    return schedule
  }

  /// A controller with channels that answer as they are asked to.
  private struct Notified {
    var controller: VirtualController
    /// Delivered: the time, the channel and the notice.
    var sent: [(at: Int, channel: String, notice: Notice)] = []
    var failures: [(at: Int, channel: String)] = []
    var acknowledged: Set<String> = []
    var answers: (String, Int) -> Bool = { _, _ in true }

    init(
      _ schedule: Schedule, from first: Day,
      outcome: @escaping (ScheduleCourse.Attempt) -> VirtualController.Outcome = { _ in .run(0) }
    ) {
      controller = VirtualController(schedule, from: first, outcome: outcome)
      controller.entries.append(
        ScheduleEntry(
          at: controller.now, schedule: schedule.name, scenario: "ping-timeout", fleet: "tdf", event: .watched
        ))
    }

    /// Lets days pass, with a delivery at each tick.
    mutating func advance(to last: Day) {
      let end = controller.schedule.zone.instant(of: last)
      while controller.now < end {
        deliver()
        let decision = controller.course().decide(now: controller.now, boot: 0, isRunning: false)
        controller.entries += decision.entries
        if let due = decision.due { controller.attempt(due) }
        controller.now += Schedule.tick
      }
    }

    mutating func deliver() {
      let (now, read) = (controller.now, acknowledged)
      for dispatch in NoticeCourse(controller.course(), isAcknowledged: { read.contains($0) }).due(now: now) {
        let isSent = answers(dispatch.channel.name, now)
        if isSent {
          sent.append((now, dispatch.channel.name, dispatch.notice))
        } else {
          failures.append((now, dispatch.channel.name))
        }
        var entry = ScheduleEntry(
          at: now, schedule: dispatch.notice.schedule, scenario: "ping-timeout", fleet: "tdf",
          event: isSent ? .sent : .unsent, occasion: dispatch.notice.occasion, reason: "answer")
        (entry.notice, entry.channel) = (dispatch.notice.id, dispatch.channel.name)
        entry.attempts = dispatch.attempts + 1
        controller.entries.append(entry)
      }
    }

    func events(_ channel: String) -> [Notice.Event] {
      sent.filter { $0.channel == channel }.map(\.notice.event)
    }
  }

  @Test("A run is announced a day and a quarter of an hour before, and its result is sent once")
  func announced() throws {
    var notified = Notified(Self.schedule(), from: day("2026-11-29"))
    notified.advance(to: day("2026-12-03"))
    // The end of November has a run's window, as its first run-due came late.
    let december = notified.sent.filter { $0.notice.occasion == "2026-12" }
    #expect(december.map(\.notice.event) == [.announced, .announced, .ended])
    #expect(december.prefix(2).map(\.at) == [Self.planned - 86_400, Self.planned - 900])
    #expect(
      december[0].notice.line
        == "Planned for 2026-12-01 09:00 +01:00: ping-timeout on tdf, schedule monthly")
    #expect(
      december[2].notice.line == "Ended with exit code 0: ping-timeout on tdf (schedule monthly, 2026-12)")
    #expect(december[2].notice.began == Self.planned)
    #expect(Set(notified.sent.map(\.notice.id)).count == notified.sent.count)
    #expect(!notified.events("boss").contains(.announced))
  }

  @Test("A controller that returns shortly before the start announces once")
  func late() {
    var notified = Notified(Self.schedule(), from: day("2026-11-29"))
    notified.controller.now = Self.planned - 600
    notified.deliver()
    notified.controller.now += Schedule.tick
    notified.deliver()
    #expect(notified.sent.map(\.notice.event) == [.announced])
    // At the start there is nothing left to announce.
    notified.controller.now = Self.planned
    notified.deliver()
    #expect(notified.sent.count == 1)
  }

  @Test("A channel that fails is tried again at growing intervals for a day, and the others are not affected")
  func failing() {
    var notified = Notified(Self.schedule(), from: day("2026-12-01"))
    notified.answers = { channel, _ in channel != "team" }
    notified.advance(to: day("2026-12-04"))
    let end = Self.planned + 7200
    let tries = notified.failures.map(\.at).filter { $0 >= end }
    let pauses = zip(tries, tries.dropFirst()).map { $1 - $0 }
    #expect(pauses == [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400])
    #expect(notified.controller.runs.count == 1)
    notified.answers = { _, _ in true }
    notified.advance(to: day("2026-12-05"))
    // It is given up after a day.
    #expect(notified.events("team") == [])
  }

  @Test("A delivery changes nothing in the schedule's decisions")
  func noEffect() {
    var silent = Self.schedule()
    silent.notification = Notification(channels: [])
    var with = Notified(Self.schedule(), from: day("2026-09-01"), outcome: { _ in .run(3) })
    var without = Notified(silent, from: day("2026-09-01"), outcome: { _ in .run(3) })
    with.advance(to: day("2026-11-01"))
    without.advance(to: day("2026-11-01"))
    #expect(!with.sent.isEmpty && without.sent.isEmpty)
    #expect(with.controller.runs == without.controller.runs)
    #expect(with.controller.runs.count == 6)
    #expect(with.controller.log.occasions.map(\.name) == without.controller.log.occasions.map(\.name))
    #expect(with.controller.log.occasions.map(\.end) == without.controller.log.occasions.map(\.end))
  }

  @Test("A missed result is escalated once, after five working days of the schedule's calendar")
  func escalated() throws {
    let holidays = try calendar(
      "holidays.ics",
      [
        "DTSTART;VALUE=DATE:20261208\nSUMMARY:a holiday on a Tuesday",
        "DTSTART;VALUE=DATE:20261213\nSUMMARY:one on a Sunday, which is no working day anyway",
      ])
    var notified = Notified(
      Self.schedule(calendars: [holidays]), from: day("2026-12-01"), outcome: { _ in .run(1) })
    notified.advance(to: day("2026-12-20"))
    // The working days after 1 December: 2, 3, 4, 7 and 9.
    let escalations = notified.sent.filter { $0.notice.event == .escalated }
    #expect(escalations.map(\.at) == [vienna.instant(of: day("2026-12-10"), second: 9 * 3600)])
    #expect(escalations.map(\.channel) == ["boss"])
    #expect(
      escalations.first?.notice.line
        == "Not acknowledged since 2026-12-01: Ended with exit code 1: ping-timeout on tdf (schedule monthly, 2026-12)"
    )
    #expect(escalations.first?.notice.exitCode == 1)
    #expect(notified.events("boss") == [.escalated])
  }

  @Test("A result that was acknowledged in time is not escalated, and neither is a met one")
  func acknowledged() {
    var notified = Notified(Self.schedule(), from: day("2026-12-01"), outcome: { _ in .run(1) })
    notified.acknowledged = ["run-\(Self.planned)"]
    notified.advance(to: day("2026-12-20"))
    #expect(notified.controller.runs.count == 1)
    #expect(notified.events("boss") == [])
    var met = Notified(Self.schedule(), from: day("2026-12-01"))
    met.advance(to: day("2026-12-20"))
    #expect(met.events("boss") == [])
  }

  @Test("A run that is met but worse than before is escalated")
  func worse() throws {
    var notified = Notified(Self.schedule(), from: day("2026-12-01"))
    notified.advance(to: day("2026-12-02"))
    let index = try #require(notified.controller.entries.lastIndex { $0.event == .ran })
    notified.controller.entries[index].isWorse = true
    notified.controller.entries[index].result = "Met: ping-timeout on tdf. Changed for the worse"
    notified.advance(to: day("2026-12-20"))
    #expect(notified.events("boss") == [.escalated])
    #expect(
      notified.sent.last?.notice.line.contains("Met: ping-timeout on tdf. Changed for the worse") == true)
  }

  @Test("A month without a run is notified and escalated, unless a person acknowledges the occasion")
  func notMade() {
    for isRead in [false, true] {
      var notified = Notified(
        Self.schedule(), from: day("2026-12-01"), outcome: { _ in .refused("gate a: closed") })
      notified.advance(to: day("2026-12-05"))
      #expect(notified.events("team").filter { $0 == .notMade }.count == 4)
      if isRead {
        let december = Period.month.occasion(of: day("2026-12-01"))
        notified.controller.entries.append(
          notified.controller.course().entry(notified.controller.now, .acknowledged, december, by: "jane"))
      }
      notified.advance(to: day("2026-12-20"))
      #expect(notified.events("boss") == (isRead ? [] : [.escalated]))
    }
  }

  @Test("A result is escalated within three months although every day is blocked")
  func blockedForever() throws {
    let freeze = try calendar(
      "freeze.ics", ["DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20300101\nSUMMARY:freeze"])
    let schedule = Self.schedule(calendars: [freeze])
    let due = schedule.escalation(of: Self.planned)
    #expect(vienna.day(of: due).number - day("2026-12-01").number == 93)
  }
}
