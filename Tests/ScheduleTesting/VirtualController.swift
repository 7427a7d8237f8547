import Files
import Schedule

/// A controller in virtual time: it calls `run-due` at each time at which a decision is possible.
package struct VirtualController {
  /// The result of an attempt.
  package enum Outcome {
    /// A run with this exit code.
    case run(Int32)
    /// A closed gate.
    case refused(String)
    /// The controller ends in the middle of the run.
    case dies
  }

  package let schedule: Schedule
  package var now: Int
  package var entries: [ScheduleEntry] = []
  /// The names of the scenario and the fleet.
  private let names: (scenario: String, fleet: String)
  private var boot: Int
  /// Times without it. It boots at the end of each.
  private let away: [Range<Int>]
  private let outcome: (ScheduleCourse.Attempt) -> Outcome

  package init(
    _ schedule: Schedule, from day: Day, away: [ClosedRange<Day>] = [], scenario: String = "ping-timeout",
    fleet: String = "tdf",
    outcome: @escaping (ScheduleCourse.Attempt) -> Outcome = { _ in .run(0) }
  ) {
    self.schedule = schedule
    names = (scenario, fleet)
    self.away = away.map {
      schedule.zone.instant(of: $0.lowerBound)..<schedule.zone.instant(of: $0.upperBound + 1)
    }
    self.outcome = outcome
    now = schedule.zone.instant(of: day)
    boot = now
  }

  package var log: ScheduleLog { ScheduleLog(entries, of: schedule.name) }

  package func course() -> ScheduleCourse {
    ScheduleCourse(schedule, scenario: names.scenario, fleet: names.fleet, log: log)
  }

  /// Lets time pass until the begin of a day.
  package mutating func advance(to day: Day) {
    let end = schedule.zone.instant(of: day)
    while now < end {
      if let gap = away.first(where: { $0.contains(now) }) {
        now = gap.upperBound
        boot = now
        continue
      }
      let decision = course().decide(now: now, boot: boot, isRunning: false)
      entries += decision.entries
      if let due = decision.due { attempt(due) }
      let wake = decision.due == nil && decision.entries.isEmpty ? decision.wake : now
      // The next tick at or after that time.
      now = max(now + Schedule.tick, (min(wake, end) + Schedule.tick - 1) / Schedule.tick * Schedule.tick)
    }
  }

  package mutating func attempt(_ due: ScheduleCourse.Attempt) {
    let course = course()
    switch outcome(due) {
    case .refused(let reason):
      entries.append(course.entry(now, .refused, due.occasion, due.planned, reason))
    case .dies: entries.append(course.entry(now, .started, due.occasion, due.planned))
    case .run(let code):
      entries.append(course.entry(now, .started, due.occasion, due.planned))
      now += 7200
      entries.append(
        course.entry(now, .ran, due.occasion, due.planned, run: "run-\(due.planned)", exitCode: code))
    }
  }

  /// The planned starts of the runs.
  package var runs: [Int] { entries.filter { $0.event == .ran }.compactMap(\.planned) }
}

/// A day in a test.
package func day(_ text: String) -> Day { Day(text)! }

package let vienna = Zone("Europe/Vienna")!
package let midweek: Set<Weekday> = [.tue, .wed, .thu]

/// A calendar with these events, of which only the properties between BEGIN and END are given.
package func calendar(_ file: String, _ events: [String], zone: Zone = vienna) throws -> EventCalendar {
  let text = events.map { "BEGIN:VEVENT\n\($0)\nEND:VEVENT\n" }.joined()
  return try CalendarFile.parse(
    text: "BEGIN:VCALENDAR\nVERSION:2.0\n\(text)END:VCALENDAR\n", file: file, zone: zone)
}

/// A monthly schedule in Vienna, on Tuesdays to Thursdays.
package func monthly(
  _ every: Period = .month, days: Set<Weekday> = midweek, from: Int = 540, to: Int = 720,
  calendars: [EventCalendar] = [], seed: UInt64? = 7, retries: Int = 2
) -> Schedule {
  Schedule(
    name: "monthly", scenario: "ping-timeout.yaml", fleet: "fleet.yaml", reports: "reports", every: every,
    window: Window(weekdays: days, from: from, to: to), zone: vienna, calendars: calendars, seed: seed,
    retries: retries)
}
