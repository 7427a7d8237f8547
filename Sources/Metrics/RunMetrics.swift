import Journal
import Scenario

/// What a run yields: a pure function of its journal, so that any report can be computed again, also by a later
/// version. Times are nanoseconds.
public struct RunMetrics: Encodable, Equatable, Sendable {
  /// The version of these definitions; runs are comparable only where it is the same.
  public static let version = "3"

  /// The definitions' version.
  public var version = RunMetrics.version
  /// Trial by trial.
  public var trials: [TrialMetrics]
  /// Each objective over all trials.
  public var objectives: [ObjectiveSummary]
  /// The promises that hold or don't, over all trials that aren't void.
  public var safety: [Safety]

  /// The metrics of a run. A journal without a beginning yields none.
  public init(_ journal: RunJournal) {
    guard let began = journal.began else {
      (trials, objectives, safety) = ([], [], [])
      return
    }
    let numbers = Set(journal.entries.map(\.trial)).union(journal.samples.map(\.trial)).subtracting([0])
    let trials = numbers.sorted().map { number in
      TrialMetrics(TrialRecord(number: number, began: began, journal: journal))
    }
    self.trials = trials
    objectives = began.scenario.objectives.map { ObjectiveSummary($0, in: trials) }
    safety = Safety.all(trials)
  }

  /// Whether every objective was met in every trial, neither missed, nor undecided, nor void, and every host is known
  /// to be as it was before: that is demanded of each run, whether its scenario says so or not.
  public var allMet: Bool {
    !trials.isEmpty && objectives.allSatisfy { $0.met == trials.count }
      && trials.allSatisfy { $0.void == nil && $0.residue.count == .counted(0) }
  }
}
