import Comparison
import Journal
import Metrics
import Scenario

/// The trials of a run that have the same setting, with the labels of their series in an OpenMetrics export. Without
/// `--ab` these are all trials.
struct SettingSeries {
  let labels: [(String, String)]
  /// The run's beginning, as if the run only had this setting.
  let began: RunBegan
  let trials: [TrialMetrics]

  /// The series of a run: one, or two whose settings took turns.
  ///
  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  static func all(_ began: RunBegan, _ trials: [TrialMetrics]) throws -> [SettingSeries] {
    guard let alternation = began.alternation else {
      return [SettingSeries(labels: try labels(of: began), began: began, trials: trials)]
    }
    return try Alternation.Side.allCases.compactMap { side in
      guard let first = alternation.order.firstIndex(of: side) else { return nil }
      let own = began.of(trial: first + 1)
      return SettingSeries(
        labels: try labels(of: own) + [
          ("side", side.rawValue.uppercased()), ("setting", alternation.name(of: side)),
        ], began: own, trials: trials.filter { alternation.side(of: $0.trial) == side })
    }
  }

  /// The labels of a value that a run has once, whatever took turns in it.
  static func labels(ofRun began: RunBegan) throws -> [(String, String)] {
    var labels = try labels(of: began)
    if let alternation = began.alternation {
      let names = Alternation.Side.allCases.map { alternation.name(of: $0) }
      labels.append(("settings", names.joined(separator: ", ")))
    }
    return labels
  }

  private static func labels(of began: RunBegan) throws -> [(String, String)] {
    [
      ("scenario", began.scenario.name), ("fleet", began.fleet.name),
      ("conditions", try Conditions(began, surveys: []).label),
    ]
  }
}
