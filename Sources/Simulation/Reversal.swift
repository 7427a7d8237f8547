import Journal
import Scenario

/// How a fault is lifted on a host, step by step: `LeaseFolder.revert`, and `lookLast` and `undo` below it.
extension SimulatedHost {
  /// Undoes a fault, whatever was noted of it; `then` hears whether that worked.
  func undo(
    _ lease: SimulatedLease, by cause: RevertCause, in process: SimulatedProcess,
    then: @escaping (Bool) -> Void
  ) {
    process.after(.milliseconds(simulation.number(in: 1...15))) { [self] in
      guard undoWorks else {
        simulation.count(.undoFailed)
        simulation.note("\(name): the undo of \(lease.name) fails")
        return then(false)
      }
      deactivate(lease.name, by: cause)
      then(true)
    }
  }

  /// Looks at an effect right before it is undone, and notes that it is about to be.
  func lookLast(at lease: SimulatedLease, seen: Nanoseconds? = nil) -> SimulatedLook? {
    let record = disk[lease.name]
    if let noted = record?.lastLook { return noted }
    guard seen != nil || record?.isLetGo == true || record?.effect != nil else { return nil }
    let look: SimulatedLook
    let before = seen ?? record?.effect?.at
    if let ended = record?.ended {
      look = SimulatedLook(lastActive: ended.lastActive, ended: ended)
    } else if lease.boot != boot {
      look = SimulatedLook(ended: SimulatedEnd(firstEnded: reading, boot: boot, cause: .reboot))
    } else if active[lease.name] != nil {
      look = SimulatedLook(lastActive: reading)
    } else {
      let isPastTimeouts = reading >= lease.deadline + KernelRevert.grace
      look = SimulatedLook(
        lastActive: before,
        ended: SimulatedEnd(
          lastActive: before, firstEnded: reading, boot: boot,
          cause: isPastTimeouts && lease.isLiftedByKernel ? .kernel : .others))
    }
    noteUnsynced(.reverting(look), of: lease.name)
    return look
  }

  /// Lifts a fault and notes it; `then` hears what is noted, or nil where it could not be lifted.
  func revert(
    _ lease: SimulatedLease, cause: RevertCause, after look: SimulatedLook? = nil,
    in process: SimulatedProcess, then: @escaping (SimulatedRevert?) -> Void
  ) {
    takeLock(of: lease.name, in: process, until: simulation.now + .milliseconds(250)) { [self] lock in
      func finish(_ revert: SimulatedRevert?) {
        if let lock, leaseLocks[lease.name] === lock { leaseLocks[lease.name] = nil }
        then(revert)
      }
      if let record = disk[lease.name], let past = record.revert, !record.isInDoubt { return finish(past) }
      let look = look ?? lookLast(at: lease)
      simulation.adversary.mayStrike(.reverting, lease: lease.name, on: self, in: process)
      process.enter { [self] in
        func noteEnd() {
          let revert = SimulatedRevert(at: reading, boot: boot, cause: cause, lastLook: look)
          simulation.referee.verifiedEnd(lease.name, revert, on: self)
          simulation.adversary.mayStrike(.unnoted, lease: lease.name, on: self, in: process)
          process.enter { [self] in
            append(.reverted(revert), of: lease.name, by: process) { finish(revert) }
          }
        }
        // What another boot's undo recorded is never applied.
        if lease.boot != boot { return noteEnd() }
        undo(lease, by: cause, in: process) { worked in
          if worked { noteEnd() } else { finish(nil) }
        }
      }
    }
  }

  private func takeLock(
    of lease: String, in process: SimulatedProcess, until patience: Nanoseconds,
    then: @escaping (LeaseLock?) -> Void
  ) {
    if leaseLocks[lease]?.process.isAlive != true {
      let lock = LeaseLock(process)
      leaseLocks[lease] = lock
      then(lock)
    } else if simulation.now >= patience {
      then(nil)
    } else {
      process.after(.milliseconds(5)) { [self] in
        takeLock(of: lease, in: process, until: patience, then: then)
      }
    }
  }
}
