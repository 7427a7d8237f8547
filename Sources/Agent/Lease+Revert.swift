import AgentProtocol
import Faults
import Glibc
import Journal
import Linux
import Scenario

extension LeaseFolder {
  /// Lifts a fault, sees that it is gone, and notes that: the one way by which agent, watchdog and `murphy recover`
  /// do it. Where it is known to have been lifted before, returns what was noted then.
  ///
  /// Before it is undone, its effect is looked at for the last time; a caller that tries again, or undoes on its own
  /// before it calls this, has looked already.
  ///
  /// The disk helps where it can, and is not needed: a folder that is full, read-only or gone keeps nobody from
  /// lifting. Two processes may come here at once: one waits for the other for a twentieth second, then goes ahead,
  /// since the other may have been stopped while it held the lock, and a revert done twice does no harm.
  package func revert(
    _ lease: Lease, cause: RevertCause, after look: LastLook? = nil, using instruments: Instruments
  ) throws -> Revert {
    // Held until this returns.
    let lock = waitForLock(of: lease.name)
    defer { withExtendedLifetime(lock) {} }
    // An act that nobody saw the end of may have come after its end was noted: then that note says nothing.
    if let standing = try? standing(of: lease), let past = standing.revert, !standing.isInDoubt {
      return past
    }
    let look = look ?? lookLast(at: lease, using: instruments)
    let residue: [String]
    let boot = try Clock.bootIdentity()
    if lease.boot == boot {
      residue = try undo(lease, using: instruments)
    } else {
      // The kernel that held the fault is gone, and its links, tables and processes with it. What the undo records is
      // of another boot: restoring it would be an act of its own.
      residue = []
    }
    let revert = Revert(
      at: Nanoseconds(Clock.monotonic.now), cause: cause, residue: residue, boot: boot, lastLook: look)
    if residue.isEmpty { noteIfPossible(.reverted(revert), of: lease.name) }
    return revert
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

  /// What was noted of a lease's end; nil too where nothing can be read, so that whoever asks lifts it once more.
  func lifted(_ lease: Lease) -> Revert? { (try? standing(of: lease))?.revert }

  /// Whether its deadline is past, or somebody lifted it, or dropped its record as `murphy recover` does then.
  func isOver(_ lease: Lease) -> Bool {
    Nanoseconds(Clock.boottime.now) >= lease.deadline || lifted(lease) != nil
      || access(file(lease.name), F_OK) != 0
  }

  /// Whether a lease's end was noted and no act of its can come after that: then its record can be dropped. One that
  /// stays is for `murphy recover`, until another run begins.
  func isKnownToBeOver(_ lease: Lease) -> Bool {
    guard let standing = try? standing(of: lease) else { return false }
    return standing.revert != nil && !standing.isInDoubt
  }

  /// Notes what became of a lease, unless its record was dropped; a disk that refuses is told on stderr.
  ///
  /// - Parameter isSynced: whether it waits for the disk; else the note outlives the process, not the machine.
  func noteIfPossible(_ happening: Happening, of name: String, isSynced: Bool = true) {
    guard access(file(name), F_OK) == 0 else { return }
    do {
      if isSynced { try note(happening, of: name) } else { try announce(happening, of: name) }
    } catch {
      printToStandardError("murphy-agent: lease \(name): \(error)")
    }
  }

  private final class HeldLock {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }

  /// The lease's own file is what is locked: a file beside it would be left behind by whoever comes when it was dropped.
  private func waitForLock(of name: String) -> HeldLock? {
    let patience = Clock.monotonic.now + 50_000_000
    while Clock.monotonic.now < patience {
      do throws(SystemError) {
        if let lock = try FileLock(existing: file(name)) { return HeldLock(lock) }
      } catch {
        return nil
      }
      sleepBriefly()
    }
    return nil
  }
}
