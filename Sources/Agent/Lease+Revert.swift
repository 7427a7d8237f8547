import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension LeaseFolder {
  /// Reverts a lease: the one function by which agent, watchdog and `murphy recover` do it, in the order of `Reversal`.
  ///
  /// - Parameter look: what a caller that tries again, or has undone the fault before, saw first.
  /// - Returns: what is noted; what was noted before, where the lease is known to have been reverted.
  package func revert(
    _ lease: Lease, cause: RevertCause, after look: LastLook? = nil, using instruments: Instruments
  ) throws -> Revert {
    var reversal = Reversal(
      of: lease.terms, boot: try Clock.bootIdentity(), cause: cause, after: look, now: monotonic)
    // Held until this returns.
    var lock: HeldLock?
    defer { withExtendedLifetime(lock) {} }
    var step = ReversalStep<Revert>.perform(.tryLock)
    while true {
      switch step {
      case .finished(let revert): return revert
      case .perform(.tryLock):
        let isBusy: Bool
        do throws(SystemError) {
          if let taken = try FileLock(existing: file(lease.name)) {
            lock = HeldLock(taken)
            isBusy = false
          } else {
            isBusy = true
          }
        } catch {
          isBusy = false
        }
        step = reversal.handle(.lock(isBusy: isBusy), at: monotonic)
      case .perform(.undo):
        let residue = try undo(lease, using: instruments)
        step = reversal.handle(.undone(residue: residue, at: monotonic), at: monotonic)
      case .perform(let act):
        let answer = perform(act, on: lease, using: instruments)
        step = reversal.handle(answer, at: monotonic)
      }
    }
  }

  /// Undoes a fault and tells what still differs, whatever was noted of it.
  func undo(_ lease: Lease, using instruments: Instruments) throws -> [String] {
    instruments.otherFaults = { activeFaults(besides: lease.name) }
    try lease.order.revert(lease.undo, using: instruments)
    return try lease.order.residue(lease.undo, using: instruments)
  }

  /// The faults of other leases that are in effect, as far as the folder can be read: what they hold is theirs to restore.
  func activeFaults(besides name: String) -> [ActiveFault] {
    let boot = try? Clock.bootIdentity()
    return ((try? names()) ?? []).filter { $0 != name }.compactMap { other in
      guard let lease = try? read(other), lease.boot == boot, let standing = try? standing(of: lease),
        standing.isLetGo, standing.revert == nil
      else { return nil }
      return ActiveFault(order: lease.order, undo: lease.undo)
    }
  }

  /// Whether nothing may be injected under a lease any more.
  func isOver(_ lease: Lease) -> Bool {
    lease.terms.isOver(
      at: Nanoseconds(Clock.boottime.now), try? standing(of: lease),
      isOnDisk: access(file(lease.name), F_OK) == 0)
  }

  /// Whether a lease's record can be deleted. One that stays is for `murphy recover`, until another run begins.
  func isKnownToBeOver(_ lease: Lease) -> Bool { (try? standing(of: lease))?.isKnownToBeOver == true }

  /// Notes what became of a lease, unless its record was dropped; a disk that refuses is told on stderr.
  ///
  /// - Parameter isSynced: whether it waits for the disk; else the note outlives the process, not the machine.
  func noteIfPossible(_ happening: LeaseHappening, of name: String, isSynced: Bool = true) {
    guard access(file(name), F_OK) == 0 else { return }
    do {
      if isSynced { try note(happening, of: name) } else { try announce(happening, of: name) }
    } catch {
      printToStandardError("murphy-agent: lease \(name): \(error)")
    }
  }

  /// Not copyable, so that a lock has one owner; a class, so that it can be optional.
  private final class HeldLock {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }
}
