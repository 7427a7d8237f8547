extension Schedule {
  /// The working days after a result without an acknowledgement until it is escalated.
  static let patientWorkingDays = 5

  /// After so many days without enough working days, a result is escalated all the same.
  private static let longestPatience = 92

  /// When a result is escalated: on the working day after five whole ones, when the window begins.
  ///
  /// A working day is a Monday to Friday whose window no event of the calendars overlaps.
  package func escalation(of instant: Int) -> Int {
    let first = zone.day(of: instant) + 1
    let last = first + Self.longestPatience
    let events = calendars.flatMap {
      $0.occurrences(from: zone.instant(of: first), to: zone.instant(of: last + 1))
    }
    var passed = 0
    for day in first..<last where isWorkingDay(day, events) {
      if passed == Self.patientWorkingDays { return begin(on: day) }
      passed += 1
    }
    return begin(on: last)
  }

  private func isWorkingDay(_ day: Day, _ events: [Occurrence]) -> Bool {
    if [.sat, .sun].contains(day.weekday) { return false }
    let end = zone.instant(of: day, second: window.to * 60)
    return !events.contains { $0.overlaps(begin(on: day), end) }
  }

  private func begin(on day: Day) -> Int { zone.instant(of: day, second: window.from * 60) }
}
