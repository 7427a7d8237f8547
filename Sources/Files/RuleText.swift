import Scenario
import Schedule

/// The value of an RRULE: RFC 5545, 3.3.10. A part that isn't supported is refused.
struct RuleText {
  private let parts: [(name: String, value: Substring, position: Position)]

  init(_ text: Substring, at place: Position) {
    parts = text.split(separator: ";", omittingEmptySubsequences: false).map { part in
      let name = part.prefix { $0 != "=" }
      let before = text.unicodeScalars.distance(from: text.startIndex, to: part.startIndex)
      return (
        name.uppercased(), part.dropFirst(name.count + 1),
        Position(line: place.line, column: place.column + before)
      )
    }
  }

  private static let weekdays: [String: Weekday] = [
    "MO": .mon, "TU": .tue, "WE": .wed, "TH": .thu, "FR": .fri, "SA": .sat, "SU": .sun,
  ]

  /// The rule of an event whose start is a day or a time in a zone; nil if it is refused.
  func rule(zone: Zone, isDay: Bool, _ findings: inout Findings) -> RecurrenceRule? {
    let errors = findings.errors
    guard let frequency = parts.first(where: { $0.name == "FREQ" }),
      let found = RecurrenceRule.Frequency(rawValue: frequency.value.uppercased())
    else {
      let place = parts.first { $0.name == "FREQ" } ?? parts[0]
      findings.error(
        place.position,
        "RRULE: FREQ must be \(Nearest.list(RecurrenceRule.Frequency.allCases.map(\.rawValue)))")
      return nil
    }
    var rule = RecurrenceRule(found)
    var seen: Set<String> = []
    for (name, value, position) in parts {
      func refuse(_ expected: String) {
        findings.error(
          position, "RRULE: \(name.clipped): expected \(expected), found '\(String(value).clipped)'")
      }
      if name.isEmpty || value.isEmpty {
        findings.error(position, "RRULE: expected NAME=VALUE, found '\(name.clipped)'", .syntax)
        continue
      }
      if !seen.insert(name).inserted {
        findings.error(position, "RRULE: \(name.clipped) is in this rule already", .duplicate)
        continue
      }
      switch name {
      case "FREQ": break
      case "INTERVAL":
        if let number = Self.number(value, 1...1000) {
          rule.interval = number
        } else {
          refuse("a number from 1 to 1000")
        }
      case "COUNT":
        if let number = Self.number(value, 1...100_000) {
          rule.count = number
        } else {
          refuse("a number from 1 to 100000")
        }
      case "UNTIL": rule.until = until(value, zone: zone, isDay: isDay, refuse)
      case "WKST":
        if let weekday = Self.weekdays[value.uppercased()] {
          rule.weekStart = weekday
        } else {
          refuse("a day such as MO")
        }
      case "BYDAY":
        for item in Self.list(value) {
          guard let weekday = Self.weekday(item) else {
            refuse("days such as MO, 2MO or -1MO")
            break
          }
          if weekday.number != nil, found == .daily || found == .weekly {
            refuse("days without numbers, since FREQ is \(found.rawValue)")
            break
          }
          rule.weekdays.append(weekday)
        }
      case "BYMONTHDAY":
        if found == .weekly { refuse("none, since FREQ is WEEKLY") }
        rule.monthDays = Self.numbers(value, 31, signed: true, refuse)
      case "BYMONTH": rule.months = Self.numbers(value, 12, signed: false, refuse)
      default:
        findings.error(
          position,
          "RRULE: \(name.clipped) is not supported: expected FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH or WKST",
          .unknown
        )
      }
    }
    if rule.count != nil, rule.until != nil {
      findings.error(parts[0].position, "RRULE: it has either COUNT or UNTIL", .conflict)
    }
    return findings.errors == errors ? rule : nil
  }

  private func until(_ value: Substring, zone: Zone, isDay: Bool, _ refuse: (String) -> Void) -> Int? {
    switch EventDraft.stamp(value) {
    // A day includes the times of that day.
    case .day(let day)?: return day.number * 86_400 + (isDay ? 0 : 86_399)
    case .time(let local, let isUTC)? where !isDay: return isUTC ? zone.local(local) : local
    default:
      refuse(isDay ? "a day such as 20260329" : "a time such as 20260329T090000Z")
      return nil
    }
  }

  private static func list(_ value: Substring) -> [Substring] {
    value.split(separator: ",", omittingEmptySubsequences: false)
  }

  private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
    guard text.utf8.count <= 6, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text),
      range.contains(number)
    else { return nil }
    return number
  }

  private static func numbers(
    _ value: Substring, _ most: Int, signed: Bool, _ refuse: (String) -> Void
  ) -> [Int] {
    var numbers: [Int] = []
    for item in list(value) {
      let isNegative = signed && item.hasPrefix("-")
      let digits = item.hasPrefix("-") && signed || item.hasPrefix("+") ? item.dropFirst() : item
      guard let number = number(digits, 1...most) else {
        refuse(signed ? "numbers from 1 to \(most) or from -1 to -\(most)" : "numbers from 1 to \(most)")
        return numbers
      }
      numbers.append(isNegative ? -number : number)
    }
    return numbers
  }

  /// `MO`, `2MO`, `-1MO`.
  private static func weekday(_ text: Substring) -> RecurrenceRule.NumberedWeekday? {
    guard let weekday = weekdays[text.suffix(2).uppercased()] else { return nil }
    let sign = text.dropLast(2)
    if sign.isEmpty { return .init(nil, weekday) }
    let digits = sign.hasPrefix("-") || sign.hasPrefix("+") ? sign.dropFirst() : sign
    guard let number = number(digits, 1...53) else { return nil }
    return .init(sign.hasPrefix("-") ? -number : number, weekday)
  }
}
