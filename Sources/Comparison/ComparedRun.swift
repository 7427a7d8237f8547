import Journal
import Metrics
import Scenario

/// The data of a run that a comparison needs.
package struct ComparedRun: Sendable {
  package let name: String
  /// The start of the run, on the wall clock.
  package let wall: String
  package let scenario: Scenario
  package let digests: [String: String]
  /// The last fingerprint of each host.
  package let fingerprints: [String: [String: String]]
  package let metrics: RunMetrics
  /// The longest interval of the scenario's probes.
  let slowestProbe: Nanoseconds

  package init(_ began: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics) {
    name = began.run
    wall = began.wall
    scenario = began.scenario
    digests = began.digests
    fingerprints = Dictionary(surveys.map { ($0.host, $0.fingerprint) }) { $1 }
    self.metrics = metrics
    slowestProbe =
      began.scenario.steady.probes.compactMap { began.fleet.probe($0)?.every }.max() ?? .zero
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
