import Schedule
import ScheduleTesting
import Testing

/// A schedule over years, in virtual time.
@Suite struct ScheduleCourseTests {
  @Test("Each month of ten years has one run, on the first allowed day and in the window")
  func tenYears() throws {
    let holidays = try calendar(
      "holidays.ics",
      [
        "DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY\nSUMMARY:New Year",
        "DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY\nSUMMARY:Labour Day",
      ])
    var controller = VirtualController(monthly(calendars: [holidays]), from: day("2026-01-01"))
    controller.advance(to: day("2036-01-01"))
    #expect(controller.runs.count == 120)
    var names: Set<String> = []
    for start in controller.runs {
      let found = vienna.day(of: start)
      names.insert(Period.month.occasion(of: found).name)
      #expect(midweek.contains(found.weekday))
      let earlier = (found.number - found.parts.day + 1..<found.number).map { Day($0) }
      #expect(
        earlier.allSatisfy { day in
          !midweek.contains(day.weekday) || [[1, 1], [5, 1]].contains([day.parts.month, day.parts.day])
        }, "\(found)")
      #expect((9 * 3600..<12 * 3600).contains(vienna.local(start) - found.number * 86_400))
    }
    #expect(names.count == 120)
    #expect(controller.log.occasions.allSatisfy { $0.end == .made && $0.attempts == 1 })
  }

  @Test("A month without an allowed day has an entry, and a leap day is one")
  func leapDay() throws {
    let most = (1...28).map(String.init).joined(separator: ",")
    let freeze = try calendar(
      "freeze.ics", ["DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=MONTHLY;BYMONTHDAY=\(most)\nSUMMARY:freeze"])
    var controller = VirtualController(
      monthly(days: Set(Weekday.allCases), calendars: [freeze]), from: day("2026-01-01"))
    controller.advance(to: day("2036-01-02"))
    let ends = controller.log.occasions.filter { $0.end != nil }
    #expect(ends.count == 120)
    let february = ends.filter { $0.name.hasSuffix("-02") }
    #expect(february.filter { $0.end == .made }.map(\.name) == ["2028-02", "2032-02"])
    #expect(february.count == 10)
    #expect(
      february[0].reason(in: vienna) == "not made: no allowed day in 2026-02: freeze (freeze.ics:3)")
    #expect(ends.count { $0.end == .made } == 112)
    #expect(controller.runs.allSatisfy { vienna.day(of: $0).parts.day == 29 })
  }

  @Test(
    "A year with a controller down in March, a freeze in August and a closed gate in November has twelve entries"
  )
  func aYear() throws {
    let freeze = try calendar(
      "freeze.ics", ["DTSTART;VALUE=DATE:20260801\nDTEND;VALUE=DATE:20260901\nSUMMARY:summer freeze"])
    var controller = VirtualController(
      monthly(calendars: [freeze]), from: day("2026-01-01"), away: [day("2026-03-01")...day("2026-03-31")]
    ) { due in
      due.occasion.name == "2026-11" ? .refused("gate backup: last-backup is 50 h old") : .run(0)
    }
    controller.advance(to: day("2027-01-01"))
    let occasions = controller.log.occasions
    #expect(occasions.map(\.name) == (1...12).map { "2026-\($0 < 10 ? "0" : "")\($0)" })
    #expect(occasions.allSatisfy { $0.end != nil })
    var reasons: [String: String] = [:]
    for occasion in occasions { reasons[occasion.name] = occasion.reason(in: vienna) }
    #expect(reasons.keys.sorted() == ["2026-03", "2026-08", "2026-11"])
    #expect(
      reasons["2026-03"]
        == "not made: 2026-03-03: this machine booted after the planned start, at 2026-04-01 00:00 +02:00; "
        + "no day is left in 2026-03")
    #expect(
      reasons["2026-08"] == "not made: no allowed day in 2026-08: summer freeze (freeze.ics:3)")
    #expect(
      reasons["2026-11"]
        == "not made: 2026-11-03: gate backup: last-backup is 50 h old; 2026-11-04: gate backup: last-backup is 50 h old; "
        + "2026-11-05: gate backup: last-backup is 50 h old; no retry is left after 3 attempts")
    #expect(controller.runs.count == 9)
    // Each of them belongs to its own month in a history.
    #expect(
      occasions.compactMap(\.first).map { Period.month.occasion(of: vienna.day(of: $0)).name }
        == occasions.map(\.name))
  }

  /// On Sundays from the 22nd on, from 02:00 to 03:00 in Vienna: this hour is skipped on the last Sunday of March, and is
  /// there twice on the last one of October. In each year the controller is off for another month.
  @Test(
    "Ten years with a window in the hour that the clocks change, and a controller off for a month in each year"
  )
  func tenYearsOfNights() throws {
    let freeze = try calendar(
      "freeze.ics",
      [
        "DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=MONTHLY;BYMONTHDAY=\((1...21).map(String.init).joined(separator: ","))\nSUMMARY:freeze"
      ])
    let months = try (0..<120).map { try #require(Day.month(2026 + $0 / 12, $0 % 12 + 1)) }
    // March 2026, April 2027 and so on, up to December 2035.
    let away = (0..<10).map { months[$0 * 12 + ($0 + 2) % 12] }
    var controller = VirtualController(
      monthly(days: [.sun], from: 120, to: 180, calendars: [freeze], retries: 1), from: day("2026-01-01"),
      away: away)
    controller.advance(to: day("2036-01-02"))
    let occasions = controller.log.occasions
    #expect(occasions.map(\.name) == months.map { Period.month.occasion(of: $0.lowerBound).name })
    let made = Dictionary(
      uniqueKeysWithValues: controller.runs.map { (Period.month.occasion(of: vienna.day(of: $0)).name, $0) })
    for (month, occasion) in zip(months, occasions) {
      let sundays = month.filter { $0.weekday == .sun && $0.parts.day >= 22 }
      let allowed = sundays.first { $0.parts.month != 3 || $0 + 7 <= month.upperBound }
      let reason = occasion.reason(in: vienna)
      if away.contains(month) {
        let first = try #require(allowed)
        let boot = vienna.text(vienna.instant(of: month.upperBound + 1))
        #expect(
          reason
            == "not made: \(first): this machine booted after the planned start, at \(boot); no day is left in \(occasion.name)"
        )
      } else if let allowed {
        let start = try #require(made[occasion.name])
        #expect(vienna.day(of: start) == allowed)
        #expect((7200..<10_800).contains(vienna.local(start) - allowed.number * 86_400))
        #expect(occasion.end == .made && reason == nil)
      } else {
        #expect(
          reason
            == "not made: no allowed day in \(occasion.name): freeze (freeze.ics:3), the clocks skip the window on "
            + "\(try #require(sundays.last))")
      }
    }
    #expect(made.count == 103 && controller.runs.count == 103)
    #expect(occasions.count { $0.reason(in: vienna)?.contains("the clocks skip") == true } == 7)
  }

  @Test("A start that was missed is not made up for on the same day")
  func noCatchUp() throws {
    let schedule = monthly()
    guard case .start(let planned) = schedule.plan(Period.month.occasion(of: day("2026-05-01")), after: nil)
    else {
      throw Unplanned()
    }
    let course = ScheduleCourse(
      schedule, scenario: "s", fleet: "f",
      log: ScheduleLog(
        [
          ScheduleEntry(
            at: planned - 86_400, schedule: "monthly", scenario: "s", fleet: "f", event: .watched)
        ], of: "monthly"))
    func decide(_ now: Int, boot: Int = 0) -> ScheduleCourse.Decision {
      course.decide(now: now, boot: boot, isRunning: false)
    }
    #expect(decide(planned - 1).due == nil)
    #expect(decide(planned - 1).wake == planned)
    #expect(decide(planned).due?.planned == planned)
    #expect(decide(planned + ScheduleCourse.patience).due?.planned == planned)
    // Too late, and after a boot.
    #expect(decide(planned + ScheduleCourse.patience + 1).entries.map(\.event) == [.missed])
    #expect(decide(planned + 60, boot: planned + 1).entries.map(\.event) == [.missed])
    #expect(decide(planned + 60, boot: planned + 1).due == nil)
    #expect(decide(planned + 60, boot: planned - 1).due != nil)
  }

  private struct Unplanned: Error {}

  @Test("A refused run is tried again on the next allowed days, and any other result is final")
  func retries() throws {
    var codes: [Int32] = [3, 2, 0]
    var controller = VirtualController(monthly(), from: day("2026-05-01")) { _ in .run(codes.removeFirst()) }
    controller.advance(to: day("2026-06-01"))
    #expect(controller.runs.map { "\(vienna.day(of: $0))" } == ["2026-05-05", "2026-05-06", "2026-05-07"])
    #expect(controller.log.occasions.map(\.end) == [.made])
    #expect(controller.log.occasions[0].reason(in: vienna) == nil)
    for code in [0, 1, 4, 5] as [Int32] {
      var controller = VirtualController(monthly(), from: day("2026-05-01")) { _ in .run(code) }
      controller.advance(to: day("2026-06-01"))
      #expect(controller.runs.count == 1)
    }
    var refused = VirtualController(monthly(), from: day("2026-05-01")) { _ in .run(3) }
    refused.advance(to: day("2026-06-01"))
    #expect(refused.runs.count == 3)
    // Their folders are in the history.
    #expect(refused.log.occasions.map(\.end) == [.notMade])
    #expect(refused.log.occasions[0].reason(in: vienna) == nil)
  }

  @Test("A controller that ends in a run leaves an entry, and no second run of that month")
  func interrupted() {
    var controller = VirtualController(monthly(), from: day("2026-05-01")) { _ in .dies }
    controller.advance(to: day("2026-06-01"))
    #expect(controller.entries.map(\.event) == [.watched, .started, .ran])
    #expect(controller.log.occasions[0].end == .interrupted)
    #expect(
      controller.log.occasions[0].reason(in: vienna)
        == "2026-05-05: the controller ended during the run: see the newest folder, and murphy recover")
    // While the run's process lives, nothing is decided.
    let started = Array(controller.entries.prefix(2))
    let course = ScheduleCourse(
      monthly(), scenario: "s", fleet: "f", log: ScheduleLog(started, of: "monthly"))
    #expect(course.decide(now: started[1].at + 600, boot: 0, isRunning: true).entries.isEmpty)
  }

  @Test("A skipped month has no run, and the next one has")
  func skipped() throws {
    var controller = VirtualController(monthly(), from: day("2026-05-01"))
    let may = Period.month.occasion(of: day("2026-05-01"))
    controller.entries.append(
      controller.course().entry(
        controller.now, .skipped, may, nil, "skipped by jane: move of the racks", by: "jane"))
    controller.advance(to: day("2026-07-01"))
    #expect(controller.runs.map { "\(vienna.day(of: $0))" } == ["2026-06-02"])
    #expect(controller.log.occasions[0].reason(in: vienna) == "skipped by jane: move of the racks")
  }

  @Test("Starts before the first run-due are not missed")
  func firstMonth() {
    var controller = VirtualController(monthly(), from: day("2026-05-20"))
    controller.advance(to: day("2026-07-01"))
    #expect(controller.runs.map { "\(vienna.day(of: $0))" } == ["2026-05-20", "2026-06-02"])
    var late = VirtualController(monthly(), from: day("2026-05-30"))
    late.advance(to: day("2026-07-01"))
    #expect(late.log.occasions.map(\.end) == [.notMade, .made])
    #expect(late.log.occasions[0].reason(in: vienna) == "not made: no allowed day is left in 2026-05")
  }

  @Test("The log of another schedule in the same folder changes nothing")
  func otherSchedules() {
    var controller = VirtualController(monthly(), from: day("2026-05-01"))
    controller.advance(to: day("2026-06-01"))
    #expect(ScheduleLog(controller.entries, of: "weekly").occasions.isEmpty)
  }

  @Test("The next occasions are planned from the log")
  func upcoming() {
    var controller = VirtualController(monthly(), from: day("2026-05-01"))
    controller.advance(to: day("2026-05-20"))
    let next = controller.course().upcoming(2, from: controller.now)
    #expect(next.map(\.occasion.name) == ["2026-06", "2026-07"])
  }
}
