import Scenario
import Schedule

/// An iCalendar file (RFC 5545): the events of which the times can be computed exactly. Everything else that could change a
/// time is refused.
package enum CalendarFile {
  /// Reads the events of a file.
  ///
  /// - Parameter zone: the zone of whole days, and of times without a zone.
  package static func read(path: String, zone: Zone) throws(FileRefused) -> EventCalendar {
    try parse(text: TextFile.read(path), file: path, zone: zone)
  }

  /// Reads the events of a text; `file` names it in findings.
  package static func parse(text: String, file: String, zone: Zone) throws(FileRefused) -> EventCalendar {
    try TextFile.checkSize(text, file: file)
    var reader = CalendarReader(file: file, zone: zone)
    for line in ContentLine.all(text) { reader.take(line) }
    reader.end()
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return try reader.findings.judge(EventCalendar(file: name, events: reader.events)).value
  }
}

/// A line of an iCalendar file after unfolding: RFC 5545, 3.1.
struct ContentLine {
  var position: Position
  var text: Substring
  /// Whether the text is on one line of the file, so that columns are known.
  var isWhole = true

  static func all(_ text: String) -> [ContentLine] {
    var lines: [ContentLine] = []
    var number = 0
    for var piece in text.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
    {
      number += 1
      if number == 1, piece.first == "\u{FEFF}" { piece.removeFirst() }
      if let first = piece.first, first == " " || first == "\t", let last = lines.indices.last {
        // Collected, not appended to each time: a file may fold a long text into many lines.
        lines[last].pieces.append(piece.dropFirst())
        lines[last].isWhole = false
      } else {
        lines.append(ContentLine(position: Position(line: number, column: 1), text: piece))
      }
    }
    for index in lines.indices where !lines[index].isWhole {
      lines[index].text = Substring(lines[index].text + lines[index].pieces.joined(separator: ""))
    }
    return lines.filter { !$0.text.isEmpty }
  }

  private var pieces: [Substring] = []

  init(position: Position, text: Substring) {
    self.position = position
    self.text = text
  }

  /// The place of a part of the text.
  func place(of index: String.Index) -> Position {
    isWhole
      ? Position(
        line: position.line, column: text.unicodeScalars.distance(from: text.startIndex, to: index) + 1)
      : position
  }

  /// Its name, its parameters and its value; nil if it has not that form.
  var property: CalendarProperty? {
    var rest = text
    func word() -> Substring {
      let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      rest = rest[word.endIndex...]
      return word
    }
    let name = word()
    guard !name.isEmpty else { return nil }
    var parameters: [CalendarProperty.Parameter] = []
    while rest.first == ";" {
      rest.removeFirst()
      let key = word()
      guard !key.isEmpty, rest.first == "=" else { return nil }
      rest.removeFirst()
      var value = ""
      let place = place(of: rest.startIndex)
      var isQuoted = false
      while let next = rest.first, isQuoted || (next != ";" && next != ":") {
        if next == "\"" { isQuoted.toggle() } else { value.append(next) }
        rest.removeFirst()
      }
      if isQuoted { return nil }
      parameters.append(.init(name: key.uppercased(), value: value, position: place))
    }
    guard rest.first == ":" else { return nil }
    rest.removeFirst()
    return CalendarProperty(
      name: name.uppercased(), parameters: parameters, value: rest, position: position,
      place: place(of: rest.startIndex))
  }
}

/// A property of an iCalendar file.
struct CalendarProperty {
  struct Parameter {
    var name: String
    var value: String
    var position: Position
  }

  var name: String
  var parameters: [Parameter]
  var value: Substring
  /// Where its line begins.
  var position: Position
  /// Where its value begins.
  var place: Position
}

/// Converts the lines of a file to events.
struct CalendarReader {
  let zone: Zone
  var findings: Findings
  private(set) var events: [CalendarEvent] = []
  private var open: [(name: String, position: Position)] = []
  private var draft = EventDraft()
  private var hasCalendar = false
  /// More findings don't help to repair a file.
  private static let mostErrors = 100

  init(file: String, zone: Zone) {
    self.zone = zone
    findings = Findings(file: file)
  }

  /// By component, those that may be within it.
  private static let within = [
    "": ["VCALENDAR"], "VCALENDAR": ["VEVENT", "VTIMEZONE"], "VEVENT": ["VALARM"],
    "VTIMEZONE": ["STANDARD", "DAYLIGHT"],
  ]

  mutating func take(_ line: ContentLine) {
    if findings.errors >= Self.mostErrors { return }
    guard let property = line.property else {
      return findings.error(line.position, "not a line of iCalendar: expected NAME:VALUE", .syntax)
    }
    let inside = open.last?.name ?? ""
    switch property.name {
    case "BEGIN":
      let name = property.value.uppercased()
      guard let possible = Self.within[inside], possible.contains(name) else {
        findings.error(
          property.position,
          "BEGIN:\(name.clipped) is not supported \(inside.isEmpty ? "here" : "in \(inside)")"
            + ": expected \(Nearest.list(Self.within[inside] ?? []))", .unknown)
        // Its content would only be reported again.
        open.append((name, property.position))
        return
      }
      if name == "VCALENDAR" { hasCalendar = true }
      if name == "VEVENT" { draft = EventDraft(line: property.position.line) }
      open.append((name, property.position))
    case "END":
      guard let last = open.last, last.name == property.value.uppercased() else {
        return findings.error(
          property.position,
          "END:\(String(property.value).clipped) doesn't match "
            + (inside.isEmpty ? "any BEGIN" : "BEGIN:\(inside)"), .syntax)
      }
      open.removeLast()
      if inside == "VEVENT", let event = draft.event(at: last.position, zone, &findings) {
        events.append(event)
      }
    default:
      switch inside {
      case "":
        findings.error(
          property.position, "\(property.name.clipped) is outside of BEGIN:VCALENDAR", .syntax)
      case "VCALENDAR": takeOfCalendar(property)
      case "VEVENT": draft.take(property, zone, &findings)
      // The rules of a zone are those of the tz database, and an alarm takes no time.
      default: break
      }
    }
  }

  private mutating func takeOfCalendar(_ property: CalendarProperty) {
    switch property.name {
    case "VERSION" where property.value != "2.0":
      findings.error(property.place, "VERSION: expected 2.0, found '\(String(property.value).clipped)'")
    case "CALSCALE" where property.value.uppercased() != "GREGORIAN":
      findings.error(
        property.place, "CALSCALE: expected GREGORIAN, found '\(String(property.value).clipped)'")
    case "METHOD" where property.value.uppercased() == "CANCEL":
      findings.error(property.place, "METHOD:CANCEL cancels events of other files, and is not supported")
    case "VERSION", "CALSCALE", "METHOD", "PRODID", "NAME", "DESCRIPTION", "UID", "LAST-MODIFIED", "URL",
      "CATEGORIES", "REFRESH-INTERVAL", "SOURCE", "COLOR", "IMAGE":
      break
    default:
      if property.name.hasPrefix("X-") { return }
      findings.error(property.position, "unknown property \(property.name.clipped) of a calendar", .unknown)
    }
  }

  mutating func end() {
    if let last = open.last {
      findings.error(last.position, "BEGIN:\(last.name.clipped) has no END", .syntax)
    } else if !hasCalendar, !findings.hasErrors {
      findings.error(Position(line: 1, column: 1), "the file has no BEGIN:VCALENDAR", .otherFile)
    }
  }
}
