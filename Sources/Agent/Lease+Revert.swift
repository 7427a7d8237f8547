import Faults
import Journal
import Linux
import Scenario

extension LeaseFolder {
  /// Lifts a fault, sees that it is gone, and notes that: the one way by which agent, watchdog and `murphy recover`
  /// do it. Where it was lifted before, returns what was noted then.
  ///
  /// Two processes may come here at once: one waits for the other for a quarter second, and then goes ahead, since
  /// the other may have been stopped while it held the lock, and a revert done twice does no harm.
  public func revert(
    _ lease: Lease, cause: RevertCause, using instruments: Instruments
  ) throws -> Revert {
    let patience = Clock.monotonic.now + 250_000_000
    var lock = try FileLock(lockFile(lease.name))
    while lock == nil, Clock.monotonic.now < patience {
      sleepBriefly()
      lock = try FileLock(lockFile(lease.name))
    }
    if let past = try standing(of: lease).revert { return past }
    // After a reboot, links and tables of before are gone, and a process id means another process: what the undo
    // names is looked up anew by the fault itself, so reverting stays right.
    try lease.order.revert(lease.undo, using: instruments)
    let residue = try lease.order.residue(lease.undo, using: instruments)
    let revert = Revert(at: Nanoseconds(Clock.monotonic.now), cause: cause, residue: residue)
    if residue.isEmpty { try note(.reverted(revert), of: lease.name) }
    return revert
  }
}
