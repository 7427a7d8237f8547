import AgentProtocol
import Scenario

/// An act that a revert needs. The performer answers each act with the `ReversalEvent` that belongs to it.
package enum ReversalAct: Sendable {
  /// Try to lock the lease's file, without waiting.
  case tryLock
  /// Wait for this long.
  case pause(Nanoseconds)
  /// Read the lease's log.
  case readLog
  /// Check whether the fault's effect is active.
  case judge
  /// Undo the fault and compare with the state before it. If that fails, the revert ends, and its caller repeats it.
  case undo
  /// Append to the lease's log, if the disk accepts it. A disk that refuses doesn't stop the revert.
  ///
  /// `isSynced`: whether to wait until the line survives a power cut.
  case note(LeaseHappening, isSynced: Bool)
}

/// The answer to a `ReversalAct`.
package enum ReversalEvent: Sendable {
  /// Whether another process holds the lock. A missing file counts as not busy.
  case lock(isBusy: Bool)
  /// The pause is over.
  case paused
  /// The state according to the log; nil if it can't be read. A missing log means that nothing happened.
  case log(LeaseStatus?)
  /// The state of the fault's effect.
  case judged(Judgement)
  /// The residue after the undo, a line each, and the monotonic time of that comparison.
  case undone(residue: [String], at: Nanoseconds)
  /// The line was written, or refused.
  case noted

  /// The state of a fault's effect.
  package enum Judgement: Sendable {
    /// It was active at the time of the question, on CLOCK_MONOTONIC.
    case active(asked: Nanoseconds)
    /// It was inactive, with the times of the answer on CLOCK_MONOTONIC and CLOCK_BOOTTIME.
    case inactive(reason: String, answered: Nanoseconds, boottime: Nanoseconds)
    /// It could not be observed.
    case unknown
  }
}

/// The next step of a revert.
package enum ReversalStep<Outcome: Sendable>: Sendable {
  /// Perform this act.
  case perform(ReversalAct)
  /// The revert has ended.
  case finished(Outcome)
}
