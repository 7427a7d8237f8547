import History
import Metrics
import Scenario

extension HistoryReport {
  /// The result of a run in one line, with the verdict first, and whether the history shows a change for the worse with
  /// it; nil if the histories don't have the run.
  package func result(of run: String) -> (line: String, isWorse: Bool)? {
    for history in histories {
      guard let record = history.runs.last(where: { $0.name == run }) else { continue }
      let words = HistoryWords(history: history)
      var line = "\(HistoryWords.outcome(record.outcome).capitalizedFirst): \(words.name)"
      if let primary = history.primary, let value = record.median(of: primary.key) {
        line +=
          ": \(primary.key): \(ComparisonWords.bounds(value, of: primary.metric)), "
          + "required \(Figures.demand(primary))"
      } else if let reason = record.reason {
        line += ": \(reason)"
      }
      let changes = history.lastMade?.name == run ? history.findings.filter(\.isChange) : []
      for change in changes { line += ". \(words.verdict(of: change))" }
      return (line, !changes.isEmpty)
    }
    return nil
  }
}

extension HistoryFinding {
  /// Whether it is a change for the worse to act on, whatever the run's own result.
  fileprivate var isChange: Bool {
    switch kind {
    case .stale, .refused, .notMet: false
    case .worseSinceChange, .latest, .unknownChange, .creep: severity == .failure
    }
  }
}
