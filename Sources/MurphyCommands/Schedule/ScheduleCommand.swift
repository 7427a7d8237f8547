import ArgumentParser
import Files
import Linux
import Schedule

struct ScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Runs a scenario regularly without a person, or records why not.",
    discussion: """
      A timer calls murphy schedule run-due every five minutes, and Murphy decides. A run that is not made has a reason \
      in reports/schedule.jsonl and in murphy history. A start that was missed is never made up for: the next attempt is \
      on the next allowed day.
      """,
    subcommands: [
      List.self, Next.self, Why.self, Skip.self, Ack.self, Notify.self, RunDue.self, Install.self,
    ])

  struct Target: ParsableArguments {
    @Argument(help: "The schedule's file.") var schedule: String = "schedule.yaml"

    func validate() throws { try refuseEmpty(["<schedule>": schedule]) }

    func read() throws -> Schedule { try Self.read(schedule) }

    /// Reads a schedule's file and its calendars.
    static func read(_ path: String) throws -> Schedule {
      do throws(FileRefused) {
        return try ScheduleFile.read(path: path).value
      } catch {
        throw Stop(.badInput, error.description)
      }
    }
  }

  /// Seconds since 1970.
  static var now: Int { Int(Clock.realtime.now / 1_000_000_000) }
}

extension ScheduleCourse {
  /// The course of a schedule by its records, as far as names are known without its other files.
  init(_ schedule: Schedule, _ entries: [ScheduleEntry]) {
    let log = ScheduleLog(entries, of: schedule.name)
    let files = ScheduledFiles(schedule)
    self.init(
      schedule, scenario: files.scenario ?? log.names?.scenario ?? schedule.name,
      fleet: files.fleet ?? log.names?.fleet ?? schedule.name, log: log)
  }
}

extension ScheduleCommand {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what each schedule did last, and when it is due next.")
    @Argument(help: "The schedules' files.") var schedules: [String] = ["schedule.yaml"]

    func validate() throws { try refuseEmpty("<schedules>", in: schedules) }

    func run() throws {
      for path in schedules {
        let schedule = try Target.read(path)
        let entries = try ScheduleRecords(reports: schedule.reports).entries()
        let course = ScheduleCourse(schedule, entries)
        let files = ScheduledFiles(schedule)
        let names =
          files.refusal != nil && course.log.names == nil ? "" : "\(course.scenario) on \(course.fleet), "
        print("\(schedule.name): \(names)every \(schedule.every.rawValue)")
        if let refusal = files.refusal { print("  no run can be made: \(refusal)") }
        for line in course.state(at: ScheduleCommand.now) { print("  \(line)") }
      }
    }
  }

  struct Next: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows when the next runs are planned.")
    @OptionGroup var target: Target
    @Option(help: "The number of months, or other periods.") var count = 3
    @Option(help: "The day from which to plan, such as 2026-12-24. Default: now.") var from: String?

    func validate() throws {
      if !(1...1200).contains(count) { throw ValidationError("--count is from 1 to 1200") }
      if let from { _ = try ScheduleCommand.day(from) }
    }

    func run() throws {
      let schedule = try target.read()
      let course = ScheduleCourse(schedule, try ScheduleRecords(reports: schedule.reports).entries())
      let now = try from.map { schedule.zone.instant(of: try ScheduleCommand.day($0)) } ?? ScheduleCommand.now
      for (occasion, answer) in course.upcoming(count, from: now) {
        switch answer {
        case .start(let start): print("\(occasion.name): \(schedule.zone.text(start))")
        case .blocked(let reason): print("\(occasion.name): \(reason)")
        }
      }
    }
  }

  struct Why: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows why a run is, was or can't be made on a day.")
    @Argument(help: "The day, such as 2026-12-24.") var date: String
    @OptionGroup var target: Target

    func validate() throws { _ = try ScheduleCommand.day(date) }

    func run() throws {
      let day = try ScheduleCommand.day(date)
      let schedule = try target.read()
      let course = ScheduleCourse(schedule, try ScheduleRecords(reports: schedule.reports).entries())
      switch schedule.answers(day...day)[0].answer {
      case .start(let start): print("\(day): allowed, at \(schedule.zone.text(start))")
      case .blocked(let reason): print("\(day): not allowed: \(reason)")
      }
      let occasion = schedule.every.occasion(of: day)
      print("\(occasion.name): \(course.state(of: occasion, at: ScheduleCommand.now))")
    }
  }

  struct Skip: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Skips the next run; the reason is in the history.")
    @OptionGroup var target: Target
    @Option(help: "The month, or other period, as murphy schedule next shows it. Default: the next one.")
    var occasion: String?
    @Option(help: "The reason.") var reason: String

    func validate() throws {
      if reason.isEmpty { throw ValidationError("--reason is empty") }
    }

    func run() throws {
      let schedule = try target.read()
      let now = ScheduleCommand.now
      let skipped = try ScheduleRecords(reports: schedule.reports).update { entries, append in
        let course = ScheduleCourse(schedule, entries)
        let named = try occasion.map { try course.occasion(named: $0, from: now) }
        let planned = course.upcoming(12, from: now - ScheduleCourse.patience).first {
          if case .start = $0.answer { true } else { false }
        }
        guard let chosen = named ?? planned?.occasion else {
          throw Stop(.refused, "\(schedule.name): no run is planned: see murphy schedule next")
        }
        let state = course.log.occasion(chosen.name)
        if state.end != nil || state.running != nil {
          throw Stop(.refused, "\(schedule.name): \(chosen.name): \(course.state(of: chosen, at: now))")
        }
        let by = callerName()
        let begin = schedule.zone.instant(of: chosen.first, second: schedule.window.from * 60)
        try append(course.entry(now, .skipped, chosen, begin, "skipped by \(by): \(reason)", by: by))
        return chosen
      }
      print("\(skipped.name): skipped")
    }
  }

  private static func day(_ text: String) throws -> Day {
    guard let day = Day(text) else {
      throw ValidationError("expected a day such as 2026-12-24, found '\(text)'")
    }
    return day
  }
}

extension ScheduleCourse {
  /// What it did last, and what comes next.
  fileprivate func state(at now: Int) -> [String] {
    var lines: [String] = []
    if let last = log.occasions.last(where: { ($0.first ?? .max) <= now && $0.end != nil }) {
      lines.append("last: \(last.name): \(words(last))")
      if last.needsAcknowledgement, let ended = last.ended, !schedule.notification.escalate.isEmpty,
        !last.isAcknowledged
      {
        lines.append(
          "escalated on \(schedule.zone.text(schedule.escalation(of: ended))), unless it is acknowledged before"
        )
      }
      lines += log.undelivered(last.name)
    }
    if log.watched == nil {
      lines.append("not watched: no run-due has run yet; murphy schedule install shows how to start it")
    }
    for (occasion, answer) in upcoming(1, from: now) {
      switch answer {
      case .start(let start): lines.append("next: \(occasion.name): \(schedule.zone.text(start))")
      case .blocked(let reason): lines.append("next: \(occasion.name): \(reason)")
      }
    }
    let made = log.occasions.filter { $0.end == .made }.compactMap(\.last).max() ?? log.watched
    if let made, now - made > schedule.period * 86_400 {
      lines.append(
        "overdue: no run for \((now - made) / 86_400) days, and the period is \(schedule.period) days")
    }
    return lines
  }

  /// The state of an occasion in words.
  fileprivate func state(of occasion: Occasion, at now: Int) -> String {
    let state = log.occasion(occasion.name)
    if state.end != nil || state.running != nil { return words(state) }
    let plan = schedule.plan(
      occasion, after: state.last.map { schedule.zone.day(of: $0) }, notBefore: log.watched ?? now)
    let refusals = state.reason(in: schedule.zone).map { "; \($0)" } ?? ""
    if state.attempts > schedule.retries { return "no retry is left\(refusals)" }
    switch plan {
    case .start(let start) where start >= now: return "planned for \(schedule.zone.text(start))\(refusals)"
    case .start(let start): return "no run at the planned start, \(schedule.zone.text(start))\(refusals)"
    case .blocked(let reason): return "\(reason)\(refusals)"
    }
  }

  private func words(_ state: OccasionState) -> String {
    let reason = state.reason(in: schedule.zone)
    if state.running != nil { return "the run is under way" }
    if state.end == .made {
      return "made: \(state.runs.joined(separator: ", "))" + (reason.map { " (\($0))" } ?? "")
    }
    return reason ?? "refused: \(state.runs.joined(separator: ", "))"
  }

  /// An occasion from now on, by its name.
  fileprivate func occasion(named name: String, from now: Int) throws -> Occasion {
    var occasion = schedule.every.occasion(of: schedule.zone.day(of: now))
    let first = occasion
    for _ in 0..<1000 {
      if occasion.name == name { return occasion }
      occasion = schedule.every.occasion(of: occasion.last + 1)
    }
    throw Stop(
      .badInput,
      "--occasion \(name): expected one such as \(first.name), from \(first.name) to \(occasion.name)")
  }
}
