import Scenario

/// Something that must never happen, and did.
package struct Breach: Equatable, Sendable, CustomStringConvertible {
  /// What must hold in every run, whatever the adversary does.
  package enum Invariant: String, CaseIterable, Sendable {
    /// No fault is active past its lease while a process lives that could revert it, and none that the kernel times out
    /// is active a second after that, whatever lives.
    case lease = "no fault outlives its lease"
    /// A fault is reverted soon after anything that is a reason to: an abort, the controller's end, a death.
    case reason = "a fault with a reason to end is reverted"
    /// A fault is not reverted without a reason.
    case early = "no fault is reverted without a reason"
    /// No process releases a lease whose fault is active.
    case hold = "no lease is released while its fault is active"
    /// A fault is injected once, with a watchdog, after its lease was armed and before its revert begins.
    case order = "a fault is injected once, and only when armed"
    /// No injection begins once the lease is over.
    case late = "no fault is injected after its deadline"
    /// No fault is active without its lease and undo on its host's disk, of this boot.
    case disk = "no injection without a lease on disk"
    /// Never are more hosts down than quorum allows.
    case quorum = "never more hosts down than allowed"
    /// Every run ends, once, and wants nothing after that.
    case end = "every run ends"
    /// The journal has each act, before it was performed, with the truth about when and by which process.
    case journal = "the journal has what happened"
    /// A fault that ended before its revert is reported as such, and none that didn't.
    case ended = "an early end is reported"
    /// After a run that ended, no lease record is on a host that the run could reach.
    case record = "no lease record outlives its run"
    /// A host that answers is reached, and again after each time that it did not answer.
    case reach = "a host that answers is reached"
    /// A host is without power only while a fault is active that cuts it.
    case power = "no host stays off"
    /// After `recover` nothing is left anywhere.
    case recover = "recover leaves no fault and no record"
  }

  /// Which one.
  package var invariant: Invariant
  /// When, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// What happened, in words.
  package var what: String

  /// `no fault outlives its lease, at 12.345 s: …`.
  package var description: String { "\(invariant.rawValue), at \(at.inSeconds) s: \(what)" }
}
