import Schedule
import ScheduleTesting
import Testing

/// Which day and time a schedule plans.
@Suite struct PlanTests {
  private func start(_ answer: DayAnswer) -> Int? {
    if case .start(let start) = answer { start } else { nil }
  }

  @Test("Each day of ten years has one start in its window, also when the clocks change")
  func everyDay() throws {
    let schedule = monthly(.day, days: Set(Weekday.allCases), from: 120, to: 240)
    let answers = schedule.answers(day("2026-01-01")...day("2035-12-31"))
    #expect(answers.count == 3652)
    var times: Set<Int> = []
    for (day, answer) in answers {
      let begin = try #require(self.start(answer))
      let local = vienna.local(begin) - day.number * 86_400
      #expect((7200..<14_400).contains(local), "\(vienna.text(begin))")
      #expect(vienna.day(of: begin) == day)
      times.insert(local)
    }
    // Drawn in steps of five minutes.
    #expect(times.count == 24)
    #expect(times.allSatisfy { $0.isMultiple(of: Schedule.tick) })
  }

  @Test("The window of a day on which the clocks change is shorter or longer")
  func windowsAtChanges() {
    var spring: Set<Int> = []
    var autumn: Set<Int> = []
    for seed in 0..<400 as Range<UInt64> {
      let schedule = monthly(.day, days: Set(Weekday.allCases), from: 120, to: 240, seed: seed)
      spring.insert(start(schedule.answers(day("2026-03-29")...day("2026-03-29"))[0].answer) ?? 0)
      autumn.insert(start(schedule.answers(day("2026-10-25")...day("2026-10-25"))[0].answer) ?? 0)
    }
    #expect(spring.count == 12)
    #expect(autumn.count == 36)
  }

  @Test("A window that the clocks skip has no start")
  func skippedWindow() {
    let schedule = monthly(.day, days: Set(Weekday.allCases), from: 120, to: 180)
    let answers = schedule.answers(day("2026-03-28")...day("2026-03-30")).map(\.answer)
    #expect(start(answers[0]) != nil)
    #expect(answers[1] == .blocked("the clocks skip the window on 2026-03-29"))
    #expect(start(answers[2]) != nil)
  }

  @Test("The same seed gives the same start, and no seed the window's begin")
  func seeds() {
    let days = day("2026-01-01")...day("2026-12-31")
    let seeds: [UInt64?] = [nil, 1, 2]
    let starts = seeds.map { seed in
      monthly(seed: seed).answers(days).compactMap { start($0.answer) }
    }
    #expect(starts[1] == monthly(seed: 1).answers(days).compactMap { start($0.answer) })
    #expect(starts[1] != starts[2])
    #expect(starts[0].allSatisfy { (vienna.local($0) - 9 * 3600).isMultiple(of: 86_400) })
  }

  @Test("An event blocks a day if it overlaps the window, whatever its zone")
  func overlaps() throws {
    let events = try calendar(
      "freeze.ics",
      [
        "DTSTART:20260113T075900Z\nDTEND:20260113T080000Z\nSUMMARY:before",
        "DTSTART;TZID=America/New_York:20260114T020000\nDURATION:PT2H\nSUMMARY:migration",
        "DTSTART;VALUE=DATE:20260115\nSUMMARY:whole day",
        "DTSTART:20260120T120000\nDTEND:20260120T130000\nSUMMARY:after",
        "DTSTART:20260121T115900\nDTEND:20260121T120000\nSUMMARY:last minute",
        "DTSTART;VALUE=DATE:20260122\nDTEND;VALUE=DATE:20260122\nTRANSP:TRANSPARENT\nSUMMARY:free",
      ])
    let schedule = monthly(calendars: [events])
    func answer(_ text: String) -> DayAnswer { schedule.answers(day(text)...day(text))[0].answer }
    #expect(start(answer("2026-01-13")) != nil)
    #expect(answer("2026-01-14") == .blocked("migration (freeze.ics:8)"))
    #expect(answer("2026-01-15") == .blocked("whole day (freeze.ics:13)"))
    #expect(answer("2026-01-17") == .blocked("a Saturday is not in the window"))
    #expect(start(answer("2026-01-20")) != nil)
    #expect(answer("2026-01-21") == .blocked("last minute (freeze.ics:22)"))
    #expect(start(answer("2026-01-22")) != nil)
  }

  @Test("An exception of a series does not block its day")
  func exceptions() throws {
    let events = try calendar(
      "freeze.ics", ["DTSTART;VALUE=DATE:20260106\nRRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:20260113,20260120"])
    let schedule = monthly(days: [.tue], calendars: [events])
    let allowed = schedule.answers(day("2026-01-01")...day("2026-01-31")).filter { start($0.answer) != nil }
    #expect(allowed.map { "\($0.day)" } == ["2026-01-13", "2026-01-20"])
  }
}
