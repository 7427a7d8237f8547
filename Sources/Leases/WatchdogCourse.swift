import AgentProtocol
import Scenario

/// What a lease's watchdog does, as a value; it begins when the agent has died or the deadline has passed.
///
///     last observation → (in doubt: undo, once a second for 35 s) → revert, once a second until it succeeds → end
///
/// An agent that died during its injection may have left it to a daemon that hangs and acts later, whatever is noted
/// meanwhile. What an agent injects without a daemon ends with the agent.
package struct WatchdogCourse: Sendable {
  /// What is to be done; each is answered by the event of the same place.
  package enum Act: Sendable {
    /// Look at the effect before the first undo, then read the log.
    case observe
    /// Undo the fault, whatever its log says.
    case undo
    /// Wait.
    case pause(Nanoseconds)
    /// Revert the lease.
    case revert(after: LastObservation?)
    /// The lease is reverted: end.
    case end
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// What was seen, and what the log says; nil where it can't be read.
    case observed(LastObservation?, LeaseStatus?)
    /// The undo was tried.
    case undone
    /// The pause is over.
    case paused
    /// The revert was tried; whether it succeeded, without residue.
    case reverted(Bool)
  }

  private let lease: LeaseTerms
  private var observation: LastObservation?
  private var undosLeft = 0

  /// The course of a lease's watchdog. Its first act is `look`.
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
