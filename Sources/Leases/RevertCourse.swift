import AgentProtocol
import Journal
import Scenario

/// The acts of a lease's worker for each request of its session to revert the fault, as a value.
///
///     observe → (in doubt: undo) → (the injection failed: log its end) → revert → report
///
/// Only the first observation counts, because a later attempt may observe the result of an earlier one. If no lease is
/// on disk, there is nothing to revert. A daemon may perform an injection after it has failed, so that is undone once a
/// second for 35 s, as the watchdog of an agent that died does.
package struct RevertCourse: Sendable {
  /// The next act. The performer answers with the event that belongs to it.
  package enum Act: Sendable {
    /// Observe the effect before the undo; see `FinalObservation`.
    case observe
    /// Undo the fault, regardless of the lease's log.
    case undo
    /// Wait.
    case pause(Nanoseconds)
    /// Log that no act of the injection can follow, if the disk accepts it.
    case note
    /// Revert the lease; see `Reversal`.
    case revert(RevertCause, after: LastObservation?)
    /// Report to the session; the attempt has ended.
    case report(Result<Revert, LeaseFailure>)
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// The observation; nil if the fault was never injected.
    case observed(LastObservation?)
    /// The residue after the undo, a line each.
    case undone(residue: [String])
    /// The pause is over.
    case paused
    /// The line was written, or refused.
    case noted
    /// The lease was reverted.
    case reverted(Revert)
    /// The act failed, with this reason.
    case failed(String)
  }

  /// The failure of an arming or an injection, which a revert follows.
  package struct Failure: Sendable {
    fileprivate let isInjection: Bool
    /// How often the fault must be undone, in addition to its revert.
    fileprivate let undos: Int

    /// The failure in a report; nil if it has none.
    ///
    /// - Parameter isInDoubt: see `InjectionCourse.isInDoubt`.
    package init?(_ report: InjectionCourse.Report, isInDoubt: Bool, isByDaemon: Bool) {
      let reason: LeaseFailure
      switch report {
      case .armed(nil), .injected(.success): return nil
      case .armed(let failure?):
        isInjection = false
        reason = failure
      case .injected(.failure(let failure)):
        isInjection = true
        reason = failure
      }
      if isInDoubt, isByDaemon {
        undos = WatchdogTiming.doubtfulSeconds
      } else if case .inDoubt = reason {
        // The act ended after its lease, and its undo failed.
        undos = 1
      } else {
        undos = 0
      }
    }
  }

  private var cause = RevertCause.agent
  private var lastObservation: LastObservation?
  private var undosLeft = 0
  private var hasInjectionFailed = false

  /// A course that has not begun.
  package init() {}

  /// Records a failure before the revert that follows it.
  package mutating func take(_ failure: Failure) {
    hasInjectionFailed = failure.isInjection
    undosLeft = failure.undos
  }

  /// Begins an attempt.
  ///
  /// - Parameters:
  ///   - nothing: the report if no lease is on disk; nil if there is a lease.
  package mutating func begin(_ cause: RevertCause, nothing: Revert?) -> Act {
    self.cause = cause
    if let nothing { return .report(.success(nothing)) }
    return lastObservation == nil ? .observe : next()
  }

  /// Takes the answer to an act, and returns the next one.
  package mutating func handle(_ event: Event) -> Act {
    switch event {
    case .observed(let observation):
      lastObservation = observation
      return next()
    case .undone(let residue):
      if !residue.isEmpty { return failed(residue) }
      undosLeft -= 1
      return undosLeft > 0 ? .pause(WatchdogTiming.retryAfter) : next()
    case .paused: return next()
    case .noted:
      hasInjectionFailed = false
      return next()
    case .reverted(let revert):
      return revert.residue.isEmpty ? .report(.success(revert)) : failed(revert.residue)
    case .failed(let reason): return .report(.failure(.refused(reason)))
    }
  }

  private func next() -> Act {
    if undosLeft > 0 { return .undo }
    return hasInjectionFailed ? .note : .revert(cause, after: lastObservation)
  }

  private func failed(_ residue: [String]) -> Act {
    .report(.failure(.refused(residue.joined(separator: "; "))))
  }
}
