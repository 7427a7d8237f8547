import Comparison
import History
import Metrics
import Scenario
import Statistics

/// A month, and the time of the first hand-made run.
let month = 31 * 86_400
let beginning = 1_767_225_600

extension RunRecord {
  /// The run of a month, with the seconds of downtime of its median trial; nil for a run without a value.
  static func made(
    _ index: Int, _ seconds: Double?, kernel: String = "6.1", outcome: RunVerdict.Outcome = .met,
    limit: Int64 = 60, lost: Int = 0
  ) -> RunRecord {
    let value = seconds.map { BoundedValue(low: ($0 - 0.1) * 1e9, high: ($0 + 0.1) * 1e9) }
    return RunRecord(
      name: "run-\(index)", folder: "reports/run-\(index)", began: beginning + index * month,
      scenario: "unplug-host", title: "A host loses all links", fleet: "tdf", outcome: outcome,
      exitCode: outcome == .met ? 0 : 1, reason: outcome == .refused ? "falco is held" : nil,
      trials: outcome == .refused ? 0 : 3, void: seconds == nil ? 3 : 0,
      results: [
        ObjectiveRecord(
          objective: Objective(
            subject: "website", metric: .downtime, relation: .max, limit: limit * 1_000_000_000),
          isPrimary: true, margin: Margin(relative: 0.1, absolute: 2e8), median: value,
          met: outcome == .met ? 3 : 0, missed: outcome == .missed ? 3 : 0, undecided: 0)
      ],
      safety: outcome == .refused ? [] : [Safety(kind: .lostWrites, trials: 3, failures: lost)],
      conditions: Conditions(
        scenario: ["timeline": "[]"], digests: ["fleet": "f"],
        fingerprints: ["falco": ["kernel": kernel], "excelsior": ["kernel": "6.1"]]))
  }

  static func months(_ seconds: [Double?], from first: Int = 0, kernel: String = "6.1") -> [RunRecord] {
    seconds.enumerated().map { .made(first + $0.offset, $0.element, kernel: kernel) }
  }
}

extension History {
  /// The history on the day after the last run.
  init(_ runs: [RunRecord]) {
    self.init(runs, now: (runs.last?.began ?? beginning) + 86_400, period: 35 * 86_400)
  }

  var keys: [String] { findings.map(\.key) }
}
