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
  package let fleet: Fleet
  /// Its conditions, or those of each trial of a setting that took turns with another.
  package let conditions: [Conditions]
  package let metrics: RunMetrics
  /// The run's trials, or those of one setting.
  package let trials: [TrialMetrics]
  /// The longest interval of the scenario's probes.
  let slowestProbe: Nanoseconds

  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  package init(_ began: RunBegan, surveys: [HostSurvey], _ metrics: RunMetrics) throws {
    self.init(began, [try Conditions(began, surveys: surveys)], metrics, trials: metrics.trials)
  }

  fileprivate init(
    _ began: RunBegan, _ conditions: [Conditions], _ metrics: RunMetrics, trials: [TrialMetrics]
  ) {
    name = began.run
    wall = began.wall
    scenario = began.scenario
    fleet = began.fleet
    self.conditions = conditions
    self.metrics = metrics
    self.trials = trials
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
  /// The setting, without the run's name; nil unless it took turns with another.
  package let setting: String?
  package let runs: [ComparedRun]

  package init(label: String, setting: String? = nil, runs: [ComparedRun]) {
    self.label = label
    self.setting = setting
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
  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  package init?(_ entries: [Entry], _ metrics: RunMetrics) throws {
    guard let began = RunJournal(entries: entries, samples: []).began, let alternation = began.alternation
    else { return nil }
    self.alternation = alternation
    func side(_ side: Alternation.Side) throws -> ComparedSide {
      let numbers = Set(alternation.order.indices.map { $0 + 1 }.filter { alternation.side(of: $0) == side })
      let began = began.of(trial: numbers.min() ?? 1)
      var surveys: [Int: [HostSurvey]] = [:]
      for entry in entries where numbers.contains(entry.trial) {
        if case .hostSurveyed(let survey) = entry.event { surveys[entry.trial, default: []].append(survey) }
      }
      let conditions = try surveys.values.map { try Conditions(began, surveys: $0) }
      let run = ComparedRun(
        began, conditions, metrics,
        trials: metrics.trials.filter { numbers.contains($0.trial) })
      let setting = alternation.name(of: side)
      return ComparedSide(label: "\(setting) in \(began.run)", setting: setting, runs: [run])
    }
    (base, candidate) = (try side(.a), try side(.b))
    let length = Alternation.blockLength
    blocks = stride(from: 0, to: alternation.order.count, by: length).map { first in
      let own = metrics.trials.filter { (first + 1...first + length).contains($0.trial) }
      return SideBlock(
        base: own.filter { alternation.side(of: $0.trial) == .a },
        candidate: own.filter { alternation.side(of: $0.trial) == .b })
    }.filter { !$0.base.isEmpty || !$0.candidate.isEmpty }
  }
}
