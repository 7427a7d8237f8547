import Files
import Schedule
import ScheduleTesting
import Testing

@Suite struct CalendarFileTests {
  private func parse(_ text: String) throws -> EventCalendar {
    try CalendarFile.parse(text: text, file: "folder/holidays.ics", zone: vienna)
  }

  @Test("A file as programs export it is read: folded lines, CRLF, zones, alarms and escapes")
  func exported() throws {
    let lines = [
      "\u{FEFF}BEGIN:VCALENDAR", "PRODID:-//Example//Calendar 1.0//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
      "METHOD:PUBLISH", "X-WR-CALNAME:Holidays", "BEGIN:VTIMEZONE", "TZID:Europe/Vienna", "BEGIN:STANDARD",
      "DTSTART:19701025T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE",
      "BEGIN:VEVENT", "UID:1@example.org", "DTSTAMP:20260101T000000Z",
      "DTSTART;TZID=\"Europe/Vienna\";X-NOTE=\"a:b;c\":20260329T010000",
      "DTEND;TZID=Europe/London:20260329T040000",
      "SUMMARY:Move\\, and ", " a long \u{E4}ddress", "BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY",
      "END:VALARM",
      "END:VEVENT", "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227",
      "RRULE:FREQ=YEARLY;INTERVAL=2;COUNT=5", "EXDATE;VALUE=DATE:20281224", "SUMMARY:Christmas", "END:VEVENT",
      "END:VCALENDAR", "",
    ]
    let found = try parse(lines.joined(separator: "\r\n"))
    #expect(found.file == "holidays.ics")
    let again = try parse(lines.joined(separator: "\n"))
    #expect(found == again)
    let events = found.events
    try #require(events.count == 2)
    #expect(events[0].summary == "Move, and a long \u{E4}ddress")
    #expect(events[0].line == 14)
    #expect(events[0].zone == vienna)
    // From 01:00 in Vienna to 05:00: the clocks show four hours, of which one is skipped.
    #expect(events[0].length == 4 * 3600)
    #expect(events[1].length == 3 * 86_400)
    #expect(events[1].rule?.interval == 2)
    #expect(events[1].rule?.count == 5)
    #expect(events[1].excluded == [day("2028-12-24").number * 86_400])
    #expect(!found.hasEvent(at: vienna.instant(of: day("2026-12-24")) - 1))
    #expect(found.hasEvent(at: vienna.instant(of: day("2026-12-24"))))
    #expect(found.hasEvent(at: vienna.instant(of: day("2026-12-27")) - 1))
    #expect(!found.hasEvent(at: vienna.instant(of: day("2026-12-27"))))
    #expect(!found.hasEvent(at: vienna.instant(of: day("2028-12-25"))))
    #expect(found.hasEvent(at: vienna.instant(of: day("2030-12-26"))))
  }

  @Test("Transparent and cancelled events take no time")
  func freeTime() throws {
    let found = try calendar(
      "a.ics",
      ["DTSTART;VALUE=DATE:20260101\nTRANSP:TRANSPARENT", "DTSTART;VALUE=DATE:20260101\nSTATUS:CANCELLED"])
    #expect(found.events.isEmpty)
  }

  /// The lines of an event, in a file in which the event's BEGIN is on line 3.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var event: String
    /// `line:column`.
    var place: String
    var kind: Diagnostic.Kind
    /// A name or a value that the message must have.
    var name: String?
    var testDescription: String { event }

    init(_ event: String, _ place: String, _ kind: Diagnostic.Kind, _ name: String? = nil) {
      self.event = event
      self.place = place
      self.kind = kind
      self.name = name
    }
  }

  static let mistakes = [
    Mistake("SUMMARY:x", "3:1", .missing, "DTSTART"),
    Mistake("DTSTART:20260101", "4:9", .value, "DTSTART"),
    Mistake("DTSTART;VALUE=DATE:20260229", "4:20", .value, "DTSTART"),
    Mistake("DTSTART;VALUE=DATE:20260101T000000", "4:20", .value, "DTSTART"),
    Mistake("DTSTART:20260101T250000", "4:9", .value, "DTSTART"),
    Mistake("DTSTART:18000101T000000", "4:9", .value, "DTSTART"),
    Mistake("DTSTART;TZID=Europe/Atlantis:20260101T000000", "4:14", .value, "Europe/Atlantis"),
    Mistake("DTSTART;TZID=CET:20260101T000000", "4:14", .value, "CET"),
    Mistake("DTSTART;TZID=Europe/Vienna:20260101T000000Z", "4:28", .conflict, "DTSTART"),
    Mistake("DTSTART;VALUE=PERIOD:20260101T000000", "4:1", .unknown, "PERIOD"),
    Mistake("DTSTART;RANGE=x:20260101T000000", "4:15", .unknown, "RANGE"),
    Mistake("DTSTART:20260102T000000\nDTEND:20260101T000000", "5:7", .value, "DTEND"),
    Mistake("DTSTART:20260102T000000\nDTEND;VALUE=DATE:20260104", "5:18", .value, "DTEND"),
    Mistake(
      "DTSTART:20260102T000000\nDTSTART:20260102T000000", "5:1", .duplicate, "DTSTART"),
    Mistake(
      "DTSTART:20260102T000000\nDTEND:20260104T000000\nDURATION:P1D", "5:7", .conflict, "DTEND"),
    Mistake("DTSTART:20260102T000000\nDURATION:1 day", "5:10", .value, "DURATION"),
    Mistake("DTSTART:20260102T000000\nDURATION:-P1D", "5:10", .value, "DURATION"),
    Mistake("DTSTART:20260102T000000\nDURATION:PT", "5:10", .value, "DURATION"),
    Mistake("DTSTART:20260102T000000\nRDATE:20260104T000000", "5:1", .unknown, "RDATE"),
    Mistake(
      "DTSTART:20260102T000000\nRECURRENCE-ID:20260104T000000", "5:1", .unknown, "RECURRENCE-ID"),
    Mistake("DTSTART:20260102T000000\nSTART:x", "5:1", .unknown, "START"),
    Mistake("DTSTART:20260102T000000\nno property", "5:1", .syntax),
    Mistake("DTSTART:20260102T000000\nEXDATE;VALUE=DATE:20260102", "5:19", .value, "EXDATE"),
    Mistake("DTSTART:20260102T000000\nEXDATE:20260109T000000,2026", "5:24", .value, "EXDATE"),
    Mistake("DTSTART:20260102T000000\nRRULE:COUNT=3", "5:7", .value, "FREQ"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=HOURLY", "5:7", .value, "FREQ"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;INTERVAL=0", "5:18", .value, "INTERVAL"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;COUNT=-1", "5:18", .value, "COUNT"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;UNTIL=tomorrow", "5:18", .value, "UNTIL"),
    Mistake(
      "DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=DAILY;UNTIL=20270101T000000Z",
      "5:18", .value, "UNTIL"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=WEEKLY;BYDAY=1MO",
      "5:19", .value, "BYDAY"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=MONTHLY;BYDAY=MO,XX",
      "5:20", .value, "BYDAY"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32", "5:20", .value, "BYMONTHDAY"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=WEEKLY;BYMONTHDAY=3",
      "5:19", .value, "BYMONTHDAY"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=YEARLY;BYMONTH=0", "5:19", .value, "BYMONTH"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=YEARLY;BYWEEKNO=2", "5:19", .unknown, "BYWEEKNO"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;FREQ=DAILY",
      "5:18", .duplicate, "FREQ"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101", "5:7", .conflict),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;", "5:18", .syntax),
    Mistake(
      "BEGIN:VTODO\nEND:VTODO\nDTSTART:20260102T000000", "4:1", .unknown, "BEGIN:VTODO"),
  ]

  @Test("What is not understood is refused with its line", arguments: mistakes)
  func refused(_ mistake: Mistake) {
    let text = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n\(mistake.event)\nEND:VEVENT\nEND:VCALENDAR\n"
    expectFinding(mistake.kind, at: mistake.place, in: "a.ics", naming: mistake.name) {
      () throws(FileRefused) in
      _ = try CalendarFile.parse(text: text, file: "a.ics", zone: vienna)
    }
  }

  @Test(
    "A text that is no calendar is refused",
    arguments: [
      ("", "1:1", .otherFile, nil),
      ("<html>", "1:1", .syntax, nil),
      ("VERSION:2.0", "1:1", .syntax, "VERSION"),
      ("BEGIN:VCALENDAR", "1:1", .syntax, "BEGIN:VCALENDAR"),
      ("BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR", "2:9", .value, "VERSION"),
      ("BEGIN:VCALENDAR\nEND:VEVENT", "2:1", .syntax, "END:VEVENT"),
      (
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR",
        "2:1", .unknown, "BEGIN:VTODO"
      ),
      ("BEGIN:VCALENDAR\nCALSCALE:JULIAN\nEND:VCALENDAR", "2:10", .value, "CALSCALE"),
      ("BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR", "2:8", .value, "METHOD"),
      ("BEGIN:VCALENDAR\nTITLE:x\nEND:VCALENDAR", "2:1", .unknown, "TITLE"),
    ] as [(String, String, Diagnostic.Kind, String?)])
  func noCalendar(_ text: String, _ place: String, _ kind: Diagnostic.Kind, _ name: String?) {
    expectFinding(kind, at: place, in: "a.ics", naming: name) { () throws(FileRefused) in
      _ = try CalendarFile.parse(text: text, file: "a.ics", zone: vienna)
    }
  }
}
