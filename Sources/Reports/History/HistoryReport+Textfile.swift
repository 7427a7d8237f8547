import FoundationEssentials
import History

extension HistoryReport {
  /// The state of all histories for the textfile collector of Prometheus's node_exporter, which refuses a file with
  /// times. `MonitoringRules.alerts` fire on it.
  ///
  /// - Parameter isAcknowledged: whether a person acknowledged or signed a run; nil if that isn't known.
  package func textfile(isAcknowledged: (RunRecord) throws -> Bool?) rethrows -> Data {
    var written = OpenMetricsFamily(
      name: "murphy_textfile_timestamp_seconds", unit: nil, help: "When Murphy wrote these values.")
    written.samples.append(.init(labels: [], value: "\(now)"))
    var runs = OpenMetricsFamily(
      name: "murphy_last_run_timestamp_seconds", unit: nil,
      help: "When the latest run began, refused ones included.")
    var results = OpenMetricsFamily(
      name: "murphy_last_result_timestamp_seconds", unit: nil,
      help: "When the latest run began that tested the platform; 0 if none did.")
    var codes = OpenMetricsFamily(
      name: "murphy_last_result_exit_code", unit: nil,
      help: "The exit code of that run: 0 met, 1 missed or not decided, 4 aborted, 5 fault active.")
    var periods = OpenMetricsFamily(
      name: "murphy_period_seconds", unit: "seconds", help: "The longest time between two results.")
    var acknowledged = OpenMetricsFamily(
      name: "murphy_last_result_acknowledged", unit: nil,
      help: "1 if a person acknowledged or signed that run, otherwise 0.")
    var findings = OpenMetricsFamily(
      name: "murphy_finding", unit: nil, help: "1 for each finding of murphy history --check.")
    for history in histories {
      let labels = [("scenario", history.scenario), ("fleet", history.fleet)]
      func add(_ value: Int, to family: inout OpenMetricsFamily) {
        family.samples.append(.init(labels: labels, value: "\(value)"))
      }
      if let last = history.runs.last { add(last.began, to: &runs) }
      add(history.lastMade?.began ?? 0, to: &results)
      add(history.age.period, to: &periods)
      if let made = history.lastMade {
        add(Int(made.exitCode), to: &codes)
        if let read = try isAcknowledged(made) { add(read ? 1 : 0, to: &acknowledged) }
      }
      findings.samples += history.findings.map {
        .init(labels: labels + [("kind", $0.key), ("severity", $0.severity.rawValue)], value: "1")
      }
    }
    let families = [written, runs, results, codes, periods, acknowledged, findings]
    return Data(families.map(\.text).joined().utf8)
  }
}
