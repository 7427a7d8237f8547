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
  /// By host and key, the values of its fingerprint: the last one, or all if settings took turns.
  let fingerprints: [String: [String: Set<String>]]
  package let metrics: RunMetrics
  /// The run's trials, or those of one setting.
  package let trials: [TrialMetrics]
  /// The longest interval of the scenario's probes.
  let slowestProbe: Nanoseconds

  package init(_ began: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics) {
    self.init(began, surveys: surveys, metrics, trials: metrics.trials)
  }

  /// - Parameter surveys: of the trials; each of them counts.
  fileprivate init(_ began: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics, trials: [TrialMetrics]) {
    name = began.run
    wall = began.wall
    scenario = began.scenario
    digests = began.digests
    var fingerprints: [String: [String: Set<String>]] = [:]
    for survey in surveys {
      for (key, value) in survey.fingerprint {
        fingerprints[survey.host, default: [:]][key, default: []].insert(value)
      }
    }
    self.fingerprints = fingerprints
    self.metrics = metrics
    self.trials = trials
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

  var trials: [TrialMetrics] { runs.flatMap(\.trials) }
}

/// The two sides of a run whose settings took turns.
package struct AlternatedRun: Sendable {
  package let base: ComparedSide
  package let candidate: ComparedSide
  package let alternation: Alternation
  /// The trials of each block.
  let blocks: [SideBlock]

  /// Nil for a run with one setting.
  ///
  /// - Parameter entries: the run's journal; it has the fingerprints of each trial.
  package init?(_ entries: [Entry], _ metrics: RunMetrics) {
    guard let began = RunJournal(entries: entries, samples: []).began, let alternation = began.alternation
    else { return nil }
    self.alternation = alternation
    func side(_ side: Alternation.Side) -> ComparedSide {
      let numbers = Set(alternation.order.indices.map { $0 + 1 }.filter { alternation.side(of: $0) == side })
      let surveys = entries.compactMap { entry -> HostSurvey? in
        guard case .hostSurveyed(let survey) = entry.event, numbers.contains(entry.trial) else { return nil }
        return survey
      }
      let run = ComparedRun(
        began.of(trial: numbers.min() ?? 1), surveys: surveys, metrics,
        trials: metrics.trials.filter { numbers.contains($0.trial) })
      return ComparedSide(label: "\(alternation.name(of: side)) in \(began.run)", runs: [run])
    }
    (base, candidate) = (side(.a), side(.b))
    let length = Alternation.blockLength
    blocks = stride(from: 0, to: alternation.order.count, by: length).map { first in
      let own = metrics.trials.filter { (first + 1...first + length).contains($0.trial) }
      return SideBlock(
        base: own.filter { alternation.side(of: $0.trial) == .a },
        candidate: own.filter { alternation.side(of: $0.trial) == .b })
    }.filter { !$0.base.isEmpty || !$0.candidate.isEmpty }
  }
}
