import Foundation
import Schedule
import Testing

@Suite struct DayTests {
  @Test("Days from 1900 to 2199 are those of Foundation's calendar")
  func everyDay() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let first = try #require(Day(year: 1900, month: 1, day: 1))
    let last = try #require(Day(year: 2199, month: 12, day: 31))
    #expect(last.number - first.number + 1 == 109_573)
    for number in stride(from: first.number, through: last.number, by: 3) {
      let date = Date(timeIntervalSince1970: Double(number) * 86_400)
      let found = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
      let day = Day(number)
      let isSame =
        day.parts == (found.year ?? 0, found.month ?? 0, found.day ?? 0)
        && day.weekday.index == ((found.weekday ?? 0) + 5) % 7
        && Day("\(day)") == day
      #expect(isSame, "\(day)")
      if !isSame { return }
    }
  }

  @Test(
    "A text that is no day is refused",
    arguments: [
      "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "26-01-01", "2026-1-1", "2200-01-01",
      "+026-01-01", "",
    ])
  func noDay(_ text: String) { #expect(Day(text) == nil) }

  @Test("Each day is in exactly one occasion, and its name is that of ISO 8601", arguments: Period.allCases)
  func occasions(_ period: Period) throws {
    var day = try #require(Day("2026-01-01"))
    var names: Set<String> = []
    while day.parts.year < 2036 {
      let occasion = period.occasion(of: day)
      #expect(occasion.first <= day && day <= occasion.last)
      #expect(period.occasion(of: occasion.first) == occasion)
      #expect(period.occasion(of: occasion.last) == occasion)
      #expect(names.insert(occasion.name).inserted)
      day = occasion.last + 1
    }
    let counts: [Period: Int] = [.day: 3652, .week: 523, .month: 120, .quarter: 40, .year: 10]
    #expect(names.count == counts[period])
    #expect(Period.week.occasion(of: Day("2026-12-31")!).name == "2026-W53")
    #expect(Period.week.occasion(of: Day("2027-01-03")!).name == "2026-W53")
    #expect(Period.quarter.occasion(of: Day("2028-02-29")!).name == "2028-Q1")
  }
}
