import FoundationEssentials
import Journal
import Metrics
import Mustache
import Scenario

/// A run's report in each of its formats: pure functions of the journal, always with the same bytes.
package struct Report: Sendable {
  let began: RunBegan
  let journal: RunJournal
  let metrics: RunMetrics

  /// The report of a run.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal whose first line is incomplete.
  package init(_ journal: RunJournal) throws(ReportError) {
    try self.init(journal, RunMetrics(journal))
  }

  /// The report of a run whose metrics are already computed.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal whose first line is incomplete.
  package init(_ journal: RunJournal, _ metrics: RunMetrics) throws(ReportError) {
    guard let began = journal.began else { throw .noBeginning }
    self.began = began
    self.journal = journal
    self.metrics = metrics
  }

  /// A remark if these definitions give another exit code than the run had; nil if they are equal, or if the run was
  /// killed.
  var exitCodeRemark: String? {
    for entry in journal.entries {
      guard case .runEnded(let code) = entry.event, code != metrics.verdict.exitCode else { continue }
      return "the run ended with exit code \(code), by the definitions of its own version"
    }
    return nil
  }

  /// The last survey of each host, in the fleet's order.
  var surveys: [HostSurvey] { journal.surveys }
}

package enum ReportError: Error, CustomStringConvertible {
  /// The journal has no `run.began`.
  case noBeginning
  case rendering(file: String, reason: String)
  case writing(path: String, reason: String)

  /// Object, reason and next step.
  package var description: String {
    switch self {
    case .noBeginning:
      "events.jsonl: no run.began: the run ended before its first entry, so there is nothing to report"
    case .rendering(let file, let reason):
      "\(file): can't be rendered: \(reason); this is a defect in Murphy"
    case .writing(let path, let reason):
      "\(path): can't be written: \(reason); free space there or make the folder writable, then run murphy report again"
    }
  }
}
