/// The events of an iCalendar file (RFC 5545) that take time.
package struct EventCalendar: Equatable, Sendable {
  /// The file's name, for reasons.
  package var file: String
  package var events: [CalendarEvent]

  package init(file: String, events: [CalendarEvent]) {
    self.file = file
    self.events = events
  }

  /// The events that overlap a time, each with its file and line.
  func occurrences(from begin: Int, to end: Int) -> [Occurrence] {
    events.flatMap { event in
      event.times(from: begin, to: end)
        .map { Occurrence(name: "\(event.summary) (\(file):\(event.line))", start: $0.start, end: $0.end) }
        .filter { $0.overlaps(begin, end) }
    }
  }
}

/// One event at one time.
struct Occurrence: Equatable, Sendable {
  var name: String
  var start: Int
  var end: Int

  func overlaps(_ begin: Int, _ end: Int) -> Bool { start < end && max(self.end, start + 1) > begin }
}

/// An event, or a series of events.
package struct CalendarEvent: Equatable, Sendable {
  package var summary: String
  /// The line of its BEGIN.
  package var line: Int
  package var zone: Zone
  /// In seconds since 1970 on the zone's clocks.
  package var start: Int
  /// In seconds on the zone's clocks, so that an event of whole days has whole days when the clocks change.
  package var length: Int
  package var rule: RecurrenceRule?
  /// EXDATE: the starts that do not happen.
  package var excluded: Set<Int>

  package init(
    summary: String, line: Int, zone: Zone, start: Int, length: Int, rule: RecurrenceRule? = nil,
    excluded: Set<Int> = []
  ) {
    self.summary = summary
    self.line = line
    self.zone = zone
    self.start = start
    self.length = length
    self.rule = rule
    self.excluded = excluded
  }

  /// The instants of its start and end, each time that it may overlap a time.
  func times(from begin: Int, to end: Int) -> [(start: Int, end: Int)] {
    // No zone is two days away from UTC.
    var starts =
      rule?.starts(from: start, after: begin - length - 2 * 86_400, through: end + 2 * 86_400) ?? []
    // RFC 5545 leaves open whether a start that its rule does not choose happens. An event too many is safer.
    if starts.first != start { starts.insert(start, at: 0) }
    return starts.filter { !excluded.contains($0) }
      .map { (zone.instant(ofLocal: $0), zone.instant(ofLocal: $0 + length)) }
  }
}
