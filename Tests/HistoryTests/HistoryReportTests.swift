import Comparison
import Foundation
import Glibc
import History
import HostTesting
import Linux
import Metrics
import Statistics
import Testing
import ToolTesting

@testable import Reports

private let promtool = "/usr/bin/promtool"

struct HistoryReportTests {
  private func report(_ runs: [RunRecord]) -> HistoryReport {
    let now = (runs.last?.began ?? beginning) + 86_400
    return HistoryReport(History.all(runs, now: now, period: 35 * 86_400), now: now)
  }

  private func text(_ report: HistoryReport) -> String {
    report.terminalLines(columns: 1000).joined(separator: "\n")
  }

  /// A kernel that changed after five runs, one of them void, and a longer downtime since then.
  private let changed =
    RunRecord.months([50, 51, nil, 49, 50.5]) + RunRecord.months([57, 58, 57.5, 58], from: 5, kernel: "6.12")

  @Test("The lines for a terminal fit into 40 columns, and have the plot with the limit and the change")
  func narrow() {
    let lines = report(changed).terminalLines(columns: 40)
    for line in lines { #expect(line.count <= 40, "\(line)") }
    #expect(lines[0] == "✕ unplug-host on tdf: Worse since a")
    #expect(lines.contains { $0.contains("60 s ┤┄") })
    #expect(lines.contains { $0.contains("0 ┤  ○  ┊") })
  }

  @Test("The sentences have the latest run, the change with its effect, and the pooled counts")
  func sentences() {
    let text = text(report(changed))
    #expect(text.contains("✕ unplug-host on tdf: Worse since a known change: kernel"))
    #expect(
      text.contains(
        "Latest run, 2026-09-06: met. website.downtime: 57.9 s to 58.1 s, required at most 60 s; 96 to 97 % of it used."
      ))
    #expect(text.contains("Changed on 2026-06-05: kernel from 6.1 to 6.12."))
    #expect(
      text.contains(
        "Since then website.downtime is longer by more than 10 % (at least 200 ms) in 16 of 16 pairings of runs; "
          + "chance alone does that once in 70."))
    #expect(
      text.contains(
        "Met in 12 of 12 trials under these conditions: website.downtime; the true rate is at least 77 %."))
    #expect(
      text.contains("None in 27 trials: acknowledged writes lost; at 95 % confidence each below 11 %."))
  }

  @Test("The plot marks missed and refused runs, and runs without an upper bound")
  func plotMarks() {
    var never = RunRecord.made(1, 55, outcome: .missed)
    never.results[0].median = .censored(above: 55e9)
    let lines = report([
      .made(0, 50), never, .made(2, nil, outcome: .refused), .made(3, 62, outcome: .missed),
    ])
    .terminalLines(columns: 60)
    #expect(lines.contains { $0.contains("┤┄↑┄✕") })
    #expect(lines.contains { $0.hasSuffix("0 ┤  × ") })
  }

  @Test("check prints a line for each finding, and one for a history without any")
  func checkLines() {
    let quiet = report(RunRecord.months([50, 51, 50, 49, 50, 51]))
    #expect(quiet.checkLines(columns: 80) == ["✓ unplug-host on tdf: As before"])
    #expect(!quiet.hasFindings([.failure, .watch]))
    let watched = report(RunRecord.months([50, 51, 50, 49, 50, 58]))
    #expect(
      watched.checkLines(columns: 80) == [
        "? unplug-host on tdf: The latest run is the worst so far: confirm it"
      ])
    #expect(watched.hasFindings([.watch]) && !watched.hasFindings([.failure]))
  }

  @Test("JSON has segments with their changes, findings, and runs without a value")
  func json() throws {
    let data = try report(changed).json()
    let all = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let history = try #require(all.first)
    #expect(history["verdict"] as? String == "Worse since a known change: kernel")
    let segments = try #require(history["segments"] as? [[String: Any]])
    #expect(segments.map { ($0["runs"] as? [Any])?.count } == [5, 4])
    #expect(segments[1]["effect"] as? String == "worse")
    let changes = try #require(segments[1]["changes"] as? [[String: Any]])
    #expect(changes.first?["key"] as? String == "kernel")
    let findings = try #require(history["findings"] as? [[String: Any]])
    #expect(findings.first?["kind"] as? String == "worse-since-change")
  }

  @Test("Pages have a strict policy, no address of another host, and all texts escaped")
  func pages() throws {
    var runs = changed
    runs[2].reason = "<script>alert(1)</script>"
    runs[0].name = "a \"name\" & more"
    let pages = try report(runs).pages { HistoryReport.address(of: "\($0.name)/report.html") }
    #expect(pages.map(\.name) == ["index.html", "unplug-host@tdf.html"])
    for page in pages {
      let text = String(decoding: page.data, as: UTF8.self)
      #expect(
        text.contains("content=\"default-src &#39;none&#39;") || text.contains("default-src &#x27;none"))
      #expect(!text.contains("http://") && !text.contains("https://"))
      #expect(!text.contains("<script>alert"))
      #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
      #expect(text.contains("href=\"a%20%22name%22%20%26%20more/report.html\""))
      // Each opened element is closed, as an XML parser sees it.
      #expect(text.components(separatedBy: "<svg").count == text.components(separatedBy: "</svg>").count)
    }
    let index = String(decoding: pages[0].data, as: UTF8.self)
    #expect(index.components(separatedBy: "<tr><td>20").count == runs.count + 1)
    #expect(index.contains("href=\"unplug-host@tdf.html\""))
  }

  @Test(
    "A day is that of the Gregorian calendar", arguments: [0, 951_782_400, 1_767_225_599, 4_102_444_800, -1])
  func day(_ seconds: Int) {
    let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
    #expect(CalendarDay(seconds).text == text)
  }

  @Test("OpenMetrics has a series for each value of a parameter, and one for all kernels")
  func series() {
    func series(_ runs: [RunRecord]) -> [Substring] {
      String(decoding: report(runs).openMetrics(), as: UTF8.self).split(separator: "\n").compactMap {
        $0.hasPrefix("murphy_history_exit_code{") ? $0.split(separator: " ")[0] : nil
      }
    }
    #expect(Set(series(changed)).count == 1)
    var runs = changed
    for index in [1, 3] { runs[index].conditions.scenario["timeline"] = "[1]" }
    let labels = series(runs)
    #expect(Set(labels).count == 2 && labels.count == runs.count)
    // The values of a series follow each other.
    #expect(zip(labels, labels.dropFirst()).count { $0 != $1 } == 1)
  }

  @Test(
    "promtool makes blocks of a Prometheus database of a history",
    .enabled(if: TestTools.have([promtool]), "needs the Debian package prometheus"))
  func blocks() throws {
    var runs = changed
    runs[3].results[0].median = .censored(above: 55e9)
    // A second run in the same second can't be a second value of the series.
    runs.append(.made(1, 52))
    try withTemporaryFolder { folder in
      try report(runs).openMetrics().write(to: URL(filePath: "\(folder)/history.txt"))
      let outcome = try ChildProcess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", "\(folder)/history.txt", "\(folder)/data"],
        within: .seconds(60))
      #expect(outcome.end.isSuccess, "\(outcome.outputText)\(outcome.errorText)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/data").count > 1)
    }
  }
}
