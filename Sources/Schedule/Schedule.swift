import Scenario

/// When a scenario must be run on a fleet, without a person who starts it.
package struct Schedule: Equatable, Sendable {
  package var name: String
  /// The path of the scenario's file.
  package var scenario: String
  /// The path of the fleet's file.
  package var fleet: String
  /// The path of the folder of the runs' folders.
  package var reports: String
  package var every: Period
  package var window: Window
  package var zone: Zone
  /// Holidays and freezes: no run begins on a day whose window one of their events overlaps.
  package var calendars: [EventCalendar]
  /// The seed of the start within the window; nil for the window's begin.
  package var seed: UInt64?
  /// The number of further attempts in an occasion.
  package var retries: Int
  /// The longest time between two runs, in days.
  package var period: Int
  package var gates: [Gate]
  package var notification: Notification

  package init(
    name: String, scenario: String, fleet: String, reports: String, every: Period, window: Window, zone: Zone,
    calendars: [EventCalendar] = [], seed: UInt64? = nil, retries: Int = Schedule.standardRetries,
    period: Int = Schedule.standardPeriod, gates: [Gate] = [], notification: Notification = Notification()
  ) {
    self.name = name
    self.scenario = scenario
    self.fleet = fleet
    self.reports = reports
    self.every = every
    self.window = window
    self.zone = zone
    self.calendars = calendars
    self.seed = seed
    self.retries = retries
    self.period = period
    self.gates = gates
    self.notification = notification
  }

  package static let standardRetries = 3
  package static let standardPeriod = 35

  /// The time between two calls of `murphy schedule run-due`, in seconds. A start is drawn in whole steps of it.
  package static let tick = 300
}

/// The days and times at which a run may begin.
package struct Window: Equatable, Sendable {
  package var weekdays: Set<Weekday>
  /// In minutes since midnight on the clocks of the schedule's zone.
  package var from: Int
  package var to: Int

  package init(weekdays: Set<Weekday> = Set(Weekday.allCases), from: Int, to: Int) {
    self.weekdays = weekdays
    self.from = from
    self.to = to
  }
}

/// A condition that must be met right before a run.
package struct Gate: Equatable, Sendable {
  package var name: String
  package var condition: Condition

  package init(_ name: String, _ condition: Condition) {
    self.name = name
    self.condition = condition
  }

  package enum Condition: Equatable, Sendable {
    /// A shell command at the controller that exits with 0.
    case command(String, within: Nanoseconds)
    /// A file that was changed within this time, such as one that a backup writes at its end.
    case file(String, youngerThan: Nanoseconds)
    /// Space on the disk of the reports, in MiB.
    case freeSpace(Int)
    /// An event of the calendar, such as a duty, lasts.
    case during(EventCalendar)
  }
}

extension EventCalendar {
  /// Whether an event lasts at an instant.
  package func hasEvent(at instant: Int) -> Bool { !occurrences(from: instant, to: instant + 1).isEmpty }
}
