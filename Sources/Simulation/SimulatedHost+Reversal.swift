import AgentProtocol
import Journal
import Leases
import Scenario

/// Performs the acts of `Reversal` and `FinalObservation` on a simulated host, in virtual time.
extension SimulatedHost {
  /// Undoes a fault, regardless of its log. `then` gets the residue, or nil if the undo failed.
  func undo(
    _ lease: SimulatedLease, by cause: RevertCause, in process: SimulatedProcess,
    then: @escaping (_ residue: [String]?) -> Void
  ) {
    if let power = lease.power { return switchOn(power.bmc, for: lease, by: cause, in: process, then: then) }
    process.after(.milliseconds(simulation.number(in: 1...15))) { [self] in
      guard undoWorks else {
        simulation.count(.undoFailed)
        simulation.note("\(name): the undo of \(lease.name) fails")
        return then(simulation.chance(0.5) ? ["it is still active"] : nil)
      }
      deactivate(lease.name, by: cause)
      then([])
    }
  }

  /// Queries a BMC for the power, and switches it on if it is off.
  private func switchOn(
    _ bmc: SimulatedBMC, for lease: SimulatedLease, by cause: RevertCause, in process: SimulatedProcess,
    then: @escaping (_ residue: [String]?) -> Void
  ) {
    func fail(_ residue: [String]?) {
      simulation.count(.undoFailed)
      simulation.note("\(name): the undo of \(lease.name) fails")
      then(residue)
    }
    bmc.query(by: process) { [self] answer in
      switch answer {
      case .none: fail(nil)
      case .power(isOn: true):
        deactivate(lease.name, by: cause)
        then([])
      case .power(isOn: false):
        bmc.send(.on, by: process, done: { [self] in switchedOn(by: lease, cause) }) { failure in
          if failure != nil { return fail(nil) }
          // A board needs some time.
          func look(_ left: Int) {
            if bmc.isOn { return then([]) }
            if left == 0 { return fail(["the BMC shows the power off"]) }
            process.after(.milliseconds(200)) { look(left - 1) }
          }
          look(10)
        }
      }
    }
  }

  /// Observes an effect immediately before its undo, and logs the observation.
  func observeLast(at lease: SimulatedLease, seen: Nanoseconds? = nil) -> LastObservation? {
    var observation = FinalObservation(at: lease.terms, boot: boot, now: reading, seen: seen)
    var step = ReversalStep<LastObservation?>.perform(.readLog)
    while true {
      switch step {
      case .finished(let seen): return seen
      case .perform(let act): step = observation.handle(answer(act, on: lease))
      }
    }
  }

  /// Performs an act of the final observation. None of these acts takes time.
  private func answer(_ act: ReversalAct, on lease: SimulatedLease) -> ReversalEvent {
    switch act {
    case .readLog: return .log(status(of: lease))
    case .judge:
      return switch isActive(lease) {
      case nil: .judged(.unknown)
      case true?: .judged(.active(asked: reading))
      case false?: .judged(.inactive(reason: "gone", answered: reading, boottime: reading))
      }
    case .note(let happening, let isSynced):
      noteAtOnce(happening, of: lease.name, isDurable: isSynced)
      return .noted
    case .tryLock, .pause, .undo: preconditionFailure("the final observation does not \(act)")
    }
  }

  private func status(of lease: SimulatedLease) -> LeaseStatus {
    disk[lease.name]?.status ?? .untouched(lease)
  }

  /// Reverts a lease. `then` gets the revert with its residue, or nil if the undo failed.
  func revert(
    _ lease: SimulatedLease, cause: RevertCause, after observation: LastObservation? = nil,
    in process: SimulatedProcess, then: @escaping (Revert?) -> Void
  ) {
    var reversal = Reversal(of: lease.terms, boot: boot, cause: cause, after: observation, now: reading)
    var lock: LeaseLock?
    func finish(_ revert: Revert?) {
      if let lock, leaseLocks[lease.name] === lock { leaseLocks[lease.name] = nil }
      then(revert)
    }
    func goOn(_ event: ReversalEvent) {
      switch reversal.handle(event, at: reading) {
      case .finished(let revert): finish(revert)
      case .perform(let act): perform(act)
      }
    }
    func perform(_ act: ReversalAct) {
      switch act {
      case .tryLock:
        let isBusy = leaseLocks[lease.name]?.process.isAlive == true
        if !isBusy {
          lock = LeaseLock(process)
          leaseLocks[lease.name] = lock
        }
        goOn(.lock(isBusy: isBusy))
      case .pause(let span): process.after(span) { goOn(.paused) }
      case .undo:
        simulation.adversary.mayStrike(.reverting, lease: lease.name, on: self, in: process)
        process.enter { [self] in
          undo(lease, by: cause, in: process) { [self] residue in
            if let residue { goOn(.undone(residue: residue, at: reading)) } else { finish(nil) }
          }
        }
      case .note(.reverted(let revert), _):
        simulation.referee.verifiedEnd(lease.name, revert, on: self)
        simulation.adversary.mayStrike(.unnoted, lease: lease.name, on: self, in: process)
        process.enter { [self] in append(.reverted(revert), of: lease.name, by: process) { goOn(.noted) } }
      case .readLog, .judge, .note: goOn(answer(act, on: lease))
      }
    }
    perform(.tryLock)
  }
}
