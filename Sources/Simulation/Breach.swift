import Scenario

/// The breach of an invariant.
package struct Breach: Equatable, Sendable, CustomStringConvertible {
  /// An invariant of every run against every adversary.
  package enum Invariant: String, CaseIterable, Sendable {
    /// No fault is active past its lease while a process lives that could revert it. No fault that the kernel ends by a
    /// timeout is active a second after its lease, even if no process lives.
    case lease = "no fault outlives its lease"
    /// A fault is reverted soon after each reason to revert it: an abort, or the end of a process.
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
    /// The number of hosts that are down never exceeds the quorum's limit.
    case quorum = "never more hosts down than allowed"
    /// Every run ends once, and performs no act after its end.
    case end = "every run ends"
    /// The journal has each act before it was performed, and the true time and cause of each revert.
    case journal = "the journal has what happened"
    /// A fault that ended before its revert is reported as such, and no other fault is.
    case ended = "an early end is reported"
    /// After a run that ended, no host that the run could reach has a lease record.
    case record = "no lease record outlives its run"
    /// A host that answers is connected, also after each time that it did not answer.
    case reach = "a host that answers is reached"
    /// A host is without power only while a fault is active that cuts it.
    case power = "no host stays without power"
    /// After `recover`, no fault and no record is left.
    case recover = "recover leaves no fault and no record"
  }

  /// The broken invariant.
  package var invariant: Invariant
  /// The time, on the controller's clock since the run began.
  package var at: Nanoseconds
  /// The event, for display.
  package var what: String

  /// `no fault outlives its lease, at 12.345 s: …`.
  package var description: String { "\(invariant.rawValue), at \(at.inSeconds) s: \(what)" }
}
