import History
import Linux
import Reports
import RunIndex
import Schedule

/// The result of a schedule's run, as its history shows it.
struct ScheduledResult {
  var line: String
  var isWorse: Bool

  /// Nil if the run has no result in the history, which must not end the command.
  init?(of run: String, _ course: ScheduleCourse) {
    let reports = course.schedule.reports
    let now = ScheduleCommand.now
    do {
      let runs = try RunIndex.records(in: reports, index: nil, of: course.scenario)
        .filter { $0.fleet == course.fleet }
      let histories = History.all(runs, now: now, period: course.schedule.period * 86_400)
      guard let result = HistoryReport(histories, now: now).result(of: run) else { return nil }
      (line, isWorse) = result
    } catch let stop as Stop {
      printToStandardError("\(run) has no result in the history: \(stop.text)")
      return nil
    } catch {
      printToStandardError("\(run) has no result in the history: \(error)")
      return nil
    }
  }
}
