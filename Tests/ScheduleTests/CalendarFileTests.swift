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
    /// `LINE:COLUMN: MESSAGE`, the beginning.
    var finding: String
    var testDescription: String { event }

    init(_ event: String, _ finding: String) {
      self.event = event
      self.finding = finding
    }
  }

  static let mistakes = [
    Mistake("SUMMARY:x", "3:1: error: an event without DTSTART"),
    Mistake("DTSTART:20260101", "4:9: error: DTSTART: a day needs VALUE=DATE"),
    Mistake("DTSTART;VALUE=DATE:20260229", "4:20: error: DTSTART: expected a day"),
    Mistake("DTSTART;VALUE=DATE:20260101T000000", "4:20: error: DTSTART: expected a day"),
    Mistake("DTSTART:20260101T250000", "4:9: error: DTSTART: expected a time"),
    Mistake("DTSTART:18000101T000000", "4:9: error: DTSTART: expected a time"),
    Mistake("DTSTART;TZID=Europe/Atlantis:20260101T000000", "4:14: error: the time zone 'Europe/Atlantis'"),
    Mistake("DTSTART;TZID=CET:20260101T000000", "4:14: error: the time zone 'CET'"),
    Mistake("DTSTART;TZID=Europe/Vienna:20260101T000000Z", "4:28: error: DTSTART: a time in UTC"),
    Mistake("DTSTART;VALUE=PERIOD:20260101T000000", "4:1: error: DTSTART: VALUE=PERIOD"),
    Mistake("DTSTART;RANGE=x:20260101T000000", "4:15: error: DTSTART: the parameter RANGE"),
    Mistake("DTSTART:20260102T000000\nDTEND:20260101T000000", "5:7: error: DTEND is before"),
    Mistake("DTSTART:20260102T000000\nDTEND;VALUE=DATE:20260104", "5:18: error: DTEND: expected a time"),
    Mistake(
      "DTSTART:20260102T000000\nDTSTART:20260102T000000", "5:1: error: DTSTART is in this event already"),
    Mistake(
      "DTSTART:20260102T000000\nDTEND:20260104T000000\nDURATION:P1D", "5:7: error: an event has either DTEND"),
    Mistake("DTSTART:20260102T000000\nDURATION:1 day", "5:10: error: DURATION: expected one such as P1D"),
    Mistake("DTSTART:20260102T000000\nDURATION:-P1D", "5:10: error: DURATION"),
    Mistake("DTSTART:20260102T000000\nDURATION:PT", "5:10: error: DURATION"),
    Mistake("DTSTART:20260102T000000\nRDATE:20260104T000000", "5:1: error: RDATE is not supported"),
    Mistake(
      "DTSTART:20260102T000000\nRECURRENCE-ID:20260104T000000", "5:1: error: RECURRENCE-ID is not supported"),
    Mistake("DTSTART:20260102T000000\nSTART:x", "5:1: error: unknown property START"),
    Mistake("DTSTART:20260102T000000\nno property", "5:1: error: not a line of iCalendar"),
    Mistake("DTSTART:20260102T000000\nEXDATE;VALUE=DATE:20260102", "5:19: error: EXDATE: expected a time"),
    Mistake("DTSTART:20260102T000000\nEXDATE:20260109T000000,2026", "5:24: error: EXDATE: expected a time"),
    Mistake("DTSTART:20260102T000000\nRRULE:COUNT=3", "5:7: error: RRULE: FREQ must be"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=HOURLY", "5:7: error: RRULE: FREQ must be"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;INTERVAL=0", "5:18: error: RRULE: INTERVAL: expected"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;COUNT=-1", "5:18: error: RRULE: COUNT: expected"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;UNTIL=tomorrow", "5:18: error: RRULE: UNTIL: expected"),
    Mistake(
      "DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=DAILY;UNTIL=20270101T000000Z",
      "5:18: error: RRULE: UNTIL: expected a day"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=WEEKLY;BYDAY=1MO",
      "5:19: error: RRULE: BYDAY: expected days without"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=MONTHLY;BYDAY=MO,XX",
      "5:20: error: RRULE: BYDAY: expected days such"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32", "5:20: error: RRULE: BYMONTHDAY: expected"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=WEEKLY;BYMONTHDAY=3",
      "5:19: error: RRULE: BYMONTHDAY: expected none"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=YEARLY;BYMONTH=0", "5:19: error: RRULE: BYMONTH: expected"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=YEARLY;BYWEEKNO=2", "5:19: error: RRULE: BYWEEKNO is not supported"
    ),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;FREQ=DAILY",
      "5:18: error: RRULE: FREQ is in this rule already"),
    Mistake(
      "DTSTART:20260102T000000\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101", "5:7: error: RRULE: it has either"),
    Mistake("DTSTART:20260102T000000\nRRULE:FREQ=DAILY;", "5:18: error: RRULE: expected NAME=VALUE"),
    Mistake(
      "BEGIN:VTODO\nEND:VTODO\nDTSTART:20260102T000000", "4:1: error: BEGIN:VTODO is not supported in VEVENT"),
  ]

  @Test("What is not understood is refused with its line", arguments: mistakes)
  func refused(_ mistake: Mistake) throws {
    do throws(FileRefused) {
      _ = try CalendarFile.parse(
        text: "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n\(mistake.event)\nEND:VEVENT\nEND:VCALENDAR\n",
        file: "a.ics", zone: vienna)
      Issue.record("accepted")
    } catch {
      #expect(error.description.hasPrefix("a.ics:\(mistake.finding)"), "\(error)")
    }
  }

  @Test(
    "A text that is no calendar is refused",
    arguments: [
      ("", "a.ics:1:1: error: the file has no BEGIN:VCALENDAR"),
      ("<html>", "a.ics:1:1: error: not a line of iCalendar"),
      ("VERSION:2.0", "a.ics:1:1: error: VERSION is outside"),
      ("BEGIN:VCALENDAR", "a.ics:1:1: error: BEGIN:VCALENDAR has no END"),
      ("BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR", "a.ics:2:9: error: VERSION: expected 2.0"),
      ("BEGIN:VCALENDAR\nEND:VEVENT", "a.ics:2:1: error: END:VEVENT doesn't match"),
      (
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR",
        "a.ics:2:1: error: BEGIN:VTODO is not supported"
      ),
      ("BEGIN:VCALENDAR\nCALSCALE:JULIAN\nEND:VCALENDAR", "a.ics:2:10: error: CALSCALE: expected GREGORIAN"),
      ("BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR", "a.ics:2:8: error: METHOD:CANCEL"),
      ("BEGIN:VCALENDAR\nTITLE:x\nEND:VCALENDAR", "a.ics:2:1: error: unknown property TITLE"),
    ])
  func noCalendar(_ text: String, _ finding: String) throws {
    do throws(FileRefused) {
      _ = try CalendarFile.parse(text: text, file: "a.ics", zone: vienna)
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains(finding), "\(error)")
    }
  }
}
