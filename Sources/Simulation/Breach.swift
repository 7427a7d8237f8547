import Scenario

/// Something that must never happen, and did.
package struct Breach: Equatable, Sendable, CustomStringConvertible {
  /// What must hold in every run, whatever the adversary does.
  package enum Invariant: String, CaseIterable, Sendable {
    /// No fault is active past its lease while anybody lives who could lift it, and none that the kernel times out is
    /// active a second after that, whoever lives.
    case lease = "no fault outlives its lease"
    /// A fault is lifted soon after anything that is a reason to: an abort, the controller's end, a death.
    case reason = "a fault with a reason to end is lifted"
    /// A fault is not lifted without a reason.
    case early = "no fault is lifted without a reason"
    /// Nobody lets a lease out of hand whose fault is active.
    case hold = "no lease is let go of while its fault is active"
    /// A fault is let go once, after its lease was armed and before it is undone.
    case order = "a fault is let go once, and only when armed"
    /// No fault is active without its lease and undo on its host's disk, of this boot.
    case disk = "no injection without a lease on disk"
    /// Never are more hosts down than quorum allows.
    case quorum = "never more hosts down than allowed"
    /// Every run ends, once, and wants nothing after that.
    case end = "every run ends"
    /// What was done stands in the journal, before it was done, with the truth about when and by whom.
    case journal = "the journal tells what happened"
    /// A fault that ended before its revert is told as such, and none that didn't.
    case ended = "an early end is told"
    /// After `recover` nothing is left anywhere.
    case recover = "recover leaves nothing behind"
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
