import Files
import Scenario
import Schedule
import ScheduleTesting
import Testing

@Suite struct ScheduleFileTests {
  private static let text = """
    schedule: monthly-storage
    scenario: ping-timeout.yaml
    fleet: /etc/murphy/fleet.yaml
    every: month
    window: {days: [tue, wed, thu], from: "09:00", to: "12:00"}
    timezone: Europe/Vienna
    calendars: [holidays.ics]
    seed: 7
    retry: 2
    period: 40
    gates:
      backup: {file: /var/backups/last, younger-than: 26h}
      space: {free-space: 5000}
      on-duty: {during: duty.ics}
      alerts: {command: "! amtool alert query | grep -q .", timeout: 10s}

    """

  private func parse(_ text: String) throws(FileRefused) -> Schedule {
    try ScheduleFile.parse(text: text, file: "plans/schedule.yaml") { (path, zone) throws(FileRefused) in
      if path == "plans/broken.ics" { return try CalendarFile.parse(text: "x", file: path, zone: zone) }
      return EventCalendar(file: path, events: [])
    }.value
  }

  @Test("A schedule is read, with paths from its folder")
  func good() throws {
    let schedule = try parse(Self.text)
    #expect(
      schedule
        == Schedule(
          name: "monthly-storage", scenario: "plans/ping-timeout.yaml", fleet: "/etc/murphy/fleet.yaml",
          reports: "plans/reports", every: .month, window: Window(weekdays: midweek, from: 540, to: 720),
          zone: vienna, calendars: [EventCalendar(file: "plans/holidays.ics", events: [])], seed: 7,
          retries: 2,
          period: 40,
          gates: [
            Gate("backup", .file("/var/backups/last", youngerThan: .seconds(26 * 3600))),
            Gate("space", .freeSpace(5000)),
            Gate("on-duty", .during(EventCalendar(file: "plans/duty.ics", events: []))),
            Gate("alerts", .command("! amtool alert query | grep -q .", within: .seconds(10))),
          ]))
  }

  @Test("Keys that are left out have their defaults")
  func defaults() throws {
    let schedule = try parse(
      "schedule: a\nscenario: s.yaml\nfleet: f.yaml\nevery: week\nwindow: {from: \"00:00\", to: \"24:00\"}\ntimezone: UTC\n"
    )
    #expect(schedule.window == Window(weekdays: Set(Weekday.allCases), from: 0, to: 1440))
    #expect(schedule.seed == nil)
    #expect(schedule.retries == 3)
    #expect(schedule.period == 35)
    #expect(schedule.gates.isEmpty && schedule.calendars.isEmpty)
  }

  @Test(
    "A mistake is refused with its line and column",
    arguments: [
      ("every: month", "every: fortnight", "4:8", .unknown, "fortnight"),
      ("every: month\n", "", "1:1", .missing, "every"),
      (
        "timezone: Europe/Vienna", "timezone: Europe/Wien",
        "6:11", .value, "Europe/Wien"
      ),
      ("timezone: Europe/Vienna", "timezone: CET", "6:11", .value, "CET"),
      ("from: \"09:00\"", "from: 09:00", "5:39", .type, "from"),
      ("from: \"09:00\"", "from: \"9:00\"", "5:39", .value, "from"),
      ("to: \"12:00\"", "to: \"24:01\"", "5:52", .value, "to"),
      ("to: \"12:00\"", "to: \"09:04\"", "5:52", .value, "to"),
      ("to: \"12:00\"", "to: \"02:00\"", "5:52", .value, "to"),
      ("[tue, wed, thu]", "[tue, wed, tue]", "5:27", .duplicate, "tue"),
      ("[tue, wed, thu]", "[dienstag]", "5:17", .unknown, "dienstag"),
      ("seed: 7", "seed: -1", "8:7", .value, "seed"),
      ("retry: 2", "retry: 31", "9:8", .value, "retry"),
      ("[holidays.ics]", "[holidays.ics, holidays.ics]", "7:27", .duplicate, "holidays.ics"),
      (", younger-than: 26h", "", "12:18", .missing, "younger-than"),
      ("younger-than: 26h", "younger-than: 26", "12:51", .value, "younger-than"),
      (
        "{free-space: 5000}", "{}",
        "13:10", .missing, "free-space"
      ),
      (
        "timeout: 10s", "timeout: 10s, during: duty.ics",
        "15:71", .conflict, "during"
      ),
      ("gates:", "gate:", "11:1", .unknown, "gates"),
      ("schedule: monthly-storage", "schedule: monthly storage", "1:11", .value, "monthly storage"),
    ] as [(String, String, String, Diagnostic.Kind, String?)])
  func refused(_ part: String, _ replacement: String, at place: String, kind: Diagnostic.Kind, name: String?)
    throws
  {
    let text = Self.text.replacing(part, with: replacement)
    try #require(text != Self.text)
    expectFinding(kind, at: place, in: "plans/schedule.yaml", naming: name) { () throws(FileRefused) in
      _ = try parse(text)
    }
  }

  @Test(
    "A mistake in a calendar is refused with the calendar's place", arguments: ["[holidays.ics]", "duty.ics"])
  func refusedCalendar(_ part: String) throws {
    let text = Self.text.replacing(part, with: part.hasPrefix("[") ? "[broken.ics]" : "broken.ics")
    try #require(text != Self.text)
    expectFinding(.syntax, at: "1:1", in: "plans/broken.ics") { () throws(FileRefused) in
      _ = try parse(text)
    }
  }

  private static let notify = """
    notify:
      team: {mail: [ops@example.org], from: murphy@example.org}
      hook: {webhook: "https://hooks.example.org/m", secret-file: /etc/murphy/hook}
      room: {matrix: "https://matrix.example.org", room: "!a:example.org", token-file: /etc/murphy/matrix}
      alerts: {alertmanager: "http://10.0.0.1:9093", notices: [began, result]}
      marks: {grafana: "http://127.0.0.1:3000", token-file: /etc/murphy/grafana}
      pager: {command: /usr/local/bin/page, timeout: 20s, notices: []}
    announce: [48h]
    escalate: [pager]

    """

  @Test("The channels are read, with what each receives")
  func notification() throws {
    let notification = try parse(Self.text + Self.notify).notification
    #expect(notification.channels.map(\.name) == ["team", "hook", "room", "alerts", "marks", "pager"])
    #expect(
      notification.channels.map(\.kind) == [
        "mail", "webhook", "matrix", "alertmanager", "grafana", "command",
      ])
    #expect(notification.channels[0].texts("mail") == ["ops@example.org"])
    #expect(notification.channels[0].topics == Set(Notice.Topic.allCases))
    #expect(notification.channels[1].text("secret-file") == "/etc/murphy/hook")
    #expect(notification.channels[3].topics == [.began, .result])
    #expect(notification.channels[5].topics == [])
    #expect(notification.channels[5].text("timeout") == "20s")
    #expect(notification.leads == [172_800])
    #expect(notification.escalate == ["pager"])
    #expect(try parse(Self.text).notification == Notification(channels: [], leads: [86_400, 900]))
  }

  @Test(
    "A mistake in a channel is refused with its line and column",
    arguments: [
      ("from: murphy@example.org", "from: murphy", "17:41", .value, "from"),
      ("[ops@example.org]", "[\"-oQ/tmp@example.org\"]", "17:17", .value, "mail"),
      (", from: murphy@example.org", "", "17:9", .missing, "from"),
      (", secret-file: /etc/murphy/hook", "", "18:9", .missing, "secret-file"),
      (
        "secret-file: /etc/murphy/hook", "secret-file: hook",
        "18:63", .value, "secret-file"
      ),
      ("\"!a:example.org\"", "\"#a:example.org\"", "19:54", .value, "room"),
      (
        "\"https://matrix.example.org\"", "\"http://matrix.example.org\"",
        "19:18", .value, "matrix"
      ),
      (
        "http://127.0.0.1:3000", "http://127.0.0.1.example.org:3000",
        "21:20", .value, "grafana"
      ),
      ("notices: [began, result]", "notices: [begin]", "20:60", .unknown, "begin"),
      ("timeout: 20s", "timeout: 20m", "22:50", .value, "timeout"),
      ("timeout: 20s", "room: x", "22:41", .conflict, "room"),
      ("announce: [48h]", "announce: [1m]", "23:12", .value, "announce"),
      ("escalate: [pager]", "escalate: [page]", "24:12", .absent, "page"),
      ("hook: {webhook:", "hook: {webhok:", "18:10", .unknown, "webhok"),
    ] as [(String, String, String, Diagnostic.Kind, String?)])
  func refusedChannel(
    _ part: String, _ replacement: String, at place: String, kind: Diagnostic.Kind, name: String?
  ) throws {
    let text = (Self.text + Self.notify).replacing(part, with: replacement)
    try #require(text != Self.text + Self.notify)
    expectFinding(kind, at: place, in: "plans/schedule.yaml", naming: name) { () throws(FileRefused) in
      _ = try parse(text)
    }
  }

  @Test("A file of another kind is named")
  func otherKind() {
    expectFinding(.otherFile, at: "1:1", in: "plans/schedule.yaml", naming: "fleet") {
      () throws(FileRefused) in
      _ = try parse("fleet: x\nhosts: {}\n")
    }
    #expect(FileKind.detect(text: Self.text) == .schedule)
  }
}
