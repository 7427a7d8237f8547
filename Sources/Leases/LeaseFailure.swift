/// Why a step of a lease failed.
package enum LeaseFailure: Error, Equatable, Sendable {
  /// The lease ended before the step, or meanwhile; what the step did was undone.
  case over
  /// The same, and the undo failed, for this reason: the fault may be active.
  case inDoubt(String)
  /// The host refused the step: why.
  case refused(String)
}
