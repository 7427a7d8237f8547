import Comparison
import Journal
import Metrics
import Scenario
import Statistics

/// What a history needs of a run: a row of the index.
package struct RunRecord: Equatable, Sendable {
  /// The run's name, which is that of its folder.
  package var name: String
  /// The path of its folder; empty for a scheduled run that was not made.
  package var folder: String
  /// When it began, in seconds since 1970.
  package var began: Int
  package var scenario: String
  package var title: String
  package var fleet: String
  package var outcome: RunVerdict.Outcome
  package var exitCode: Int32
  /// The first reason against the run that has a text; nil if there is none.
  package var reason: String?
  package var trials: Int
  /// The trials without a judgement.
  package var void: Int
  /// The objectives, in the scenario's order.
  package var results: [ObjectiveRecord]
  package var safety: [Safety]
  package var conditions: Conditions

  package init(
    name: String, folder: String, began: Int, scenario: String, title: String, fleet: String,
    outcome: RunVerdict.Outcome, exitCode: Int32, reason: String? = nil, trials: Int, void: Int = 0,
    results: [ObjectiveRecord], safety: [Safety] = [], conditions: Conditions
  ) {
    self.name = name
    self.folder = folder
    self.began = began
    self.scenario = scenario
    self.title = title
    self.fleet = fleet
    self.outcome = outcome
    self.exitCode = exitCode
    self.reason = reason
    self.trials = trials
    self.void = void
    self.results = results
    self.safety = safety
    self.conditions = conditions
  }

  /// The record of a run, by its metrics.
  ///
  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  package init(
    _ run: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics, folder: String, began: Int
  ) throws {
    let compared = run.scenario.compared
    self.init(
      name: run.run, folder: folder, began: began, scenario: run.scenario.name, title: run.scenario.title,
      fleet: run.fleet.name, outcome: metrics.verdict.outcome, exitCode: metrics.verdict.exitCode,
      reason: metrics.verdict.reasons.lazy.compactMap(\.text).first, trials: metrics.trials.count,
      void: metrics.trials.count { $0.void != nil },
      results: run.scenario.objectives.map { objective in
        let values = metrics.trials.compactMap {
          TrialValue($0, objective.metric, of: objective.subject).bounds
        }
        let summary = metrics.objectives.first { $0.objective == objective }
        return ObjectiveRecord(
          objective: objective, isPrimary: objective == compared.first,
          margin: run.scenario.margin(of: objective, slowest: run.slowestProbe),
          median: BoundedValue.median(values), met: summary?.met ?? 0, missed: summary?.missed ?? 0,
          undecided: summary?.undecided ?? 0)
      }, safety: metrics.safety, conditions: try Conditions(run, surveys: surveys))
  }

  /// The result of the objective that decides; nil if the scenario has none with `max`.
  package var primary: ObjectiveRecord? { results.first(where: \.isPrimary) }

  /// The run's value of an objective; nil without one.
  package func median(of key: String) -> BoundedValue? {
    results.first { $0.objective.key == key }?.median
  }
}

/// An objective in one run.
package struct ObjectiveRecord: Equatable, Sendable {
  package var objective: Objective
  /// Whether it is the one that decides comparisons.
  package var isPrimary: Bool
  /// What counts as no regression.
  package var margin: Margin
  /// The bounds of the median over the run's trials, in nanoseconds or as a count; nil without a value.
  package var median: BoundedValue?
  /// The numbers of trials by their judgement.
  package var met: Int
  package var missed: Int
  package var undecided: Int

  package init(
    objective: Objective, isPrimary: Bool, margin: Margin, median: BoundedValue?, met: Int, missed: Int,
    undecided: Int
  ) {
    self.objective = objective
    self.isPrimary = isPrimary
    self.margin = margin
    self.median = median
    self.met = met
    self.missed = missed
    self.undecided = undecided
  }
}
