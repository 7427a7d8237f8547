/// A disaster as a team writes it down: what must be well, what goes wrong when, and what is demanded.
package struct Scenario: Codable, Equatable, Sendable {
  /// Its name: part of a run's folder, so letters, digits and hyphens.
  package var name: String
  /// One line for people.
  package var title: String
  /// The incidents that it rehearses, by their letters or ticket numbers.
  package var rehearses: [String]
  /// What must be well before anything is broken.
  package var steady: Steady
  /// What goes wrong, in the file's order.
  package var timeline: [Step]
  /// When the platform counts as recovered, and when waiting ends.
  package var recovery: Recovery
  /// What is demanded of the platform.
  package var objectives: [Objective]
  /// What ends a run early.
  package var guards: [Guard]
  /// How often the whole is done.
  package var trials: Int
  /// Whether the scenario may take more hosts than quorum allows.
  package var beyondQuorum: Bool
  /// What becomes of a trial whose fault was active for less than its planned time; nil for `void`.
  package var shorterFault: ShorterFault?

  /// A scenario of these parts.
  package init(
    name: String, title: String = "", rehearses: [String] = [], steady: Steady, timeline: [Step],
    recovery: Recovery = Recovery(), objectives: [Objective] = [], guards: [Guard] = [], trials: Int = 1,
    beyondQuorum: Bool = false, shorterFault: ShorterFault? = nil
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
  }

  /// What becomes of a trial whose fault was active for less than its planned time.
  package enum ShorterFault: String, Codable, CaseIterable, Sendable {
    /// It is void for every objective.
    case void
    /// It is judged as any other.
    case counts
  }

  /// The baseline: what is watched, and how long it must be well before the first fault.
  package struct Steady: Codable, Equatable, Sendable {
    /// How long it must be well; also the sample from which the latency band is taken.
    package var duration: Nanoseconds
    /// The probes that the run uses, by name.
    package var probes: [String]
    /// The views that the run uses, by name.
    package var views: [String]

    /// A baseline of these parts.
    package init(duration: Nanoseconds, probes: [String], views: [String] = []) {
      self.duration = duration
      self.probes = probes
      self.views = views
    }
  }

  /// When recovery ends.
  package struct Recovery: Codable, Equatable, Sendable {
    /// The width of the window that must be stable.
    package var stable: Nanoseconds
    /// How long nothing may move on before waiting ends.
    package var noProgress: Nanoseconds
    /// When waiting ends in any case.
    package var cap: Nanoseconds

    /// A recovery of these parts.
    package init(
      stable: Nanoseconds = .seconds(10), noProgress: Nanoseconds = .seconds(300),
      cap: Nanoseconds = .seconds(1800)
    ) {
      self.stable = stable
      self.noProgress = noProgress
      self.cap = cap
    }
  }

  /// What ends a run early: everything is reverted, then reported.
  package struct Guard: Codable, Equatable, Sendable {
    /// The condition that trips it.
    package var when: Condition

    /// A guard on a condition.
    package init(when: Condition) { self.when = when }
  }
}
