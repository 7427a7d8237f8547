import AgentProtocol
import Scenario

/// An act that a revert needs, one at a time: its performer answers each with the `ReversalEvent` of the same place.
package enum ReversalAct: Sendable {
  /// Try to lock the lease's file, without waiting.
  case tryLock
  /// Wait for this long.
  case pause(Nanoseconds)
  /// Read the lease's log.
  case readLog
  /// Ask the fault whether its effect is active.
  case judge
  /// Undo the fault and compare with the state before it. Where that fails, the revert ends; its caller tries again.
  case undo
  /// Append to the lease's log where the disk takes it; a disk that refuses does not stop the revert.
  ///
  /// `isSynced`: whether to wait until the line survives a power cut.
  case note(LeaseHappening, isSynced: Bool)
}

/// The answer to a `ReversalAct`.
package enum ReversalEvent: Sendable {
  /// Whether the lock could not be taken because another process has it. A file that is gone is not busy.
  case lock(isBusy: Bool)
  /// The pause is over.
  case paused
  /// What the log says; nil where it can't be read. A log that does not exist says that nothing happened.
  case log(LeaseStatus?)
  /// What the fault's effect was.
  case judged(Judgement)
  /// What still differs after the undo, a line each, and the monotonic time of that comparison.
  case undone(residue: [String], at: Nanoseconds)
  /// The line was written, or refused.
  case noted

  /// A fault's effect.
  package enum Judgement: Sendable {
    /// It was active when it was asked, on CLOCK_MONOTONIC.
    case active(asked: Nanoseconds)
    /// It was not, with the times of the answer on CLOCK_MONOTONIC and CLOCK_BOOTTIME.
    case inactive(reason: String, answered: Nanoseconds, boottime: Nanoseconds)
    /// It could not be looked at.
    case unknown
  }
}

/// What comes next.
package enum ReversalStep<Outcome: Sendable>: Sendable {
  /// An act is to be performed.
  case perform(ReversalAct)
  /// Nothing is left to do.
  case finished(Outcome)
}
