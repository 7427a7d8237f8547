import Scenario

/// One line of a run's journal, `events.jsonl`: the only truth of a run.
///
/// Everything shown of a run is a fold over its entries and samples, and can be computed again from them.
package struct Entry: Equatable, Sendable {
  /// When, on the controller's monotonic clock, since the run began.
  package var at: Nanoseconds
  /// The trial, from 1; 0 before the first and after the last.
  package var trial: Int
  /// What.
  package var event: Event

  /// An entry of these parts.
  package init(at: Nanoseconds, trial: Int, event: Event) {
    self.at = at
    self.trial = trial
    self.event = event
  }
}
