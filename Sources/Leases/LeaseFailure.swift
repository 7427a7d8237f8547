/// Why a step of a lease failed.
package enum LeaseFailure: Error, Equatable, Sendable {
  /// The lease ended before or during the step. The step was undone.
  case over
  /// The same, and the undo failed with this reason: the fault may be active.
  case inDoubt(String)
  /// The host refused the step, with this reason.
  case refused(String)
}
