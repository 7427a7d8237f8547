/// How often a schedule's run is due.
package enum Period: String, CaseIterable, Sendable {
  case day, week, month, quarter, year

  /// The occasion that a day belongs to.
  package func occasion(of day: Day) -> Occasion {
    let (year, month, _) = day.parts
    switch self {
    case .day: return Occasion(name: "\(day)", first: day, last: day)
    case .week:
      let monday = day + -day.weekday.index
      // ISO 8601: the year of a week is that of its Thursday.
      let thursday = monday + 3
      let ofYear = thursday.parts.year
      let january = Day(year: ofYear, month: 1, day: 1) ?? thursday
      let number = (thursday.number - january.number) / 7 + 1
      return Occasion(name: "\(ofYear)-W\(padded(number))", first: monday, last: monday + 6)
    case .month: return Self.months("\(year)-\(padded(month))", year, month, month, day)
    case .quarter:
      let quarter = (month - 1) / 3
      return Self.months("\(year)-Q\(quarter + 1)", year, quarter * 3 + 1, quarter * 3 + 3, day)
    case .year: return Self.months("\(year)", year, 1, 12, day)
    }
  }

  private static func months(_ name: String, _ year: Int, _ first: Int, _ last: Int, _ day: Day) -> Occasion {
    Occasion(
      name: name, first: Day.month(year, first)?.lowerBound ?? day,
      last: Day.month(year, last)?.upperBound ?? day)
  }
}

/// A month, or another period, in which a schedule's run is due once.
package struct Occasion: Hashable, Sendable {
  /// `2026-03`, `2026-03-29`, `2026-W13`, `2026-Q1` or `2026`.
  package var name: String
  package var first: Day
  package var last: Day
}
