/// What a team gives its own monitoring, so that it notices a drill that did not happen, or whose result was not read.
package enum MonitoringRules {
  /// Alert rules for Prometheus, on the metrics of `HistoryReport.textfile`.
  package static let alerts = """
    groups:
      - name: murphy
        rules:
          # Nothing of Murphy runs any more on its controller, or its values don't arrive.
          - alert: MurphyGone
            expr: absent(murphy_textfile_timestamp_seconds) or time() - murphy_textfile_timestamp_seconds > 2 * 86400
            for: 1h
            labels: {severity: warning}
            annotations:
              summary: Murphy has reported nothing for two days
              description: Check the timer of murphy history --textfile on the controller, and its node_exporter.
          - alert: MurphyOverdue
            expr: time() - murphy_last_result_timestamp_seconds > murphy_period_seconds
            for: 1h
            labels: {severity: warning}
            annotations:
              summary: '{{ $labels.scenario }} on {{ $labels.fleet }} has no recent result'
              description: The latest run that tested the platform is older than its period. murphy history shows the reasons.
          - alert: MurphyMissed
            expr: murphy_finding{kind="not-met"} == 1
            labels: {severity: warning}
            annotations:
              summary: '{{ $labels.scenario }} on {{ $labels.fleet }} did not meet everything'
              description: Read the report of the latest run.
          - alert: MurphyWorse
            expr: murphy_finding{kind=~"worse-since-change|changed|unknown-change|creep",severity="failure"} == 1
            labels: {severity: warning}
            annotations:
              summary: '{{ $labels.scenario }} on {{ $labels.fleet }} became worse: {{ $labels.kind }}'
              description: murphy history shows what changed, and since when.
          # Five working days.
          - alert: MurphyUnacknowledged
            expr: murphy_last_result_acknowledged == 0 and time() - murphy_last_result_timestamp_seconds > 7 * 86400
            labels: {severity: warning}
            annotations:
              summary: No person has acknowledged the latest result of {{ $labels.scenario }} on {{ $labels.fleet }}
              description: Read its report, then murphy ack RUN.

    """

  /// The panels of the dashboard: a title and its expressions. A unit is Grafana's name of it.
  static let panels: [(title: String, kind: String, unit: String, expressions: [String])] = [
    (
      "Results overdue", "stat", "none",
      ["count(time() - murphy_last_result_timestamp_seconds > murphy_period_seconds) or vector(0)"]
    ),
    ("Findings to act on", "stat", "none", ["sum(murphy_finding{severity=\"failure\"}) or vector(0)"]),
    (
      "Results not acknowledged", "stat", "none",
      ["count(murphy_last_result_acknowledged == 0) or vector(0)"]
    ),
    ("Age of the latest result", "timeseries", "s", ["time() - murphy_last_result_timestamp_seconds"]),
    (
      "Durations of objectives, upper bound, with their limits", "timeseries", "s",
      ["murphy_history_duration_seconds{bound=\"high\"}", "murphy_history_limit"]
    ),
    ("Counts of objectives, upper bound", "timeseries", "none", ["murphy_history_quantity{bound=\"high\"}"]),
    ("Exit codes of runs", "timeseries", "none", ["murphy_history_exit_code"]),
  ]
}
