import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension LeaseFolder {
  /// Reverts a lease, in the order of `Reversal`. Agent, watchdog and `murphy recover` all call this function.
  ///
  /// - Parameter observation: the caller's first one, if the caller repeats the revert or has undone the fault before.
  /// - Returns: the logged revert. If the lease is known to be reverted, this is an earlier one.
  package func revert(
    _ lease: Lease, cause: RevertCause, after observation: LastObservation? = nil,
    using instruments: Instruments
  ) throws -> Revert {
    var reversal = Reversal(
      of: lease.terms, boot: try Clock.bootIdentity(), cause: cause, after: observation, now: monotonic)
    // The lock is held until this returns.
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

  /// Undoes a fault regardless of its log, and returns its residue.
  func undo(_ lease: Lease, using instruments: Instruments) throws -> [String] {
    instruments.otherFaults = { activeFaults(besides: lease.name) }
    try lease.order.revert(lease.undo, using: instruments)
    return try lease.order.residue(lease.undo, using: instruments)
  }

  /// The active faults of other leases, as far as the folder can be read. Their own reverts restore what these faults
  /// need.
  func activeFaults(besides name: String) -> [ActiveFault] {
    let boot = try? Clock.bootIdentity()
    return ((try? names()) ?? []).filter { $0 != name }.compactMap { other in
      guard let lease = try? read(other), lease.boot == boot, let status = try? status(of: lease),
        status.isStarted, status.revert == nil
      else { return nil }
      return ActiveFault(order: lease.order, undo: lease.undo)
    }
  }

  /// Whether the lease no longer permits an injection.
  func isOver(_ lease: Lease) -> Bool {
    lease.terms.isOver(
      at: Nanoseconds(Clock.boottime.now), try? status(of: lease),
      isOnDisk: access(file(lease.name), F_OK) == 0)
  }

  /// Whether a lease's record can be deleted. If not, the record stays for `murphy recover`.
  func isKnownToBeOver(_ lease: Lease) -> Bool { (try? status(of: lease))?.isKnownToBeOver == true }

  /// Logs an event of a lease, unless its record was deleted. A failed write is reported on stderr.
  ///
  /// - Parameter isSynced: whether to wait for the disk. If not, the entry survives this process but not a crash of the
  ///   machine.
  func noteIfPossible(_ happening: LeaseHappening, of name: String, isSynced: Bool = true) {
    guard access(file(name), F_OK) == 0 else { return }
    do {
      if isSynced { try note(happening, of: name) } else { try announce(happening, of: name) }
    } catch {
      printToStandardError("murphy-agent: lease \(name): \(error)")
    }
  }

  /// Not copyable, so that a lock has one owner. It is a class, so that it can be optional.
  private final class HeldLock {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }
}
