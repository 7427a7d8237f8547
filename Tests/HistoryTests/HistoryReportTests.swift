import Foundation
import History
import Metrics
import Reports
import Testing

struct HistoryReportTests {
  private func report(_ runs: [RunRecord]) -> HistoryReport {
    let now = (runs.last?.began ?? beginning) + 86_400
    return HistoryReport(History.all(runs, now: now, period: 35 * 86_400), now: now)
  }

  private let changed =
    RunRecord.months([50, 51, nil, 49, 50.5]) + RunRecord.months([57, 58, 57.5, 58], from: 5, kernel: "6.12")

  @Test("The lines for a terminal fit into 40 columns, and have the plot with the limit and the change")
  func narrow() {
    let lines = report(changed).terminalLines(columns: 40)
    for line in lines { #expect(line.count <= 40, "\(line)") }
    #expect(lines[0] == "✕ unplug-host on tdf: Worse since a")
    #expect(lines.contains { $0.contains("60 s ┤┄") })
    #expect(lines.contains { $0.contains("0 ┤  ○  ┊") })
    let text = lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    #expect(text.contains("Changed on 2026-06-05: kernel from 6.1 to 6.12."))
    #expect(text.contains("57.9 s to 58.1 s, required at most 60 s; 96 to 97 % of it used"))
    #expect(text.contains("in 16 of 16 pairings of runs; chance alone does that once in 70."))
    #expect(text.contains("is met in") == false)
  }
}
