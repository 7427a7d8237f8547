import FoundationEssentials
import History
import Scenario
import Statistics

extension HistoryReport {
  /// `history.txt`: the medians of all runs as OpenMetrics 1.0 text, each with the time at which its run began, for
  /// `promtool tsdb create-blocks-from openmetrics`.
  ///
  /// A value has its bounds, `low` and `high`. `conditions` is a digest of scenario, fleet and probes, as in
  /// `metrics.txt`: runs with other values of a parameter are another series. Of runs of one history that began in the
  /// same second only the last is written, since a series has one value at a time.
  package func openMetrics() -> Data {
    var exitCodes = OpenMetricsFamily(
      name: "murphy_history_exit_code", unit: nil,
      help:
        "The exit code of each run: 0 met, 1 missed or not decided, 3 refused, 4 aborted, 5 fault active.")
    var durations = OpenMetricsFamily(
      name: "murphy_history_duration_seconds", unit: "seconds",
      help: "The median of an objective over the trials of a run, with its bounds.")
    var counts = OpenMetricsFamily(
      name: "murphy_history_quantity", unit: nil,
      help: "The median of an objective that is a count, over the trials of a run, with its bounds.")
    var limits = OpenMetricsFamily(
      name: "murphy_history_limit", unit: nil,
      help: "The limit of an objective in each run: seconds, or a count.")
    for history in histories {
      let inTime = zip(history.runs, history.runs.dropFirst().map { Optional($0) } + [nil])
        .filter { $0.began != $1?.began }.map { (run: $0.0, conditions: $0.0.conditions.label) }
      // The values of a series must follow each other.
      let runs = Dictionary(grouping: inTime, by: \.conditions).sorted { $0.key < $1.key }.flatMap(\.value)
      func labels(_ conditions: String) -> [(String, String)] {
        [("scenario", history.scenario), ("fleet", history.fleet), ("conditions", conditions)]
      }
      exitCodes.samples += runs.map { run, conditions in
        OpenMetricsFamily.Sample(labels: labels(conditions), value: "\(run.exitCode)", time: run.began)
      }
      for key in Set(runs.flatMap { $0.run.results.map(\.objective.key) }).sorted() {
        let results = runs.compactMap { run, conditions in
          run.results.first { $0.objective.key == key }.map { (run.began, $0, labels(conditions)) }
        }
        func samples(
          _ further: [(String, String)] = [], _ value: (ObjectiveRecord) -> String?
        ) -> [OpenMetricsFamily.Sample] {
          results.compactMap { began, result, labels in
            value(result).map {
              OpenMetricsFamily.Sample(
                labels: labels + [("objective", key)] + further, value: $0, time: began)
            }
          }
        }
        let isDuration = results.first?.1.objective.metric.unit == .duration
        func text(_ value: Double) -> String {
          value.isFinite ? "\(isDuration ? value / 1e9 : value)" : "+Inf"
        }
        let bounds =
          samples([("bound", "low")]) { $0.median.map { text($0.low) } }
          + samples([("bound", "high")]) { $0.median.map { text($0.high) } }
        if isDuration { durations.samples += bounds } else { counts.samples += bounds }
        limits.samples += samples { text(Double($0.objective.limit)) }
      }
    }
    return Data(([exitCodes, durations, counts, limits].map(\.text).joined() + "# EOF\n").utf8)
  }
}
