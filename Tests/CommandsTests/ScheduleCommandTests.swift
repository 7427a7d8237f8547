import Foundation
import Linux
import Schedule
import ScheduleTesting
import Testing
import ToolTesting

/// `murphy schedule`, as users and timers run it.
@Suite struct ScheduleCommandTests {
  private static let plan = """
    schedule: monthly
    scenario: unplug.yaml
    fleet: fleet.yaml
    every: month
    window: {days: [tue, wed, thu], from: "09:00", to: "12:00"}
    timezone: Europe/Vienna
    calendars: [freeze.ics]

    """

  private static let freeze = """
    BEGIN:VCALENDAR
    VERSION:2.0
    BEGIN:VEVENT
    DTSTART;VALUE=DATE:20260801
    DTEND;VALUE=DATE:20260901
    RRULE:FREQ=YEARLY
    SUMMARY:summer freeze
    END:VEVENT
    END:VCALENDAR

    """

  /// A schedule that is due now, and the files of a fleet whose hosts give no answer.
  private func withDue(
    gates: String = "", fleet: String = StandInSSH.fleet,
    _ body: (_ folder: String, _ call: @escaping ([String]) throws -> MurphyProgram.Outcome) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let minute = min(Int(Date().timeIntervalSince1970) % 86_400 / 60, 23 * 60 + 54)
      let from = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
      let plan = """
        schedule: due
        scenario: unplug.yaml
        fleet: fleet.yaml
        every: day
        window: {from: "\(from)", to: "24:00"}
        timezone: UTC
        \(gates)
        """
      // Watched since midnight, since a start before the first run-due is not due.
      let midnight = Int(Date().timeIntervalSince1970) / 86_400 * 86_400
      let since =
        #"{"at":\#(midnight),"event":"watched","fleet":"tdf","scenario":"unplug","schedule":"due"}"#
      try FileManager.default.createDirectory(atPath: "\(folder)/reports", withIntermediateDirectories: true)
      for (name, text) in [
        ("schedule.yaml", plan), ("unplug.yaml", StandInSSH.scenario), ("fleet.yaml", fleet),
        ("reports/schedule.jsonl", since + "\n"),
      ] {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      let ssh = "#!/bin/sh\necho 'ssh: connect: No route to host' >&2\nexit 255\n"
      try DurableFile.write(Array(ssh.utf8), to: "\(folder)/ssh", mode: 0o700)
      try body(folder) { arguments in
        try MurphyProgram.run(["schedule"] + arguments + ["\(folder)/schedule.yaml"], tools: folder)
      }
    }
  }

  private struct Line: Decodable {
    var event: String
    var reason: String?
    var run: String?
    var exitCode: Int?
  }

  private func lines(_ folder: String) throws -> [Line] {
    try DurableFile.read("\(folder)/reports/schedule.jsonl").split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(Line.self, from: Data($0)) }
  }

  private func runs(_ folder: String) throws -> [String] {
    try DurableFile.list("\(folder)/reports").filter { $0.hasPrefix("2") }
  }

  @Test("next shows the planned starts, and why a month has none; why shows the reason of a day")
  func nextAndWhy() throws {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array(Self.plan.utf8), to: "\(folder)/schedule.yaml")
      try DurableFile.write(Array(Self.freeze.utf8), to: "\(folder)/freeze.ics")
      let file = "\(folder)/schedule.yaml"
      let next = try MurphyProgram.run(["schedule", "next", "--from", "2040-07-01", file])
      #expect(
        next.output == """
          2040-07: 2040-07-03 09:00 +02:00
          2040-08: no allowed day in 2040-08: summer freeze (freeze.ics:3)
          2040-09: 2040-09-04 09:00 +02:00

          """, "\(next.errors)")
      let why = try MurphyProgram.run(["schedule", "why", "2040-08-14", file])
      #expect(why.code == 0)
      #expect(
        why.output == """
          2040-08-14: not allowed: summer freeze (freeze.ics:3)
          2040-08: no allowed day in 2040-08: summer freeze (freeze.ics:3)

          """, "\(why.errors)")
      let list = try MurphyProgram.run(["schedule", "list", file])
      #expect(
        list.output.hasPrefix("monthly: every month\n  no run can be made: \(folder)/fleet.yaml"),
        "\(list.output)")
      #expect(list.output.contains("\n  not watched: "), "\(list.output)")
      let check = try MurphyProgram.run(["check", file])
      #expect(check.output == "\(file): ok\n", "\(check.errors)")
    }
  }

  @Test("A mistake in a schedule or its calendar ends every command with its place and exit code 2")
  func mistakes() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/schedule.yaml"
      try DurableFile.write(Array(Self.plan.utf8), to: file)
      let calendar = Self.freeze.replacing("RRULE:FREQ=YEARLY", with: "RRULE:FREQ=YEARLY;BYEASTER=1")
      try DurableFile.write(Array(calendar.utf8), to: "\(folder)/freeze.ics")
      for arguments in [
        ["list"], ["next"], ["why", "2026-08-14"], ["run-due"], ["skip", "--reason", "x"], ["install"],
      ] {
        let outcome = try MurphyProgram.run(["schedule"] + arguments + [file])
        #expect(outcome.code == 2)
        #expect(
          outcome.errors.hasPrefix("\(folder)/freeze.ics:6:19: error: RRULE: BYEASTER"), "\(outcome.errors)")
      }
      #expect(try DurableFile.list(folder) == ["freeze.ics", "schedule.yaml"])
      let wrong = try MurphyProgram.run(["schedule", "why", "tomorrow", file])
      #expect(wrong.code == 2)
      #expect(wrong.errors.contains("expected a day such as 2026-12-24, found 'tomorrow'"), "\(wrong.errors)")
    }
  }

  @Test("run-due records a closed gate, makes no run, and tries again only on another day")
  func closedGate() throws {
    try withDue(gates: "gates: {closed: {command: \"echo not today; exit 1\"}}") { folder, call in
      let outcome = try call(["run-due"])
      #expect(outcome.code == 3)
      #expect(outcome.errors.contains("gate closed: exit code 1: not today"), "\(outcome.errors)")
      #expect(try lines(folder).map(\.event) == ["watched", "refused"])
      #expect(try runs(folder) == [])
      #expect(try call(["run-due"]).code == 0)
      #expect(try lines(folder).count == 2)
    }
  }

  @Test("Each kind of gate is open and closed by what it names")
  func gates() throws {
    let gates = """
      gates:
        young: {file: here, younger-than: 1h}
        old: {file: /etc/hostname.missing, younger-than: 1h}
        space: {free-space: 1}
        huge: {free-space: 2000000000}
        duty: {during: duty.ics}
        idle: {during: idle.ics}
        fine: {command: "true"}
        slow: {command: "sleep 60", timeout: 100ms}

      """
    let duty = Self.freeze.replacing("20260801", with: "20200101").replacing("20260901", with: "21990101")
      .replacing("RRULE:FREQ=YEARLY\n", with: "")
    try withDue(gates: gates) { folder, call in
      try DurableFile.write(Array(duty.utf8), to: "\(folder)/duty.ics")
      try DurableFile.write(
        Array(duty.replacing("20200101", with: "21980101").utf8), to: "\(folder)/idle.ics")
      try DurableFile.write([UInt8](), to: "\(folder)/here")
      let outcome = try call(["run-due"])
      #expect(outcome.code == 3)
      let reason = try #require(try lines(folder).last?.reason)
      #expect(
        ["old", "huge", "idle", "slow"].allSatisfy { reason.contains("gate \($0): ") }, "\(reason)")
      #expect(
        !["young", "space", "duty", "fine"].contains { reason.contains("gate \($0): ") }, "\(reason)")
    }
  }

  @Test("run-due records a run that its hosts refuse, and the run's folder is in the history")
  func refusedRun() throws {
    try withDue { folder, call in
      let outcome = try call(["run-due"])
      #expect(outcome.code == 3, "\(outcome.errors)")
      let run = try #require(try runs(folder).first)
      #expect(outcome.output == "\(folder)/reports/\(run)\n", "\(outcome.errors)")
      let found = try lines(folder)
      #expect(found.map(\.event) == ["watched", "started", "ran"])
      #expect(found.last?.run == run)
      #expect(found.last?.exitCode == 3)
    }
  }

  @Test("A mistake in the fleet's file is the reason of an attempt without a run")
  func brokenFleet() throws {
    try withDue(fleet: "fleet: tdf\nhosts: {}\n") { folder, call in
      #expect(try call(["run-due"]).code == 3)
      let reason = try #require(try lines(folder).last?.reason)
      #expect(reason.hasPrefix("\(folder)/fleet.yaml:"), "\(reason)")
    }
  }

  @Test("No run begins while another one of the same folder is under way")
  func secondController() throws {
    try withDue { folder, call in
      let lock = try #require(try Held("\(folder)/reports/.schedule.lock"))
      let outcome = try call(["run-due"])
      #expect(outcome.code == 3)
      #expect(try lines(folder).last?.reason == "another run of \(folder)/reports is under way")
      #expect(try runs(folder) == [])
      withExtendedLifetime(lock) {}
    }
  }

  /// A lock that can be passed to a macro.
  private final class Held {
    private let lock: FileLock

    init?(_ path: String) throws {
      guard let lock = try FileLock(path) else { return nil }
      self.lock = lock
    }
  }

  @Test("skip prevents the run, with its reason in the records, and only once")
  func skip() throws {
    try withDue { folder, call in
      #expect(try call(["skip", "--reason", "racks move"]).code == 0)
      #expect(try lines(folder).last?.reason?.hasSuffix(": racks move") == true)
      #expect(try call(["run-due"]).code == 0)
      #expect(try runs(folder) == [])
      let past = try call(["skip", "--reason", "again", "--occasion", "2020-01-01"])
      #expect(past.code == 2)
      #expect(past.errors.contains("--occasion 2020-01-01: expected one such as"), "\(past.errors)")
    }
  }

  @Test("Records that were damaged are refused with their line")
  func damagedRecords() throws {
    try withDue { folder, call in
      let path = "\(folder)/reports/schedule.jsonl"
      let before = try DurableFile.read(path)
      try DurableFile.write(before + Array("{\"at\":\n".utf8), to: path)
      let outcome = try call(["run-due"])
      #expect(outcome.code == 2)
      #expect(outcome.errors.hasPrefix("\(path):2:1: error: "), "\(outcome.errors)")
      // A line without its end was never acknowledged.
      try DurableFile.write(before + Array("{\"at\":".utf8), to: path)
      #expect(try call(["run-due"]).code == 3)
      #expect(try lines(folder).map(\.event) == ["watched", "started", "ran"])
    }
  }

  @Test(
    "install writes a timer and a service that systemd accepts, without a start at boot",
    .enabled("systemd-analyze is missing") { TestTools.have(["/usr/bin/systemd-analyze"]) })
  func units() throws {
    try withDue { folder, call in
      let odd = "\(folder)/with $ and 100%"
      try FileManager.default.createDirectory(atPath: odd, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(folder)/schedule.yaml", toPath: "\(odd)/schedule.yaml")
      let outcome = try MurphyProgram.run(["schedule", "install", "--units", folder, "\(odd)/schedule.yaml"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(
        outcome.output
          == "\(folder)/murphy-schedule-due.service\n\(folder)/murphy-schedule-due.timer\n")
      let service = String(
        decoding: try DurableFile.read("\(folder)/murphy-schedule-due.service"), as: UTF8.self)
      #expect(
        service.contains("schedule run-due \"\(folder)/with $$ and 100%%/schedule.yaml\"\n"), "\(service)")
      let timer = String(decoding: try DurableFile.read("\(folder)/murphy-schedule-due.timer"), as: UTF8.self)
      #expect(timer.contains("\nPersistent=no\n") && timer.contains("\nOnCalendar=*:0/5\n"))
      let verified = try ChildProcess.run(
        [
          "systemd-analyze", "verify", "\(folder)/murphy-schedule-due.service",
          "\(folder)/murphy-schedule-due.timer",
        ],
        errors: .output)
      #expect(verified.end.isSuccess && verified.output.isEmpty, "\(verified.outputText)")
    }
  }

  @Test(
    "On a host without systemd, install prints a line for cron and writes nothing",
    .enabled("systemd runs this host") { access("/run/systemd/system", F_OK) != 0 })
  func cron() throws {
    try withDue { folder, call in
      let before = try DurableFile.list(folder)
      let outcome = try call(["install"])
      #expect(outcome.code == 0)
      #expect(outcome.output.hasPrefix("*/5 * * * * root /"), "\(outcome.output)")
      #expect(outcome.output.hasSuffix(" schedule run-due \(folder)/schedule.yaml\n"), "\(outcome.output)")
      #expect(try DurableFile.list(folder) == before)
    }
  }

  @Test(
    "The line for cron runs in cron's shell and environment, whatever the folder's name",
    .enabled("systemd runs this host") { access("/run/systemd/system", F_OK) != 0 })
  func cronsCommand() throws {
    try withDue { folder, _ in
      let odd = "\(folder)/it's 100% of $HOME"
      try FileManager.default.createDirectory(atPath: odd, withIntermediateDirectories: true)
      for name in ["schedule.yaml", "unplug.yaml", "fleet.yaml"] {
        try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(odd)/\(name)")
      }
      let line = try MurphyProgram.run(["schedule", "install", "\(odd)/schedule.yaml"]).output
      // crontab(5): the command follows six fields, and cron removes the backslash before a percent sign.
      let command = String(try #require(line.split(separator: " ", maxSplits: 6).last))
      let environment = ["PATH": "/usr/bin:/bin", "HOME": folder].merging(
        ProcessInfo.processInfo.environment.filter { $0.key == "LD_LIBRARY_PATH" }
      ) { $1 }
      let outcome = try ChildProcess.run(
        ["sh", "-c", command.replacing("\\%", with: "%")], environment: environment, errors: .output)
      #expect(try lines(odd).first?.event == "watched", "\(line)\(outcome.outputText)")
    }
  }

  @Test(
    "A year with a controller down in March, a freeze in August and a closed gate in November has twelve entries in its history, each without a run with its reason"
  )
  func yearOfHistory() throws {
    let freeze = try calendar(
      "freeze.ics", ["DTSTART;VALUE=DATE:20250801\nDTEND;VALUE=DATE:20250901\nSUMMARY:summer freeze"])
    var controller = VirtualController(
      monthly(calendars: [freeze]), from: day("2025-01-01"), away: [day("2025-03-01")...day("2025-03-31")],
      scenario: "unplug-host", fleet: "drill"
    ) { due in
      due.occasion.name == "2025-11" ? .refused("gate backup: last-backup is 50 h old") : .run(0)
    }
    controller.advance(to: day("2026-01-01"))
    try withTemporaryFolder { folder in
      for entry in controller.entries where entry.event == .ran {
        try Self.keptRun(
          in: "\(folder)/reports", named: try #require(entry.run), at: try #require(entry.planned))
      }
      let records = try controller.entries.map {
        String(decoding: try JSONEncoder().encode($0), as: UTF8.self)
      }
      try DurableFile.write(
        Array((records.joined(separator: "\n") + "\n").utf8), to: "\(folder)/reports/schedule.jsonl")
      let outcome = try MurphyProgram.run(
        ["history", "--reports", "\(folder)/reports", "--out", "\(folder)/pages"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let page = String(
        decoding: try DurableFile.read("\(folder)/pages/unplug-host@drill.html"), as: UTF8.self)
      // The newest is the first.
      let rows = page.components(separatedBy: "<tr><td>2025-").dropFirst().reversed().compactMap {
        $0.components(separatedBy: "</tr>").first
      }
      #expect(rows.map { $0.prefix(2) } == (1...12).map { $0 < 10 ? "0\($0)" : "\($0)" })
      #expect(page.contains("<h2>9 runs, 3 not made</h2>"))
      let reasons = [
        3: "2025-03-04: this machine booted after the planned start, at 2025-04-01 00:00 +02:00; "
          + "no day is left in 2025-03",
        8: "no allowed day in 2025-08: summer freeze (freeze.ics:3)",
        11: (4...6).map { "2025-11-0\($0): gate backup: last-backup is 50 h old; " }.joined()
          + "no retry is left after 3 attempts",
      ]
      for (month, row) in zip(1..., rows) {
        if let reason = reasons[month] {
          #expect(row.hasSuffix("<td>0</td><td>not made: \(reason)</td>"))
        } else {
          #expect(row.contains(">run-") && !row.contains("not made"), "\(row)")
        }
      }
    }
  }

  /// A copy of the kept run with this name and time, so that a history has its result.
  private static func keptRun(in reports: String, named name: String, at instant: Int) throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    let kept = "\(root)/reports/2026-11-23T0949Z-unplug-host-102f"
    let run = "\(reports)/\(name)"
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    let wall = Date(timeIntervalSince1970: Double(instant)).formatted(.iso8601)
    let events = String(
      decoding: try DurableFile.read("\(kept)/events.jsonl", limit: 1 << 26), as: UTF8.self
    )
    .replacing("\"run\":\"2026-11-23T0949Z-unplug-host-102f\"", with: "\"run\":\"\(name)\"")
    .replacing(/"wall":"[^"]*"/, with: "\"wall\":\"\(wall)\"")
    try Data(events.utf8).write(to: URL(filePath: "\(run)/events.jsonl"))
    let samples = try String(contentsOfFile: "\(kept)/samples.csv", encoding: .utf8)
      .split(separator: "\n").prefix(300).joined(separator: "\n")
    try Data("\(samples)\n".utf8).write(to: URL(filePath: "\(run)/samples.csv"))
  }
}
