import ArgumentParser
import FoundationEssentials
import Glibc
import Linux
import Schedule
import Synchronization

/// The process of the run, which gets this process's signals; 0 without one.
private let running = Atomic<Int32>(0)

extension ScheduleCommand {
  struct RunDue: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run-due",
      abstract: "Makes the run if it is due now, and records why if it can't be made.",
      discussion: """
        For a timer, every five minutes. Prints nothing if nothing is due. Exit codes: 0 nothing is due; 3 the run is due \
        and was not made, with the reason on stderr; otherwise those of murphy run.
        """)
    @OptionGroup var target: Target

    private enum Step {
      case nothing
      case refused(String)
      case run(ScheduleCourse, ScheduleCourse.Attempt)
    }

    func run() throws {
      let schedule = try target.read()
      let records = ScheduleRecords(reports: schedule.reports)
      // Creates the folder.
      try records.update { _, _ in }
      guard let lock = try Self.lock("\(schedule.reports)/.schedule.lock") else {
        return try perform(schedule, records, isRunning: true)
      }
      try perform(schedule, records, isRunning: false)
      // Held until here, so that no second run of this folder begins meanwhile.
      _ = consume lock
    }

    private static func lock(_ path: String) throws -> FileLock? {
      do throws(SystemError) {
        return try FileLock(path)
      } catch {
        throw Stop(.refused, "\(error)")
      }
    }

    private func perform(_ schedule: Schedule, _ records: ScheduleRecords, isRunning: Bool) throws {
      let now = ScheduleCommand.now
      let step = try records.update { entries, append in
        try decide(schedule, entries, now: now, isRunning: isRunning) { entry in
          try append(entry)
          if let reason = entry.reason {
            printToStandardError(
              "\(schedule.name) \(entry.occasion ?? ""): \(entry.event.rawValue): \(reason)")
          }
        }
      }
      let notifier = Notifier(schedule: schedule, records: records)
      switch step {
      case .nothing:
        // The process of the run delivers its own notices, so that none is delivered twice.
        if !isRunning { notifier.deliverDue() }
      case .refused:
        if !isRunning { notifier.deliverDue() }
        throw Stop(.refused)
      case .run(let course, let attempt):
        let mark = notifier.mark(course, attempt)
        let (run, code, reason) = try Self.run(schedule)
        mark?.end()
        let result = run.flatMap { ScheduledResult(of: $0, course) }
        try records.update { _, append in
          var entry = course.entry(
            ScheduleCommand.now, .ran, attempt.occasion, attempt.planned, reason, run: run, exitCode: code)
          (entry.result, entry.isWorse) = (result?.line, result?.isWorse)
          try append(entry)
        }
        notifier.deliverDue()
        if let run { print("\(schedule.reports)/\(run)") }
        if let reason { printToStandardError("\(schedule.name) \(attempt.occasion.name): \(reason)") }
        if code != 0 { throw Stop(code.flatMap(Stop.Code.init(rawValue:)) ?? .faultsActive) }
      }
    }

    private func decide(
      _ schedule: Schedule, _ entries: [ScheduleEntry], now: Int, isRunning: Bool,
      _ append: (ScheduleEntry) throws -> Void
    ) throws -> Step {
      let files = ScheduledFiles(schedule)
      let course = ScheduleCourse(schedule, entries)
      let boot = now - Int(Clock.boottime.now / 1_000_000_000)
      let decision = course.decide(now: now, boot: boot, isRunning: isRunning)
      for entry in decision.entries { try append(entry) }
      guard let due = decision.due else { return .nothing }
      let refusal =
        isRunning
        ? "another run of \(schedule.reports) is under way" : files.refusal ?? schedule.closedGates(now: now)
      if let refusal {
        try append(course.entry(now, .refused, due.occasion, due.planned, refusal))
        return .refused(refusal)
      }
      try append(course.entry(now, .started, due.occasion, due.planned))
      return .run(course, due)
    }

    /// Runs `murphy run` to its end. It is a separate process, since it enters the fleet's network namespace.
    ///
    /// - Returns: the name of its folder; its exit code, nil if it ended in the middle of the run; the reason if it has
    ///   no folder.
    private static func run(_ schedule: Schedule) throws -> (run: String?, code: Int32?, reason: String?) {
      let end: ProcessEnd
      var output: [UInt8] = []
      do throws(SystemError) {
        let child = try ChildProcess(
          [
            try programPath(), "run", "--fleet", schedule.fleet, "--out", schedule.reports, "--",
            schedule.scenario,
          ], environment: ProcessInfo.processInfo.environment, output: .pipe, errors: .inherited)
        running.store(child.pid, ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP] {
          signal(number) { number in
            let pid = running.load(ordering: .sequentiallyConsistent)
            if pid > 0 { kill(pid, number) }
          }
        }
        while let part = try child.read(), !part.isEmpty { output += part }
        guard let found = try child.wait() else { return (nil, nil, "murphy run has no exit code") }
        running.store(0, ordering: .sequentiallyConsistent)
        end = found
      } catch {
        return (nil, nil, "murphy run: \(error)")
      }
      let folder = String(decoding: output, as: UTF8.self).split(separator: "\n").last
      let run = folder?.split(separator: "/").last.map(String.init)
      if let code = end.code, let known = Stop.Code(rawValue: code) {
        // Bad input and refusals may come before the folder.
        return (
          run, known.rawValue, run == nil ? "murphy run ended with \(end), before it made a folder" : nil
        )
      }
      return (
        run, nil,
        "murphy run ended with \(end): see the newest folder in \(schedule.reports), and murphy recover"
      )
    }
  }
}
