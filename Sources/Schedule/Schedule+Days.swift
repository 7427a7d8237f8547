import Scenario

/// Whether a run may begin on a day.
package enum DayAnswer: Equatable, Sendable {
  /// It begins at this instant.
  case start(Int)
  /// It may not, for this reason.
  case blocked(String)
}

extension Schedule {
  /// The answer for each day of a range.
  package func answers(_ days: ClosedRange<Day>) -> [(day: Day, answer: DayAnswer)] {
    let begin = zone.instant(of: days.lowerBound)
    let end = zone.instant(of: days.upperBound + 1)
    let events = calendars.flatMap { $0.occurrences(from: begin, to: end) }
    return (days.lowerBound.number...days.upperBound.number).map { (Day($0), answer(Day($0), events)) }
  }

  private func answer(_ day: Day, _ events: [Occurrence]) -> DayAnswer {
    guard window.weekdays.contains(day.weekday) else { return .blocked(Self.reason(day.weekday)) }
    let begin = zone.instant(of: day, second: window.from * 60)
    let end = zone.instant(of: day, second: window.to * 60)
    guard begin < end else { return .blocked("the clocks skip the window on \(day)") }
    if let event = events.first(where: { $0.overlaps(begin, end) }) { return .blocked(event.name) }
    guard let seed else { return .start(begin) }
    var generator = SeededGenerator(seed: seed &+ UInt64(bitPattern: Int64(day.number)))
    let steps = UInt64(max((end - begin) / Self.tick, 1))
    return .start(begin + Int(generator.next() % steps) * Self.tick)
  }

  private static func reason(_ weekday: Weekday) -> String { "a \(weekday.name) is not in the window" }

  /// The first start of an occasion on a day after `day`, and not before an instant.
  package func plan(_ occasion: Occasion, after day: Day?, notBefore instant: Int = .min) -> DayAnswer {
    let first = max(occasion.first, day.map { $0 + 1 } ?? occasion.first)
    guard first <= occasion.last else { return .blocked("no day is left in \(occasion.name)") }
    let answers = answers(first...occasion.last)
    var reasons: [String] = []
    var hasPassed = false
    for (day, answer) in answers {
      switch answer {
      case .start(let start) where start >= instant: return answer
      case .start: hasPassed = true
      case .blocked(let reason):
        if reason != Self.reason(day.weekday), !reasons.contains(reason) { reasons.append(reason) }
      }
    }
    let isWhole = first == occasion.first && !hasPassed
    let subject =
      isWhole ? "no allowed day in \(occasion.name)" : "no allowed day is left in \(occasion.name)"
    let named = reasons.prefix(Self.mostReasons).joined(separator: ", ")
    let rest = reasons.count > Self.mostReasons ? " and \(reasons.count - Self.mostReasons) further" : ""
    return .blocked(named.isEmpty ? subject : "\(subject): \(named)\(rest)")
  }

  private static let mostReasons = 3
}
