/// An RRULE of RFC 5545 (3.3.10), as far as it chooses days.
package struct RecurrenceRule: Equatable, Sendable {
  package var frequency: Frequency
  package var interval = 1
  package var count: Int?
  /// The last possible start, in seconds since 1970 on the clocks of the event's zone.
  package var until: Int?
  /// BYDAY.
  package var weekdays: [NumberedWeekday] = []
  /// BYMONTHDAY; negative numbers count from the month's end.
  package var monthDays: [Int] = []
  /// BYMONTH.
  package var months: [Int] = []
  /// WKST.
  package var weekStart = Weekday.mon

  package enum Frequency: String, CaseIterable, Sendable {
    case daily = "DAILY"
    case weekly = "WEEKLY"
    case monthly = "MONTHLY"
    case yearly = "YEARLY"
  }

  /// `MO`, `2MO`, `-1MO`.
  package struct NumberedWeekday: Equatable, Sendable {
    /// The number within the month or year; negative ones count from its end. Nil for every one.
    package var number: Int?
    package var weekday: Weekday

    package init(_ number: Int?, _ weekday: Weekday) {
      self.number = number
      self.weekday = weekday
    }
  }

  package init(_ frequency: Frequency) { self.frequency = frequency }

  /// The starts of an event by this rule, in order.
  ///
  /// - Parameters:
  ///   - start: the event's own start, in seconds since 1970 on the clocks of its zone.
  ///   - lower: starts before it are not needed.
  ///   - limit: the last start that is needed.
  package func starts(from start: Int, after lower: Int = .min, through limit: Int) -> [Int] {
    let first = Day((start >= 0 ? start : start - 86_399) / 86_400)
    let ofDay = start - first.number * 86_400
    let end = min(limit, until ?? limit)
    var found: [Int] = []
    var step = count == nil && lower > start ? steps(before: (lower - start) / 86_400) : 0
    while let ranges = candidates(step, from: first) {
      for day in ranges.joined() where day >= first && isChosen(day, first) {
        let time = day.number * 86_400 + ofDay
        if time > end || found.count == count ?? .max { return found }
        found.append(time)
      }
      step += interval
      // A rule may choose no day at all, as 30 February.
      if let last = begin(step, from: first), last.number * 86_400 <= end { continue }
      return found
    }
    return found
  }

  /// A number of steps, a multiple of the interval, that together take at most this number of days.
  private func steps(before days: Int) -> Int {
    let longest =
      switch frequency {
      case .daily: 1
      case .weekly: 7
      case .monthly: 31
      case .yearly: 366
      }
    let steps = days / longest
    return steps - steps % interval
  }

  /// The first day of a step of the frequency; nil after the last year.
  private func begin(_ step: Int, from first: Day) -> Day? {
    let (year, month, _) = first.parts
    switch frequency {
    case .daily: return first + step
    case .weekly: return first + (step * 7 - (first.weekday.index - weekStart.index + 7) % 7)
    case .monthly:
      return Day(year: year + (month - 1 + step) / 12, month: (month - 1 + step) % 12 + 1, day: 1)
    case .yearly: return Day(year: year + step, month: 1, day: 1)
    }
  }

  /// The days of a step of which the rule may choose some, in order; nil after the last year.
  private func candidates(_ step: Int, from first: Day) -> [ClosedRange<Day>]? {
    guard let begin = begin(step, from: first), Day.years.contains(begin.parts.year) else { return nil }
    let year = begin.parts.year
    switch frequency {
    case .daily: return [begin...begin]
    case .weekly: return [begin...begin + 6]
    case .monthly: return Day.month(year, begin.parts.month).map { [$0] }
    case .yearly:
      // A part that the rule leaves out is that of the start, unless another part chooses it.
      let ofStart = weekdays.isEmpty && monthDays.isEmpty ? [first.parts.month] : Array(1...12)
      return (months.isEmpty ? ofStart : Set(months).sorted()).compactMap { Day.month(year, $0) }
    }
  }

  /// Whether a day of a step is one of the rule's.
  private func isChosen(_ day: Day, _ first: Day) -> Bool {
    let (year, month, number) = day.parts
    if !months.isEmpty, !months.contains(month) { return false }
    guard let days = Day.month(year, month) else { return false }
    if !monthDays.isEmpty {
      let length = days.upperBound.parts.day
      if !monthDays.contains(where: { ($0 > 0 ? $0 : length + 1 + $0) == number }) { return false }
    }
    if !weekdays.isEmpty {
      // A number counts within the month, and in a yearly rule without months within the year.
      var range = days
      if frequency == .yearly, months.isEmpty, let january = Day.month(year, 1),
        let december = Day.month(year, 12)
      {
        range = january.lowerBound...december.upperBound
      }
      return weekdays.contains { chosen in
        guard chosen.weekday == day.weekday else { return false }
        guard let wanted = chosen.number else { return true }
        return wanted > 0
          ? (day.number - range.lowerBound.number) / 7 + 1 == wanted
          : (range.upperBound.number - day.number) / 7 + 1 == -wanted
      }
    }
    if !monthDays.isEmpty { return true }
    switch frequency {
    case .daily: return true
    case .weekly: return day.weekday == first.weekday
    case .monthly, .yearly: return number == first.parts.day
    }
  }
}
