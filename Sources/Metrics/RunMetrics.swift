import Journal
import Scenario

/// The metrics of a run: a pure function of its journal, so that a later version can compute any report again. Times
/// are nanoseconds.
package struct RunMetrics: Encodable, Equatable, Sendable {
  /// The version of these definitions; only runs with the same version are comparable.
  package static let version = "8"

  package var version = RunMetrics.version
  package var verdict: RunVerdict
  package var trials: [TrialMetrics]
  /// Each objective over all trials.
  package var objectives: [ObjectiveSummary]
  /// Each safety promise over all trials.
  package var safety: [Safety]
  /// How the run was continued after its controller had ended; nil if it was not.
  package var resumptions: [RunResumed]?
  /// The kinds of events that this version doesn't have, with their counts; nil if there are none.
  package var unknownEvents: [String: Int]?

  /// The metrics of a run in memory.
  package init(_ journal: RunJournal) { self.init(entries: journal.entries, samples: journal.samples) }

  /// The metrics of a run, of whose samples no more than a window's is in memory. A journal without its first entry
  /// yields none.
  package init<Samples: SampleSource>(entries: [Entry], samples: Samples) throws(Samples.Failure) {
    let unknown = RunJournal(entries: entries, samples: []).unknownEvents
    unknownEvents = unknown.isEmpty ? nil : unknown
    let resumed = entries.compactMap { if case .runResumed(let resumed) = $0.event { resumed } else { nil } }
    resumptions = resumed.isEmpty ? nil : resumed
    guard let began = RunJournal(entries: entries, samples: []).began else {
      let reason = RunVerdict.Reason(
        outcome: .unfinished, subject: "run", text: "the journal ends before the run began")
      (verdict, trials, objectives, safety) = (RunVerdict(reasons: [reason]), [], [], [])
      return
    }
    var fold = RunFold(entries, began: began)
    if fold.needsBands { try samples.read { fold.takeForBand($0) } }
    fold.beginSamples()
    try samples.read { fold.take($0) }
    let (trials, ending) = fold.end()
    self.trials = trials
    verdict = RunVerdict(ending, trials, of: began.scenario)
    objectives = began.scenario.objectives.map { ObjectiveSummary($0, in: trials) }
    safety = Safety.all(trials)
  }
}
