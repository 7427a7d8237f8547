import Scenario
import Schedule

/// `schedule.yaml`: when a scenario is run on a fleet.
package enum ScheduleFile {
  /// Reads a calendar of a schedule, by its path in the file.
  package typealias ReadCalendar = (String, Zone) throws(FileRefused) -> EventCalendar

  /// Reads a schedule from a file, with its calendars. The paths in the value are usable from the current folder.
  ///
  /// Throws `FileRefused` with all mistakes in the file and its calendars, or with the errno of a file that can't be
  /// read.
  package static func read(path: String) throws(FileRefused) -> Parsed<Schedule> {
    try parse(text: TextFile.read(path), file: path) { (path, zone) throws(FileRefused) in
      try CalendarFile.read(path: path, zone: zone)
    }
  }

  /// Reads a schedule from a text; `file` names it in findings, and its folder is that of relative paths.
  package static func parse(
    text: String, file: String, calendar: ReadCalendar
  ) throws(FileRefused) -> Parsed<Schedule> {
    try TextFile.checkSize(text, file: file)
    var findings = Findings(file: file)
    guard let root = Composer.compose(text, findings: &findings) else { return try findings.judge(nil) }
    guard FileKind.schedule.matches(root, &findings) else { return try findings.judge(nil) }
    findings.stage = .form
    shape.check(root, "the schedule", &findings)
    findings.stage = .meaning
    var reader = ScheduleReader(file: file, findings: findings)
    let schedule = reader.schedule(root, calendar)
    if !reader.inCalendars.isEmpty {
      throw FileRefused(diagnostics: reader.findings.inOrder + reader.inCalendars)
    }
    return try reader.findings.judge(schedule)
  }

  /// The JSON Schema (draft 2020-12) of the file. Deterministic.
  package static func schema() throws -> String { try shape.schemaDocument(title: "Murphy schedule") }
}

extension ScheduleFile {
  /// The shape of a schedule file.
  static let shape = Shape.mapping(
    Shape.Keys(
      fields: [
        .required("schedule", .scalar(.folderName), "the schedule's name"),
        .required("scenario", .scalar(.line), "the scenario's file, from the folder of this file"),
        .required("fleet", .scalar(.line), "the fleet's file, from the folder of this file"),
        .optional(
          "reports", .scalar(.line), "the folder of the runs' folders, from the folder of this file",
          standard: "reports"),
        .required(
          "every", .scalar(.word(Period.allCases.map(\.rawValue))), "how often the run is due, once in each"),
        .required("window", .mapping(window), "the days and times at which a run may begin"),
        .required("timezone", .scalar(.timeZone), "the zone of the window and of the calendars"),
        .optional(
          "calendars", .list(.scalar(.line), atLeast: 0),
          "iCalendar files of holidays and freezes: no run begins on a day whose window an event overlaps"),
        .optional(
          "seed", .scalar(.integer(0...Int.max)),
          "the seed of the start within the window; without it, a run begins with the window"),
        .optional(
          "retry", .scalar(.integer(0...30)), "how many further allowed days are tried",
          standard: .integer(Schedule.standardRetries)),
        .optional(
          "period", .scalar(.integer(1...3660, "a number of days")),
          "the longest time between two runs, in days",
          standard: .integer(Schedule.standardPeriod)),
        .optional(
          "gates", .named(.name, .mapping(gate), atLeast: 0), "conditions that must be met right before a run"
        ),
      ] + notificationFields))

  private static let window = Shape.Keys(fields: [
    .optional(
      "days", .list(.scalar(.word(Weekday.allCases.map(\.rawValue))), atLeast: 1),
      "the days of the week; all if missing"),
    .required("from", .scalar(.timeOfDay), "when it begins"),
    .required("to", .scalar(.timeOfDay), "when it ends"),
  ])

  static let standardGateTimeout = Nanoseconds.seconds(60)

  private static let gate = Shape.Keys(
    fields: [
      .optional("command", .scalar(.line), "a shell command at the controller, which must exit with 0"),
      .optional(
        "timeout", .scalar(.positiveDuration), "how long the command may run",
        standard: .text(standardGateTimeout.description)),
      .optional(
        "file", .scalar(.line),
        "a file that must have been changed lately, such as one that a backup writes at its end"),
      .optional("younger-than", .scalar(.positiveDuration), "how long ago it may have been changed"),
      .optional(
        "free-space", .scalar(.integer(1...Int(Int32.max), "a number of MiB")),
        "the free space for the reports, in MiB"),
      .optional(
        "during", .scalar(.line),
        "an iCalendar file; a run begins only during one of its events, such as an engineer's duty"),
    ], exactlyOne: [["command", "file", "free-space", "during"]],
    companions: ["timeout": ["command"], "younger-than": ["file"]])
}

/// Converts a tree whose form was checked to a schedule, and makes the checks that the form can't express.
private struct ScheduleReader {
  let file: String
  var findings: Findings
  /// The mistakes in the calendars.
  private(set) var inCalendars: [Diagnostic] = []
  private var read: [String: EventCalendar] = [:]

  init(file: String, findings: Findings) {
    self.file = file
    self.findings = findings
  }

  mutating func schedule(_ root: Element, _ calendar: ScheduleFile.ReadCalendar) -> Schedule {
    let zone = root["timezone"]?.text.flatMap { Zone($0) } ?? .utc
    var calendars: [EventCalendar] = []
    var named: Set<String> = []
    for item in root["calendars"]?.items ?? [] {
      guard let path = item.text, !path.isEmpty else { continue }
      if named.insert(path).inserted {
        if let found = events(path, zone, calendar) { calendars.append(found) }
      } else {
        findings.error(item.position, "duplicate calendar '\(path.clipped)' in this list", .duplicate)
      }
    }
    return Schedule(
      name: root["schedule"]?.text ?? "", scenario: path(root["scenario"]), fleet: path(root["fleet"]),
      reports: root["reports"] == nil ? resolved("reports") : path(root["reports"]),
      every: root["every"]?.text.flatMap(Period.init(rawValue:)) ?? .month, window: window(root["window"]),
      zone: zone, calendars: calendars, seed: root["seed"]?.integer.map { UInt64(clamping: $0) },
      retries: root["retry"]?.integer ?? Schedule.standardRetries,
      period: root["period"]?.integer ?? Schedule.standardPeriod,
      gates: (root["gates"]?.entries ?? []).compactMap { gate($0, zone, calendar) },
      notification: notification(root))
  }

  private mutating func notification(_ root: Element) -> Notification {
    var reader = NotificationReader()
    return reader.notification(root, &findings)
  }

  private mutating func window(_ element: Element?) -> Window {
    var weekdays: Set<Weekday> = []
    for item in element?["days"]?.items ?? [] {
      guard let weekday = item.text.flatMap(Weekday.init(rawValue:)) else { continue }
      if !weekdays.insert(weekday).inserted {
        findings.error(item.position, "duplicate day '\(weekday.rawValue)' in this list", .duplicate)
      }
    }
    let from = element?["from"]?.text.flatMap(Form.minutes(ofDay:)) ?? 0
    let to = element?["to"]?.text.flatMap(Form.minutes(ofDay:)) ?? 1440
    let shortest = Schedule.tick / 60
    if to - from < shortest, let place = element?["to"] {
      findings.error(
        place.position, "window: 'to' must be at least \(shortest) minutes after 'from', on the same day")
    }
    return Window(weekdays: weekdays.isEmpty ? Set(Weekday.allCases) : weekdays, from: from, to: to)
  }

  private mutating func gate(
    _ entry: Element.Entry, _ zone: Zone, _ calendar: ScheduleFile.ReadCalendar
  ) -> Gate? {
    let value = entry.value
    if let command = value["command"]?.text {
      return Gate(
        entry.key, .command(command, within: value["timeout"]?.duration ?? ScheduleFile.standardGateTimeout))
    }
    if let file = value["file"] {
      guard let age = value["younger-than"]?.duration else {
        if value["younger-than"] == nil {
          findings.error(file.position, "\(entry.key): 'file' needs 'younger-than', such as 26h", .missing)
        }
        return nil
      }
      return Gate(entry.key, .file(path(file), youngerThan: age))
    }
    if let space = value["free-space"]?.integer { return Gate(entry.key, .freeSpace(space)) }
    guard let path = value["during"]?.text, !path.isEmpty, let events = events(path, zone, calendar) else {
      return nil
    }
    return Gate(entry.key, .during(events))
  }

  /// Reads a calendar once; nil if it is refused.
  private mutating func events(
    _ path: String, _ zone: Zone, _ calendar: ScheduleFile.ReadCalendar
  ) -> EventCalendar? {
    if let known = read[path] { return known }
    do throws(FileRefused) {
      let found = try calendar(resolved(path), zone)
      read[path] = found
      return found
    } catch {
      inCalendars += error.diagnostics.filter { !inCalendars.contains($0) }
      return nil
    }
  }

  private func path(_ element: Element?) -> String { element?.text.map(resolved) ?? "" }

  private func resolved(_ path: String) -> String {
    guard !path.hasPrefix("/"), let end = file.lastIndex(of: "/") else { return path }
    return String(file[...end]) + path
  }
}
