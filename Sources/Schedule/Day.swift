/// A day of the Gregorian calendar, without a time zone.
package struct Day: Hashable, Sendable {
  /// Days since 1970-01-01.
  package var number: Int

  package init(_ number: Int) { self.number = number }

  /// The years of schedules and their calendars.
  package static let years = 1900...2199

  /// Nil if the calendar has no such day, or if its year is not in `years`.
  package init?(year: Int, month: Int, day: Int) {
    guard Self.years.contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    // The algorithm is Howard Hinnant's; see https://howardhinnant.github.io/date_algorithms.html#days_from_civil.
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    self.init(era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468)
    guard parts == (year, month, day) else { return nil }
  }

  /// Nil unless the text has the form `2026-03-29`, and the calendar has that day.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy({ (48...57).contains($0) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  package var parts: (year: Int, month: Int, day: Int) {
    // https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    let days = number + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let ofEra = days - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * ofYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
  }

  package var weekday: Weekday {
    // 1970-01-01 was a Thursday.
    let index = (number + 3) % 7
    return Weekday.allCases[index < 0 ? index + 7 : index]
  }

  package static func == (left: Day, right: Day) -> Bool { left.number == right.number }
  package static func < (left: Day, right: Day) -> Bool { left.number < right.number }
  package static func + (day: Day, days: Int) -> Day { Day(day.number + days) }

  /// The first and the last day of a month; nil unless its year is in `years`.
  package static func month(_ year: Int, _ month: Int) -> ClosedRange<Day>? {
    guard let first = Day(year: year, month: month, day: 1) else { return nil }
    let next = Day(first.number + 31).parts
    return first...Day(first.number + 31 - next.day)
  }
}

extension Day: Strideable {
  package func distance(to other: Day) -> Int { other.number - number }
  package func advanced(by days: Int) -> Day { Day(number + days) }
}

extension Day: CustomStringConvertible {
  /// `2026-03-29`.
  package var description: String {
    let parts = parts
    return "\(parts.year)-\(padded(parts.month))-\(padded(parts.day))"
  }
}

/// A number with at least two digits.
func padded(_ number: Int) -> String { (0..<10).contains(number) ? "0\(number)" : "\(number)" }

/// A day of the week; a week begins on Monday.
package enum Weekday: String, CaseIterable, Sendable {
  case mon, tue, wed, thu, fri, sat, sun

  /// From 0 for Monday.
  package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// `Saturday`.
  package var name: String {
    switch self {
    case .mon: "Monday"
    case .tue: "Tuesday"
    case .wed: "Wednesday"
    case .thu: "Thursday"
    case .fri: "Friday"
    case .sat: "Saturday"
    case .sun: "Sunday"
    }
  }
}
