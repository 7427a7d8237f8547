/// What a schedule must do, as a function of the time and of its log.
///
///     planned start ──(run-due is there in time)──> gates ──> run ──> made
///          │                                         │        └─(exit code 2 or 3)─┐
///          └──(it was not, or the machine booted since)──> missed    refused ──────┤
///                                    next allowed day <──(a retry is left)─────────┘
///
/// A start in the past is never made up for: the next attempt is on the next allowed day.
package struct ScheduleCourse: Sendable {
  package let schedule: Schedule
  package let scenario: String
  package let fleet: String
  package let log: ScheduleLog

  /// - Parameters:
  ///   - scenario: its name, for the entries.
  ///   - fleet: its name, for the entries.
  package init(_ schedule: Schedule, scenario: String, fleet: String, log: ScheduleLog) {
    self.schedule = schedule
    self.scenario = scenario
    self.fleet = fleet
    self.log = log
  }

  /// A run that must begin now, once the gates are open.
  package struct Attempt: Equatable, Sendable {
    package var occasion: Occasion
    package var planned: Int
  }

  package struct Decision: Equatable, Sendable {
    package var entries: [ScheduleEntry] = []
    package var due: Attempt?
    /// The time of the next decision, unless the files change before.
    package var wake: Int
  }

  /// How long after its planned start a run may still begin, in seconds: two ticks.
  package static let patience = 2 * Schedule.tick

  /// Decides.
  ///
  /// - Parameters:
  ///   - boot: when this machine booted. A start before it is not made up for.
  ///   - isRunning: whether a run of the reports' folder is under way.
  package func decide(now: Int, boot: Int, isRunning: Bool) -> Decision {
    let watched = log.watched ?? now
    var decision = Decision(wake: .max)
    if log.watched == nil { decision.entries.append(entry(now, .watched)) }
    var occasion = schedule.every.occasion(of: schedule.zone.day(of: watched))
    while schedule.zone.instant(of: occasion.first) <= now {
      decide(occasion, log.occasion(occasion.name), watched, now, boot, isRunning, &decision)
      if decision.due != nil { return decision }
      occasion = schedule.every.occasion(of: occasion.last + 1)
    }
    decision.wake = min(decision.wake, schedule.zone.instant(of: occasion.first))
    return decision
  }

  private func decide(
    _ occasion: Occasion, _ state: OccasionState, _ watched: Int, _ now: Int, _ boot: Int, _ isRunning: Bool,
    _ decision: inout Decision
  ) {
    if state.end != nil { return }
    if let running = state.running {
      if isRunning { return }
      let reason = "the controller ended during the run: see the newest folder, and murphy recover"
      return decision.entries.append(entry(now, .ran, occasion, running, reason))
    }
    func end(_ reason: String) {
      decision.entries.append(entry(now, .notMade, occasion, state.first ?? begin(of: occasion), reason))
    }
    let over = schedule.zone.instant(of: occasion.last + 1)
    if state.attempts > schedule.retries {
      return end("no retry is left after \(state.attempts) \(state.attempts == 1 ? "attempt" : "attempts")")
    }
    switch schedule.plan(
      occasion, after: state.last.map { schedule.zone.day(of: $0) }, notBefore: watched)
    {
    case .blocked(let reason):
      // A calendar may still change.
      if now >= over { end(reason) } else { decision.wake = min(decision.wake, over) }
    case .start(let planned):
      if planned > now {
        decision.wake = min(decision.wake, planned)
      } else if now <= planned + Self.patience, boot <= planned {
        decision.due = Attempt(occasion: occasion, planned: planned)
      } else {
        let reason =
          boot > planned
          ? "this machine booted after the planned start, at \(schedule.zone.text(boot))"
          : "murphy schedule run-due did not run at the planned start, or could not read the schedule"
        decision.entries.append(entry(now, .missed, occasion, planned, reason))
        // What follows from the entry is decided at the next tick.
        decision.wake = min(decision.wake, now + Schedule.tick)
      }
    }
  }

  /// The begin of an occasion's first window.
  private func begin(of occasion: Occasion) -> Int {
    schedule.zone.instant(of: occasion.first, second: schedule.window.from * 60)
  }

  /// An entry of this schedule.
  package func entry(
    _ now: Int, _ event: ScheduleEntry.Event, _ occasion: Occasion? = nil, _ planned: Int? = nil,
    _ reason: String? = nil, run: String? = nil, exitCode: Int32? = nil, by: String? = nil
  ) -> ScheduleEntry {
    var entry = ScheduleEntry(
      at: now, schedule: schedule.name, scenario: scenario, fleet: fleet, event: event,
      occasion: occasion?.name, planned: planned, reason: reason, run: run, exitCode: exitCode, by: by)
    entry.period = schedule.period
    return entry
  }

  /// The plans of the next occasions: of each, the start, or why there is none.
  package func upcoming(_ count: Int, from now: Int) -> [(occasion: Occasion, answer: DayAnswer)] {
    var found: [(Occasion, DayAnswer)] = []
    var occasion = schedule.every.occasion(of: schedule.zone.day(of: now))
    while found.count < count {
      let state = log.occasion(occasion.name)
      if state.end == nil, state.running == nil, state.attempts <= schedule.retries {
        let after = state.last.map { schedule.zone.day(of: $0) }
        found.append((occasion, schedule.plan(occasion, after: after, notBefore: now)))
      }
      occasion = schedule.every.occasion(of: occasion.last + 1)
      if occasion.first.parts.year > Day.years.upperBound { break }
    }
    return found
  }
}
