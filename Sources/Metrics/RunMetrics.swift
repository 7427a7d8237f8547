import Journal
import Scenario

/// The metrics of a run: a pure function of its journal, so that a later version can compute any report again. Times
/// are nanoseconds.
package struct RunMetrics: Encodable, Equatable, Sendable {
  /// The version of these definitions; only runs with the same version are comparable.
  package static let version = "4"

  package var version = RunMetrics.version
  package var verdict: RunVerdict
  package var trials: [TrialMetrics]
  /// Each objective over all trials.
  package var objectives: [ObjectiveSummary]
  /// Each safety promise over all trials.
  package var safety: [Safety]
  /// The kinds of events that this version doesn't have, with their counts; nil if there are none.
  package var unknownEvents: [String: Int]?

  /// The metrics of a run. A journal without its first entry yields none.
  package init(_ journal: RunJournal) {
    let unknown = journal.unknownEvents
    unknownEvents = unknown.isEmpty ? nil : unknown
    guard let began = journal.began else {
      let reason = RunVerdict.Reason(
        outcome: .unfinished, subject: "run", text: "the journal ends before the run began")
      (verdict, trials, objectives, safety) = (RunVerdict(reasons: [reason]), [], [], [])
      return
    }
    let numbers = Set(journal.entries.map(\.trial)).union(journal.samples.map(\.trial)).subtracting([0])
    let records = numbers.sorted().map { TrialRecord(number: $0, began: began, journal: journal) }
    let ending = RunEnding(journal, isWhole: records.last?.isWhole ?? false)
    // All trials before the last one are complete.
    let trials = records.map { TrialMetrics($0, of: $0.number == records.last?.number ? ending : .completed) }
    self.trials = trials
    verdict = RunVerdict(ending, trials, of: began.scenario)
    objectives = began.scenario.objectives.map { ObjectiveSummary($0, in: trials) }
    safety = Safety.all(trials)
  }
}
