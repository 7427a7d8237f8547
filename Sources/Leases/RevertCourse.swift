import AgentProtocol
import Journal
import Scenario

/// What a lease's worker does each time that its session wants the fault reverted, as a value.
///
///     look → (in doubt: undo) → revert → report
///
/// Only the first observation counts: what a later attempt sees may be the work of an earlier one. With nothing on the disk
/// there is nothing to revert.
package struct RevertCourse: Sendable {
  /// What is to be done next; the performer answers with the event of the same place.
  package enum Act: Sendable {
    /// Look at the effect before the undo; see `FinalObservation`.
    case observe
    /// Undo the fault, whatever the lease's log says.
    case undo
    /// Revert the lease; see `Reversal`.
    case revert(RevertCause, after: LastObservation?)
    /// Report to the session; the attempt has ended.
    case report(Result<Revert, LeaseFailure>)
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// What was seen; nil where the fault was never injected.
    case observed(LastObservation?)
    /// What still differs after the undo, a line each.
    case undone(residue: [String])
    /// The lease was reverted.
    case reverted(Revert)
    /// The act failed: why.
    case failed(String)
  }

  private var cause = RevertCause.agent
  private var lastObservation: LastObservation?
  private var isInDoubt = false

  /// A course that has not begun.
  package init() {}

  /// An injection ended after its lease, and its undo failed.
  package mutating func doubt() { isInDoubt = true }

  /// An attempt begins.
  ///
  /// - Parameters:
  ///   - nothing: what is reported where no lease is on the disk; nil where one is.
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
