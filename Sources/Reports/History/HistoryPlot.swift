import History
import Metrics
import Scenario
import Statistics

/// The runs of a history as a small plot for a terminal: a column per run, the latest on the right.
struct HistoryPlot {
  let history: History
  /// The columns of the terminal.
  let columns: Int

  private static let height = 7
  private static let scale = 9

  private enum Column {
    /// A change of the conditions.
    case change
    case run(RunRecord)
  }

  /// Empty for a history without a value.
  var lines: [String] {
    guard let primary = history.primary else { return [] }
    let limit = Double(primary.limit)
    var all: [Column] = []
    for (index, segment) in history.segments.enumerated() {
      if index > 0 { all.append(.change) }
      all += segment.runs.map(Column.run)
    }
    let shown = Array(all.suffix(max(columns - Self.scale - 2, 1)))
    let ends = shown.compactMap { column -> Double? in
      guard case .run(let run) = column, let value = run.median(of: primary.key) else { return nil }
      return value.high.isFinite ? value.high : value.low
    }
    guard let greatest = ends.max() else { return [] }
    let top = max(max(greatest, limit) * 1.05, 1)
    let limitRow = row(limit, of: top)
    let rows = (0..<Self.height).reversed().map { row in
      let label =
        row == limitRow
        ? Figures.demand(primary).split(separator: " ").suffix(2).joined(separator: " ")
        : row == 0 ? "0" : row == Self.height - 1 ? ComparisonWords.value(top, of: primary.metric) : ""
      let cells = shown.map { column -> Character in
        switch column {
        case .change: return "┊"
        case .run(let run):
          guard let value = run.median(of: primary.key) else {
            return row == 0 ? (run.isMade ? "○" : "×") : row == limitRow ? "┄" : " "
          }
          let low = self.row(value.low, of: top)
          if !value.high.isFinite {
            return row == Self.height - 1 ? "↑" : row >= low ? "│" : row == limitRow ? "┄" : " "
          }
          let high = self.row(value.high, of: top)
          let middle = self.row((value.low + value.high) / 2, of: top)
          if row == middle { return run.outcome == .met ? "•" : "✕" }
          if (low...high).contains(row) { return "│" }
          return row == limitRow ? "┄" : " "
        }
      }
      let padding = String(repeating: " ", count: max(Self.scale - label.count, 0))
      return "\(padding)\(label) ┤\(String(cells))"
    }
    return rows + [String(repeating: " ", count: Self.scale + 2) + days(shown)]
  }

  /// The row of a value, from the bottom.
  private func row(_ value: Double, of top: Double) -> Int {
    min(Int(value / top * Double(Self.height)), Self.height - 1)
  }

  /// The first and the last day, if they fit.
  private func days(_ shown: [Column]) -> String {
    let runs = shown.compactMap { if case .run(let run) = $0 { run } else { nil } }
    guard let first = runs.first, let last = runs.last else { return "" }
    let (begin, end) = (CalendarDay(first.began).text, CalendarDay(last.began).text)
    let space = shown.count - begin.count - end.count
    return space > 0 ? begin + String(repeating: " ", count: space) + end : "to \(end)"
  }
}
