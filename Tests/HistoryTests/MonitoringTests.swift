import Foundation
import Glibc
import History
import HostTesting
import Linux
import Metrics
@testable import Reports
import Testing
import ToolTesting

private let promtool = "/usr/bin/promtool"

/// The checks of Prometheus's own tool on what Murphy gives a team's monitoring.
@Suite(.enabled(if: TestTools.have([promtool]), "needs the Debian package prometheus"))
struct MonitoringTests {
  private static let day = 86_400

  /// The state as node_exporter reads it, some days after the last run.
  private func textfile(_ runs: [RunRecord], days: Int = 1, acknowledged: Bool? = true) -> String {
    let now = (runs.last?.began ?? beginning) + days * Self.day
    let histories = History.all(runs, now: now, period: 35 * Self.day)
    return String(
      decoding: HistoryReport(histories, now: now).textfile { _ in acknowledged }, as: UTF8.self)
  }

  /// The names of the alerts that Prometheus fires on a state that stays the same for two hours, and is read from `days`
  /// after the last run on.
  private func alerts(_ state: String, at now: Int) throws -> Set<String> {
    try withTemporaryFolder { folder in
      try Data(MonitoringRules.alerts.utf8).write(to: URL(filePath: "\(folder)/alerts.yaml"))
      // promtool's time begins at 0 and can't be set, so the times are given as if the last run were at a negative one.
      let series = state.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line -> String in
        let cut = line.lastIndex(of: " ") ?? line.startIndex
        let name = line[..<cut].replacing("'", with: "''")
        var value = Int(line[line.index(after: cut)...]) ?? 0
        if name.contains("timestamp"), value > 0 { value -= now }
        return "      - {series: '\(name)', values: '\(value)x120'}"
      }
      // An alert that must not fire has an empty list: so promtool names all that fire.
      let names = ["MurphyGone", "MurphyOverdue", "MurphyMissed", "MurphyWorse", "MurphyUnacknowledged"]
      var fired: Set<String> = []
      for name in names {
        let test = """
          rule_files: [alerts.yaml]
          evaluation_interval: 1m
          tests:
            - interval: 1m
              input_series:
          \(series.isEmpty ? "      []" : series.joined(separator: "\n"))
              alert_rule_test:
                - {eval_time: 110m, alertname: \(name), exp_alerts: []}

          """
        try Data(test.utf8).write(to: URL(filePath: "\(folder)/test.yaml"))
        let outcome = try ChildProcess.run(
          [promtool, "test", "rules", "\(folder)/test.yaml"], within: .seconds(60))
        if !outcome.end.isSuccess {
          let said = outcome.outputText + outcome.errorText
          try #require(said.contains("alertname: \(name)"), "\(said)")
          fired.insert(name)
        }
      }
      return fired
    }
  }

  @Test("promtool accepts the state, and a time of its own is in no line")
  func accepted() throws {
    let text = textfile(RunRecord.months([50, 51, 49]))
    let outcome = try ChildProcess.run([promtool, "check", "metrics"], input: Array(text.utf8))
    #expect(outcome.end.isSuccess && outcome.outputText == "", "\(outcome.outputText)\(outcome.errorText)")
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(
        line[line.index(after: line.lastIndex(of: "}") ?? line.startIndex)...].split(separator: " ").count
          == 1)
    }
  }

  @Test(
    "node_exporter serves the state, and reports no error",
    .enabled(if: getuid() == 0, "needs root: to make a network namespace"),
    .enabled(
      if: TestTools.have(["/usr/bin/prometheus-node-exporter", "/usr/bin/curl"]),
      "needs the Debian packages prometheus-node-exporter and curl"))
  func nodeExporter() throws {
    let script = """
      ip link set lo up
      prometheus-node-exporter --collector.disable-defaults --collector.textfile \\
        --collector.textfile.directory="$1" --web.listen-address=127.0.0.1:9100 2> "$1/log" &
      for attempt in $(seq 300); do curl -fsS http://127.0.0.1:9100/metrics 2> /dev/null && break; sleep 0.1; done
      kill $!
      """
    try withTemporaryFolder { folder in
      try Data(textfile(RunRecord.months([50, 51])).utf8).write(to: URL(filePath: "\(folder)/murphy.prom"))
      let outcome = try ChildProcess.run(
        ["unshare", "--net", "sh", "-c", script, "sh", folder], within: .seconds(60))
      let served = outcome.outputText
      #expect(served.contains("\nnode_textfile_scrape_error 0\n"), "\(served)\(outcome.errorText)")
      #expect(
        served.contains("\nmurphy_last_result_acknowledged{fleet=\"tdf\",scenario=\"unplug-host\"} 1\n"),
        "\(served)")
    }
  }

  @Test("Nothing fires on a recent result that met everything and was acknowledged")
  func quiet() throws {
    let runs = RunRecord.months([50, 51, 49])
    #expect(try alerts(textfile(runs), at: try #require(runs.last).began + Self.day) == [])
  }

  @Test("Each alert fires on its own state")
  func fires() throws {
    let runs = RunRecord.months([50, 51, 49])
    let began = try #require(runs.last).began
    // Murphy is gone: nothing arrives, or only old values do.
    #expect(try alerts("", at: 0) == ["MurphyGone"])
    #expect(try alerts(textfile(runs), at: began + 4 * Self.day).contains("MurphyGone"))
    #expect(
      try alerts(textfile(runs, days: 40), at: began + 40 * Self.day) == ["MurphyOverdue"])
    #expect(
      try alerts(textfile(runs, days: 8, acknowledged: false), at: began + 8 * Self.day)
        == ["MurphyUnacknowledged"])
    // Not before five working days are over, and not if it isn't known.
    #expect(try alerts(textfile(runs, days: 6, acknowledged: false), at: began + 6 * Self.day) == [])
    #expect(try alerts(textfile(runs, days: 8, acknowledged: nil), at: began + 8 * Self.day) == [])
    let missed = runs + [.made(3, 70, outcome: .missed)]
    #expect(
      try alerts(textfile(missed), at: try #require(missed.last).began + Self.day) == ["MurphyMissed"])
    let worse = RunRecord.months([40, 41, 40, 41, 40]) + RunRecord.months([55, 56], from: 5)
    #expect(try alerts(textfile(worse), at: try #require(worse.last).began + Self.day) == ["MurphyWorse"])
  }

  /// Cases of `promtool test rules`, on the minute at which an alert begins or ends.
  private static let deadMan = """
    rule_files: [alerts.yaml]
    evaluation_interval: 1m
    tests:
      - name: Murphy's timer has ended, node_exporter still reads the last file, and two days later the timer is back
        interval: 1m
        input_series:
          - {series: 'murphy_textfile_timestamp_seconds{instance="controller:9100"}', values: '0x2950 177060x100'}
        alert_rule_test:
          - {eval_time: 2940m, alertname: MurphyGone, exp_alerts: []}
          - eval_time: 2941m
            alertname: MurphyGone
            exp_alerts:
              - exp_labels: {severity: warning, instance: "controller:9100"}
                exp_annotations: &gone
                  summary: Murphy has reported nothing for two days
                  description: Check the timer of murphy history --textfile on the controller, and its node_exporter.
          - {eval_time: 2952m, alertname: MurphyGone, exp_alerts: []}
      - name: the controller itself is gone
        interval: 1m
        input_series:
          - {series: 'murphy_textfile_timestamp_seconds{instance="controller:9100"}', values: '0x600 stale'}
        alert_rule_test:
          - {eval_time: 660m, alertname: MurphyGone, exp_alerts: []}
          - eval_time: 661m
            alertname: MurphyGone
            exp_alerts: [{exp_labels: {severity: warning}, exp_annotations: *gone}]
      - name: the timer runs once a day
        interval: 1m
        input_series:
          - {series: murphy_textfile_timestamp_seconds, values: '0x1440 86400x1439'}
        alert_rule_test:
          - {eval_time: 1440m, alertname: MurphyGone, exp_alerts: []}
          - {eval_time: 2879m, alertname: MurphyGone, exp_alerts: []}
      - name: Murphy reports each day that the last result is older than its period
        interval: 1m
        input_series:
          - {series: 'murphy_last_result_timestamp_seconds{scenario="unplug-host",fleet="tdf"}', values: '0x1600'}
          - {series: 'murphy_period_seconds{scenario="unplug-host",fleet="tdf"}', values: '86400x1600'}
        alert_rule_test:
          - {eval_time: 1500m, alertname: MurphyOverdue, exp_alerts: []}
          - eval_time: 1501m
            alertname: MurphyOverdue
            exp_alerts:
              - exp_labels: {severity: warning, scenario: unplug-host, fleet: tdf}
                exp_annotations:
                  summary: unplug-host on tdf has no recent result
                  description: The latest run that tested the platform is older than its period. murphy history shows the reasons.

    """

  @Test(
    "The dead man's alert fires on its minute, with Murphy or its whole controller gone, and ends with its return"
  )
  func deadMansAlert() throws {
    try withTemporaryFolder { folder in
      try Data(MonitoringRules.alerts.utf8).write(to: URL(filePath: "\(folder)/alerts.yaml"))
      try Data(Self.deadMan.utf8).write(to: URL(filePath: "\(folder)/test.yaml"))
      let outcome = try ChildProcess.run(
        [promtool, "test", "rules", "\(folder)/test.yaml"], within: .seconds(60))
      #expect(outcome.end.isSuccess, "\(outcome.outputText)\(outcome.errorText)")
    }
  }

  @Test("The dashboard's expressions are valid, and have only metrics that Murphy writes")
  func dashboard() throws {
    let runs = RunRecord.months([50, 51, 49])
    let histories = History.all(runs, now: beginning, period: 35 * Self.day)
    let written =
      textfile(runs, acknowledged: false) + textfile(runs + [.made(3, 70, outcome: .missed)])
      + String(decoding: HistoryReport(histories, now: beginning).openMetrics(), as: UTF8.self)
    let names = Set(
      written.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] })
    var rules = "groups:\n  - name: dashboard\n    rules:\n"
    for (index, expression) in MonitoringRules.panels.flatMap(\.expressions).enumerated() {
      rules += "      - {record: 'panel:\(index)', expr: '\(expression)'}\n"
      for word in expression.split(whereSeparator: { !$0.isLetter && $0 != "_" })
      where word.hasPrefix("murphy_") {
        #expect(names.contains(word), "\(expression)")
      }
    }
    let outcome = try withTemporaryFolder { folder in
      try Data(rules.utf8).write(to: URL(filePath: "\(folder)/rules.yaml"))
      return try ChildProcess.run([promtool, "check", "rules", "\(folder)/rules.yaml"])
    }
    #expect(outcome.end.isSuccess, "\(outcome.outputText)\(outcome.errorText)")
    let page = try JSONSerialization.jsonObject(with: MonitoringDashboard().json())
    let panels = try #require((page as? [String: Any])?["panels"] as? [[String: Any]])
    #expect(panels.count == MonitoringRules.panels.count)
  }
}
