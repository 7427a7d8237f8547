import FoundationEssentials
import Journal
import Metrics
import Mustache
import Scenario

/// A run's report in each of its formats: pure functions of the journal, always with the same bytes.
package struct Report: Sendable {
  let began: RunBegan
  let entries: [Entry]
  let metrics: RunMetrics
  /// By trial: the entries that it needs, and what its picture needs of its samples.
  let trialEntries: [Int: TrialEntries]
  let traces: [Int: TrialTrace]

  /// The report of a run in memory.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal whose first line is incomplete.
  package init(_ journal: RunJournal) throws(ReportError) {
    try self.init(journal, RunMetrics(journal))
  }

  /// The report of a run in memory whose metrics are already computed.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal whose first line is incomplete.
  package init(_ journal: RunJournal, _ metrics: RunMetrics) throws(ReportError) {
    guard let began = journal.began else { throw .noBeginning }
    self.init(began, journal.entries, metrics, journal.samples)
  }

  /// The report of a run, whose samples are read twice and never all in memory.
  ///
  /// - Throws: `ReportError.noBeginning` for a journal whose first line is incomplete; errors of the source.
  package init<Samples: SampleSource>(entries: [Entry], samples: Samples) throws {
    guard let began = RunJournal(entries: entries, samples: []).began else { throw ReportError.noBeginning }
    try self.init(began, entries, RunMetrics(entries: entries, samples: samples), samples)
  }

  private init<Samples: SampleSource>(
    _ began: RunBegan, _ entries: [Entry], _ metrics: RunMetrics, _ samples: Samples
  ) throws(Samples.Failure) {
    self.began = began
    self.entries = entries
    self.metrics = metrics
    trialEntries = TrialEntries.all(in: entries).trials
    traces = try TrialTrace.all(of: metrics.trials, began, samples)
  }

  /// The entries that a trial's picture needs.
  func entries(of trial: TrialMetrics) -> [Entry] { trialEntries[trial.trial]?.known ?? entries }

  /// A remark if these definitions give another exit code than the run had; nil if they are equal, or if the run was
  /// killed.
  var exitCodeRemark: String? {
    for entry in entries {
      guard case .runEnded(let code) = entry.event, code != metrics.verdict.exitCode else { continue }
      return "the run ended with exit code \(code), by the definitions of its own version"
    }
    return nil
  }

  /// Whether the run was recorded by this version of Murphy, whose reports are the same bytes.
  package func isOfThisVersion(_ version: String) -> Bool {
    began.versions["murphy"] == version && began.versions["metrics"] == RunMetrics.version
  }

  /// The last survey of each host, in the fleet's order.
  var surveys: [HostSurvey] { RunJournal(entries: entries, samples: []).surveys }
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
