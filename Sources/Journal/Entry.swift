import Scenario

/// One line of a run's journal, `events.jsonl`: the only source of truth of a run.
///
/// Everything that Murphy shows of a run is a fold over its entries and samples, and can be computed again from them.
package struct Entry: Equatable, Sendable {
  /// On the controller's monotonic clock, since the run began.
  package var at: Nanoseconds
  /// The trial, from 1; 0 before the first and after the last.
  package var trial: Int
  package var event: Event

  package init(at: Nanoseconds, trial: Int, event: Event) {
    self.at = at
    self.trial = trial
    self.event = event
  }
}
