import Journal
import Scenario

/// What a run yields: a pure function of its journal, so that any report can be computed again, also by a later
/// version. Times are nanoseconds.
package struct RunMetrics: Encodable, Equatable, Sendable {
  /// The version of these definitions; runs are comparable only where it is the same.
  package static let version = "4"

  /// The definitions' version.
  package var version = RunMetrics.version
  /// How the run went.
  package var verdict: RunVerdict
  /// Trial by trial.
  package var trials: [TrialMetrics]
  /// Each objective over all trials.
  package var objectives: [ObjectiveSummary]
  /// Each promise of safety over all trials.
  package var safety: [Safety]
  /// The kinds of events that this version doesn't know, with how often each occurs; nil where there are none.
  package var unknownEvents: [String: Int]?

  /// The metrics of a run. A journal without a beginning yields none.
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
    // Those before the last one came to their end.
    let trials = records.map { TrialMetrics($0, of: $0.number == records.last?.number ? ending : .completed) }
    self.trials = trials
    verdict = RunVerdict(ending, trials, of: began.scenario)
    objectives = began.scenario.objectives.map { ObjectiveSummary($0, in: trials) }
    safety = Safety.all(trials)
  }
}
