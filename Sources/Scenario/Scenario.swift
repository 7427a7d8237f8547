/// A disaster as described by a team: what must be healthy, which faults to inject and when, and which limits apply.
package struct Scenario: Codable, Equatable, Sendable {
  /// Its name: part of a run's folder, so letters, digits and hyphens.
  package var name: String
  /// A one-line description.
  package var title: String
  /// The incidents that it rehearses, by their letters or ticket numbers.
  package var rehearses: [String]
  /// What must be healthy before the first fault.
  package var steady: Steady
  /// The faults, in the file's order.
  package var timeline: [Step]
  /// When the platform counts as recovered, and when the wait for it ends.
  package var recovery: Recovery
  package var objectives: [Objective]
  /// Conditions that abort a run.
  package var guards: [Guard]
  package var trials: Int
  /// Whether the scenario may take down more hosts than quorum allows.
  package var beyondQuorum: Bool
  /// How to judge a trial whose fault was active for less than its planned time; nil means `void`.
  package var shorterFault: ShorterFault?
  /// The comparison of its runs. Nil for the defaults.
  package var compare: Compare?
  /// The levels of services. Nil if none is stated.
  package var services: [Service]?
  /// What the team states about the drill, such as its owner; nil if it states nothing.
  package var drill: Drill?

  package init(
    name: String, title: String = "", rehearses: [String] = [], steady: Steady, timeline: [Step],
    recovery: Recovery = Recovery(), objectives: [Objective] = [], guards: [Guard] = [], trials: Int = 1,
    beyondQuorum: Bool = false, shorterFault: ShorterFault? = nil, compare: Compare? = nil,
    services: [Service]? = nil, drill: Drill? = nil
  ) {
    self.name = name
    self.title = title
    self.rehearses = rehearses
    self.steady = steady
    self.timeline = timeline
    self.recovery = recovery
    self.objectives = objectives
    self.guards = guards
    self.trials = trials
    self.beyondQuorum = beyondQuorum
    self.shorterFault = shorterFault
    self.compare = compare
    self.services = services
    self.drill = drill
  }

  /// How to judge a trial whose fault was active for less than its planned time.
  package enum ShorterFault: String, Codable, CaseIterable, Sendable {
    /// The trial is void for every objective.
    case void
    /// The trial is judged like any other.
    case counts
  }

  /// The baseline: what is measured, and how long it must be healthy before the first fault.
  package struct Steady: Codable, Equatable, Sendable {
    /// How long it must be healthy; also the sample for the latency band.
    package var duration: Nanoseconds
    /// How long the phase lasts at most: each trial's length is between `duration` and this, by the run's seed, so that
    /// faults don't always meet the same moment of the platform's own timers. Nil if every trial's phase has the same
    /// length.
    package var longest: Nanoseconds?
    package var probes: [String]
    package var views: [String]

    package init(
      duration: Nanoseconds, longest: Nanoseconds? = nil, probes: [String], views: [String] = []
    ) {
      self.duration = duration
      self.longest = longest
      self.probes = probes
      self.views = views
    }
  }

  /// When the wait for recovery ends.
  package struct Recovery: Codable, Equatable, Sendable {
    /// The length of the window that must be stable.
    package var stable: Nanoseconds
    /// The wait ends after this time without progress.
    package var noProgress: Nanoseconds
    /// The maximum wait.
    package var cap: Nanoseconds

    package init(
      stable: Nanoseconds = .seconds(10), noProgress: Nanoseconds = .seconds(300),
      cap: Nanoseconds = .seconds(1800)
    ) {
      self.stable = stable
      self.noProgress = noProgress
      self.cap = cap
    }
  }

  /// A condition that aborts a run: every fault is reverted, then the report is written.
  package struct Guard: Codable, Equatable, Sendable {
    package var when: Condition

    package init(when: Condition) { self.when = when }
  }
}
