import ArgumentParser
import Linux
import Notify
import Schedule

extension ScheduleCommand {
  struct Notify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sends a test notice to each channel, and shows the receivers' answers.",
      discussion: "Exit codes: 0 every channel accepted it; 3 a channel did not.")
    @OptionGroup var target: Target

    func run() throws {
      let schedule = try target.read()
      let course = ScheduleCourse(schedule, try ScheduleRecords(reports: schedule.reports).entries())
      let notice = NoticeCourse(course) { _ in false }.test(at: ScheduleCommand.now)
      let channels = schedule.notification.channels
      if channels.isEmpty { throw Stop(.badInput, "\(target.schedule): it has no 'notify' with channels") }
      let entries: [ScheduleEntry]
      do throws(SystemError) {
        entries = try Notifier.attempt(channels.map { NoticeCourse.Dispatch(notice, $0) })
      } catch {
        throw Stop(.refused, "\(error)")
      }
      for entry in entries {
        print("\(entry.channel ?? ""): \(entry.event == .sent ? "sent" : "not sent"): \(entry.reason ?? "")")
      }
      if entries.contains(where: { $0.event == .unsent }) { throw Stop(.refused) }
    }
  }

  struct Ack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Records that a person read why an occasion has no run.",
      discussion: "The result of a run is acknowledged by murphy ack RUN.")
    @OptionGroup var target: Target
    @Option(help: "The month, or other period, as murphy history shows it.") var occasion: String
    @Option(help: "The reader. Default: this user and machine.") var by: String?

    func validate() throws { try refuseEmpty(["--by": by]) }

    func run() throws {
      let schedule = try target.read()
      try ScheduleRecords(reports: schedule.reports).update { entries, append in
        let course = ScheduleCourse(schedule, entries)
        let state = course.log.occasion(occasion)
        guard state.end != nil else {
          let ended = course.log.occasions.filter { $0.end != nil }.map(\.name)
          throw Stop(
            .badInput,
            "--occasion \(occasion): the schedule's records don't show its end; those that have ended: "
              + (ended.isEmpty ? "none" : ended.joined(separator: ", ")))
        }
        var entry = course.entry(ScheduleCommand.now, .acknowledged, by: by ?? callerName())
        entry.occasion = occasion
        try append(entry)
      }
    }
  }
}

extension ScheduleLog {
  /// Of an occasion, the notices that did not arrive, in one line for each channel.
  func undelivered(_ occasion: String) -> [String] {
    deliveries.values.filter { $0.occasion == occasion && !$0.isSent }
      .sorted { ($0.at, $0.key.channel, $0.key.notice) < ($1.at, $1.key.channel, $1.key.notice) }
      .map { delivery in
        let attempts = "\(delivery.attempts) \(delivery.attempts == 1 ? "attempt" : "attempts")"
        return "a notice was not delivered to \(delivery.key.channel) (\(attempts)): \(delivery.answer)"
      }
  }
}
