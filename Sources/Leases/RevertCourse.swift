import AgentProtocol
import Journal
import Scenario

/// The acts of a lease's worker for each request of its session to revert the fault, as a value.
///
///     look → (in doubt: undo) → revert → report
///
/// Only the first observation counts, because a later attempt may observe the result of an earlier one. If no lease is
/// on disk, there is nothing to revert.
package struct RevertCourse: Sendable {
  /// The next act. The performer answers with the event that belongs to it.
  package enum Act: Sendable {
    /// Observe the effect before the undo; see `FinalObservation`.
    case observe
    /// Undo the fault, regardless of the lease's log.
    case undo
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
    /// The lease was reverted.
    case reverted(Revert)
    /// The act failed, with this reason.
    case failed(String)
  }

  private var cause = RevertCause.agent
  private var lastObservation: LastObservation?
  private var isInDoubt = false

  /// A course that has not begun.
  package init() {}

  /// Records that an injection ended after its lease, and its undo failed.
  package mutating func doubt() { isInDoubt = true }

  /// Begins an attempt.
  ///
  /// - Parameters:
  ///   - nothing: the report if no lease is on disk; nil if there is a lease.
  package mutating func begin(_ cause: RevertCause, nothing: Revert?) -> Act {
    self.cause = cause
    if let nothing { return .report(.success(nothing)) }
    if let lastObservation { return afterObservation(lastObservation) }
    return .observe
  }

  /// Takes the answer to an act, and returns the next one.
  package mutating func handle(_ event: Event) -> Act {
    switch event {
    case .observed(let observation):
      lastObservation = observation
      return afterObservation(observation)
    case .undone(let residue):
      if !residue.isEmpty { return failed(residue) }
      isInDoubt = false
      return .revert(cause, after: lastObservation)
    case .reverted(let revert):
      return revert.residue.isEmpty ? .report(.success(revert)) : failed(revert.residue)
    case .failed(let reason): return .report(.failure(.refused(reason)))
    }
  }

  private func afterObservation(_ observation: LastObservation?) -> Act {
    isInDoubt ? .undo : .revert(cause, after: observation)
  }

  private func failed(_ residue: [String]) -> Act {
    .report(.failure(.refused(residue.joined(separator: "; "))))
  }
}
