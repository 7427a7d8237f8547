import Scenario
import Schedule

/// An event of an iCalendar file while its properties are read.
struct EventDraft {
  var line = 0
  private var start: Moment?
  private var ending: Moment?
  private var duration: Int?
  private var rule: (property: CalendarProperty, position: Position)?
  private var exceptions: [Moment] = []
  private var summary: String?
  private var isFree = false
  private var seen: Set<String> = []

  init(line: Int = 0) { self.line = line }

  /// A day, or a time on the clocks of a zone, with its place.
  private struct Moment {
    /// In seconds since 1970 on the zone's clocks.
    var local: Int
    var zone: Zone
    var isDay: Bool
    var position: Position
  }

  /// Properties that change no time.
  private static let harmless: Set<String> = [
    "UID", "DTSTAMP", "DESCRIPTION", "LOCATION", "CATEGORIES", "CLASS", "CREATED", "LAST-MODIFIED",
    "SEQUENCE",
    "PRIORITY", "URL", "ORGANIZER", "ATTENDEE", "GEO", "CONTACT", "COMMENT", "ATTACH", "RELATED-TO",
    "RESOURCES",
    "COLOR", "IMAGE", "CONFERENCE", "REQUEST-STATUS",
  ]

  mutating func take(_ property: CalendarProperty, _ zone: Zone, _ findings: inout Findings) {
    let name = property.name
    if Self.harmless.contains(name) || name.hasPrefix("X-") { return }
    if name != "EXDATE", !seen.insert(name).inserted {
      return findings.error(property.position, "\(name.clipped) is in this event already", .duplicate)
    }
    switch name {
    case "DTSTART": start = Self.moment(property, property.value, property.place, zone, &findings)
    case "DTEND": ending = Self.moment(property, property.value, property.place, zone, &findings)
    case "DURATION": duration = Self.duration(property, &findings)
    case "RRULE": rule = (property, property.place)
    case "EXDATE":
      for value in property.value.split(separator: ",", omittingEmptySubsequences: false) {
        let before = property.value.unicodeScalars.distance(
          from: property.value.startIndex, to: value.startIndex)
        let place = Position(line: property.place.line, column: property.place.column + before)
        if let moment = Self.moment(property, value, place, zone, &findings) { exceptions.append(moment) }
      }
    case "SUMMARY": summary = Self.unescaped(property.value)
    case "TRANSP": isFree = isFree || property.value.uppercased() == "TRANSPARENT"
    case "STATUS": isFree = isFree || property.value.uppercased() == "CANCELLED"
    case "RDATE", "EXRULE", "RECURRENCE-ID":
      findings.error(
        property.position, "\(name) is not supported: write such times as events with their own DTSTART",
        .unknown)
    default: findings.error(property.position, "unknown property \(name.clipped) of an event", .unknown)
    }
  }

  /// The event; nil if it takes no time (transparent or cancelled), or if it is refused.
  func event(at position: Position, _ zone: Zone, _ findings: inout Findings) -> CalendarEvent? {
    guard let start else {
      if !seen.contains("DTSTART") { findings.error(position, "an event without DTSTART", .missing) }
      return nil
    }
    if let ending, duration != nil {
      findings.error(ending.position, "an event has either DTEND or DURATION", .conflict)
    }
    let length = length(from: start, &findings)
    var recurrence: RecurrenceRule?
    if let rule {
      recurrence = RuleText(rule.property.value, at: rule.position).rule(
        zone: start.zone, isDay: start.isDay, &findings)
      if recurrence == nil { return nil }
    }
    var excluded: Set<Int> = []
    for exception in exceptions {
      if exception.isDay != start.isDay {
        findings.error(
          exception.position, "EXDATE: expected \(start.isDay ? "a day" : "a time"), like DTSTART")
      }
      excluded.insert(
        exception.zone == start.zone
          ? exception.local : start.zone.local(exception.zone.instant(ofLocal: exception.local)))
    }
    if isFree { return nil }
    return CalendarEvent(
      summary: summary ?? "an event", line: line, zone: start.zone, start: start.local, length: length,
      rule: recurrence, excluded: excluded)
  }

  private func length(from start: Moment, _ findings: inout Findings) -> Int {
    let shortest = start.isDay ? 86_400 : 0
    if let duration { return max(duration, shortest) }
    guard let ending else { return shortest }
    if ending.isDay != start.isDay {
      findings.error(ending.position, "DTEND: expected \(start.isDay ? "a day" : "a time"), like DTSTART")
      return shortest
    }
    let end =
      ending.zone == start.zone
      ? ending.local : start.zone.local(ending.zone.instant(ofLocal: ending.local))
    if end < start.local { findings.error(ending.position, "DTEND is before DTSTART") }
    return max(end - start.local, shortest)
  }

  /// `20260329`, `20260329T090000` or `20260329T090000Z`, with its parameters.
  private static func moment(
    _ property: CalendarProperty, _ text: Substring, _ place: Position, _ zone: Zone,
    _ findings: inout Findings
  ) -> Moment? {
    var zone = zone
    var hasZone = false
    var kind = "DATE-TIME"
    for parameter in property.parameters where !parameter.name.hasPrefix("X-") {
      switch parameter.name {
      case "VALUE": kind = parameter.value.uppercased()
      case "TZID":
        guard let named = Zone(parameter.value) else {
          findings.error(
            parameter.position,
            "the time zone '\(parameter.value.clipped)' is not in the tz database: expected a name such as Europe/Vienna"
          )
          return nil
        }
        zone = named
        hasZone = true
      default:
        findings.error(
          parameter.position, "\(property.name): the parameter \(parameter.name.clipped) is not supported",
          .unknown)
        return nil
      }
    }
    guard kind == "DATE" || kind == "DATE-TIME" else {
      findings.error(property.position, "\(property.name): VALUE=\(kind.clipped) is not supported", .unknown)
      return nil
    }
    switch (stamp(text), kind) {
    case (.day(let day)?, "DATE"):
      return Moment(local: day.number * 86_400, zone: zone, isDay: true, position: place)
    case (.day?, _):
      findings.error(
        place, "\(property.name): a day needs VALUE=DATE: write \(property.name);VALUE=DATE:\(text)")
    case (.time(let local, let isUTC)?, "DATE-TIME"):
      if isUTC, hasZone {
        findings.error(place, "\(property.name): a time in UTC, with Z, has no TZID", .conflict)
        return nil
      }
      return Moment(local: local, zone: isUTC ? .utc : zone, isDay: false, position: place)
    default:
      findings.error(
        place,
        "\(property.name): expected \(kind == "DATE" ? "a day such as 20260329" : "a time such as 20260329T090000"), "
          + "from 1900 to 2199, found '\(String(text).clipped)'")
    }
    return nil
  }

  enum Stamp {
    case day(Day)
    /// In seconds since 1970, on some clocks.
    case time(Int, isUTC: Bool)
  }

  /// A day or a time; nil for another text.
  static func stamp(_ text: Substring) -> Stamp? {
    let digits = text.utf8.map { Int($0) - 48 }
    func number(_ range: Range<Int>) -> Int? {
      digits[range].allSatisfy { (0...9).contains($0) } ? digits[range].reduce(0) { $0 * 10 + $1 } : nil
    }
    guard digits.count >= 8, let year = number(0..<4), let month = number(4..<6), let ofMonth = number(6..<8),
      let day = Day(year: year, month: month, day: ofMonth)
    else { return nil }
    if digits.count == 8 { return .day(day) }
    let isUTC = text.hasSuffix("Z")
    guard digits.count == (isUTC ? 16 : 15), digits[8] == Int(UInt8(ascii: "T")) - 48,
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15), hour < 24,
      minute < 60, second <= 60
    else { return nil }
    return .time(day.number * 86_400 + hour * 3600 + minute * 60 + min(second, 59), isUTC: isUTC)
  }

  /// `P1D`, `PT1H30M`, `P2W`, in seconds: RFC 5545, 3.3.6.
  private static func duration(_ property: CalendarProperty, _ findings: inout Findings) -> Int? {
    var rest = property.value
    if rest.first == "+" { rest.removeFirst() }
    var seconds = 0
    var isTime = false
    var parts = 0
    var isRight = rest.first == "P"
    rest = rest.dropFirst()
    while isRight, !rest.isEmpty {
      if rest.first == "T", !isTime {
        isTime = true
        rest.removeFirst()
        isRight = !rest.isEmpty
        continue
      }
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest[digits.endIndex...]
      let units: [Character: Int] = isTime ? ["H": 3600, "M": 60, "S": 1] : ["W": 604_800, "D": 86_400]
      guard digits.utf8.count <= 6, let number = Int(digits), let unit = rest.first.flatMap({ units[$0] })
      else {
        isRight = false
        break
      }
      rest.removeFirst()
      seconds += number * unit
      parts += 1
    }
    if isRight, parts > 0 { return seconds }
    findings.error(
      property.place,
      "DURATION: expected one such as P1D or PT1H30M, found '\(String(property.value).clipped)'")
    return nil
  }

  /// A text on one line, without the backslashes of RFC 5545, 3.3.11.
  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        result.append(character == "n" || character == "N" ? " " : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result.clipped
  }
}
