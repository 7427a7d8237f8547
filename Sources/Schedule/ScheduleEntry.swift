/// A line of `schedule.jsonl`: what a schedule decided, or the result. Times are in seconds since 1970.
package struct ScheduleEntry: Codable, Equatable, Sendable {
  package var at: Int
  package var schedule: String
  /// The scenario's name and the fleet's, as in the history.
  package var scenario: String
  package var fleet: String
  package var event: Event
  /// The occasion's name; nil for `watched`.
  package var occasion: String?
  /// The planned start.
  package var planned: Int?
  package var reason: String?
  /// The name of the run's folder.
  package var run: String?
  package var exitCode: Int32?
  /// Who skipped or acknowledged it.
  package var by: String?
  /// The run's result in one line, with the verdict first.
  package var result: String?
  /// Whether the history shows a change for the worse with this run.
  package var isWorse: Bool?
  /// The longest time between two runs, in days.
  package var period: Int?
  /// Of a delivery: the notice's id, the channel, and the number of attempts. `reason` has the receiver's answer.
  package var notice: String?
  package var channel: String?
  package var attempts: Int?

  package enum Event: String, Codable, Sendable {
    /// The schedule is watched from now on: no earlier start was missed.
    case watched
    /// `murphy run` is started.
    case started
    /// It ended; without `exitCode`, the controller ended before it.
    case ran
    /// A gate, the files or another run prevented the attempt.
    case refused
    /// No `run-due` was there at the planned start.
    case missed
    /// A person skipped the occasion.
    case skipped
    /// The occasion is over without a run.
    case notMade = "not-made"
    /// A person read the occasion's result.
    case acknowledged
    /// A notice was delivered.
    case sent
    /// An attempt to deliver a notice failed.
    case unsent
  }

  package init(
    at: Int, schedule: String, scenario: String, fleet: String, event: Event, occasion: String? = nil,
    planned: Int? = nil, reason: String? = nil, run: String? = nil, exitCode: Int32? = nil, by: String? = nil
  ) {
    self.at = at
    self.schedule = schedule
    self.scenario = scenario
    self.fleet = fleet
    self.event = event
    self.occasion = occasion
    self.planned = planned
    self.reason = reason
    self.run = run
    self.exitCode = exitCode
    self.by = by
  }
}
