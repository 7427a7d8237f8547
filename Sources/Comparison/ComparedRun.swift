import Journal
import Metrics
import Scenario
import Statistics

/// The data of a run that a comparison needs.
package struct ComparedRun: Sendable {
  package let name: String
  /// The start of the run, on the wall clock.
  package let wall: String
  package let scenario: Scenario
  /// The fleet's name.
  package let fleet: String
  package let conditions: Conditions
  package let metrics: RunMetrics
  /// The longest interval of the scenario's probes.
  let slowestProbe: Nanoseconds

  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  package init(_ began: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics) throws {
    name = began.run
    wall = began.wall
    scenario = began.scenario
    fleet = began.fleet.name
    conditions = try Conditions(began, surveys: surveys)
    self.metrics = metrics
    slowestProbe = began.slowestProbe
  }
}

extension RunBegan {
  /// The longest interval of the scenario's probes.
  package var slowestProbe: Nanoseconds {
    scenario.steady.probes.compactMap { fleet.probe($0)?.every }.max() ?? .zero
  }
}

extension Scenario {
  /// The objectives whose values are compared, the one that decides first: those with `max`.
  package var comparedObjectives: [Objective] {
    var compared = objectives.filter { $0.relation == .max }
    if let key = compare?.primary, let index = compared.firstIndex(where: { $0.key == key }) {
      compared.insert(compared.remove(at: index), at: 0)
    }
    return compared
  }

  /// The margin of an objective, as declared.
  ///
  /// - Parameter slowest: the longest interval of the probes.
  package func margin(of objective: Objective, slowest: Nanoseconds) -> Margin {
    let declared = compare ?? Compare()
    // Counts are integers, so half of one separates equal counts from different ones.
    let absolute =
      switch objective.metric.unit {
      case .duration: Double((declared.absolute ?? slowest * 2).count)
      case .count: 0.5
      }
    return Margin(relative: Double(declared.percent) / 100, absolute: absolute)
  }
}

/// One side of a comparison: all trials of its runs, in the order in which they were made.
package struct ComparedSide: Sendable {
  package let label: String
  package let runs: [ComparedRun]

  package init(label: String, runs: [ComparedRun]) {
    self.label = label
    self.runs = runs.sorted { ($0.wall, $0.name) < ($1.wall, $1.name) }
  }

  var trials: [TrialMetrics] { runs.flatMap(\.metrics.trials) }
}
