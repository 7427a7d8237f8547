import AgentProtocol
import Scenario

/// The acts of a lease's watchdog, as a value. It begins when the agent has died or the deadline has passed.
///
///     last observation → (in doubt: undo, once a second for 35 s) → revert, once a second until it succeeds → end
///
/// An agent that died during its injection may have left the injection to a daemon that hangs and acts later,
/// regardless of the log. An injection without a daemon ends with the agent.
package struct WatchdogCourse: Sendable {
  /// The next act. The performer answers with the event that belongs to it.
  package enum Act: Sendable {
    /// Observe the effect before the first undo, then read the log.
    case observe
    /// Undo the fault, regardless of its log.
    case undo
    /// Wait.
    case pause(Nanoseconds)
    /// Revert the lease.
    case revert(after: LastObservation?)
    /// End: the lease is reverted.
    case end
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// The observation, and the state according to the log; nil if it can't be read.
    case observed(LastObservation?, LeaseStatus?)
    /// The undo was attempted.
    case undone
    /// The pause is over.
    case paused
    /// The revert was attempted; whether it succeeded without residue.
    case reverted(Bool)
  }

  private let lease: LeaseTerms
  private var observation: LastObservation?
  private var undosLeft = 0

  /// The course of a lease's watchdog. Its first act is `observe`.
  package init(of lease: LeaseTerms) { self.lease = lease }

  /// When the watchdog of a live agent begins, on CLOCK_BOOTTIME.
  package static func begins(_ lease: LeaseTerms) -> Nanoseconds { lease.deadline + WatchdogTiming.grace }

  /// Takes the answer to an act, and returns the next one.
  package mutating func handle(_ event: Event) -> Act {
    switch event {
    case .observed(let observation, let log):
      self.observation = observation
      if lease.isByDaemon, log?.isInDoubt != false { undosLeft = WatchdogTiming.doubtfulSeconds }
      return next()
    case .undone:
      undosLeft -= 1
      return .pause(WatchdogTiming.retryAfter)
    case .paused: return next()
    case .reverted(let succeeded): return succeeded ? .end : .pause(WatchdogTiming.retryAfter)
    }
  }

  private func next() -> Act { undosLeft > 0 ? .undo : .revert(after: observation) }
}
