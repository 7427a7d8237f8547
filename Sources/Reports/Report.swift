import FoundationEssentials
import Journal
import Metrics
import Mustache
import Scenario

/// A run's report in each of its forms: pure functions of the journal, byte for byte the same each time.
package struct Report: Sendable {
  let began: RunBegan
  let journal: RunJournal
  let metrics: RunMetrics

  /// The report of a run.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal that was cut before its first line was whole.
  package init(_ journal: RunJournal) throws(ReportError) {
    try self.init(journal, RunMetrics(journal))
  }

  /// The report of a run of which the metrics are known.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal that was cut before its first line was whole.
  package init(_ journal: RunJournal, _ metrics: RunMetrics) throws(ReportError) {
    guard let began = journal.began else { throw .noBeginning }
    self.began = began
    self.journal = journal
    self.metrics = metrics
  }

  /// That the run ended with another exit code than these definitions give it; nil where it did not, or was killed.
  var exitCodeRemark: String? {
    for entry in journal.entries {
      guard case .runEnded(let code) = entry.event, code != metrics.verdict.exitCode else { continue }
      return "the run ended with exit code \(code), by the definitions of its own version"
    }
    return nil
  }

  /// The hosts' surveys, the last of each, in the fleet's order.
  var surveys: [HostSurvey] {
    var last: [String: HostSurvey] = [:]
    for entry in journal.entries {
      if case .hostSurveyed(let survey) = entry.event { last[survey.host] = survey }
    }
    return began.fleet.hosts.compactMap { last[$0.name] }
  }
}

/// A report that can't be made or written.
package enum ReportError: Error, CustomStringConvertible {
  /// The journal holds no beginning of a run.
  case noBeginning
  /// A form could not be rendered.
  case rendering(file: String, reason: String)
  /// A file could not be written.
  case writing(path: String, reason: String)

  /// What, where, and what to do.
  package var description: String {
    switch self {
    case .noBeginning:
      "events.jsonl: holds no run.began: the run ended before it began; there is nothing to report"
    case .rendering(let file, let reason):
      "\(file): can't be rendered: \(reason); this is a defect of Murphy's"
    case .writing(let path, let reason):
      "\(path): can't be written: \(reason); free space there or make the folder writable, then run murphy report again"
    }
  }
}
