import FoundationEssentials
import History
import Metrics
import Mustache
import Scenario

/// The report of the histories of scenarios, in each of its formats.
package struct HistoryReport: Sendable {
  let histories: [History]
  /// In seconds since 1970.
  let now: Int

  package init(_ histories: [History], now: Int) {
    self.histories = histories
    self.now = now
  }

  /// For a terminal of this width, or a pipe.
  package func terminalLines(columns: Int) -> [String] {
    let width = max(columns, 20)
    return histories.flatMap { history -> [String] in
      let words = HistoryWords(history: history)
      var lines = Self.wrapped("\(words.mark) \(words.name): \(words.verdict)", width, indent: 2)
      if let primary = history.primary {
        let plot = HistoryPlot(history: history, columns: width).lines
        if !plot.isEmpty {
          lines += Self.wrapped("  \(primary.key), the median of each run", width, indent: 2) + plot
        }
      }
      lines += words.sentences.flatMap { Self.wrapped("  \($0)", width, indent: 4) }
      return lines + [""]
    }.dropLast()
  }

  /// The lines of `history --check`: a line for each finding.
  package func checkLines(columns: Int) -> [String] {
    let width = max(columns, 20)
    return histories.flatMap { history -> [String] in
      let words = HistoryWords(history: history)
      return history.findings.isEmpty
        ? Self.wrapped("\(words.mark) \(words.name): \(words.verdict)", width, indent: 2)
        : history.findings.flatMap { finding in
          Self.wrapped(
            "\(finding.severity == .failure ? "✕" : "?") \(words.name): \(words.verdict(of: finding))", width,
            indent: 2)
        }
    }
  }

  /// Whether there is a finding of at least this severity.
  package func hasFindings(_ severities: Set<HistoryFinding.Severity>) -> Bool {
    histories.contains { $0.findings.contains { severities.contains($0.severity) } }
  }

  /// A text in lines of at most this width; a word that is longer is not broken.
  static func wrapped(_ text: String, _ width: Int, indent: Int) -> [String] {
    var lines: [String] = []
    let leading = String(text.prefix { $0 == " " })
    var line = leading
    for word in Wording.unbroken(String(text.dropFirst(leading.count))).split(separator: " ") {
      let isFirst = line.allSatisfy { $0 == " " }
      if !isFirst, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
      } else {
        line += (isFirst ? "" : " ") + word
      }
    }
    return (lines + [line]).map { $0.replacing("\u{A0}", with: " ") }
  }

  /// `history.json`. Keys are sorted; times of runs are seconds since 1970, durations nanoseconds.
  ///
  /// - Throws: `ReportError.rendering`.
  package func json() throws(ReportError) -> Data {
    try JSONFile.data(histories.map(HistoryDocument.init), name: "history.json")
  }
}
