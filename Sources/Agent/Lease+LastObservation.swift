import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension LeaseFolder {
  /// Observes a fault's effect just before the undo, in the order of `FinalObservation`, and logs the observation.
  ///
  /// - Parameter seen: when this process last observed the effect.
  /// - Returns: nil if the fault was never injected.
  func observeLast(at lease: Lease, seen: Nanoseconds? = nil, using instruments: Instruments)
    -> LastObservation?
  {
    let boot: String
    do {
      boot = try Clock.bootIdentity()
    } catch {
      printToStandardError("murphy-agent: lease \(lease.name): its effect can't be observed: \(error)")
      return seen.map { LastObservation(lastActive: $0) }
    }
    var observation = FinalObservation(at: lease.terms, boot: boot, now: monotonic, seen: seen)
    var step = ReversalStep<LastObservation?>.perform(.readLog)
    while true {
      switch step {
      case .finished(let seen): return seen
      case .perform(let act): step = observation.handle(perform(act, on: lease, using: instruments))
      }
    }
  }

  /// Performs an act that both the last observation and the revert need.
  func perform(_ act: ReversalAct, on lease: Lease, using instruments: Instruments) -> ReversalEvent {
    switch act {
    case .readLog: return .log(try? status(of: lease))
    case .judge: return .judged(judge(lease, using: instruments))
    case .note(let happening, let isSynced):
      noteIfPossible(happening, of: lease.name, isSynced: isSynced)
      return .noted
    case .pause(let span):
      usleep(UInt32(span.count / 1000))
      return .paused
    case .tryLock, .undo: preconditionFailure("the revert itself performs \(act)")
    }
  }

  private func judge(_ lease: Lease, using instruments: Instruments) -> ReversalEvent.Judgement {
    let asked = monotonic
    do {
      switch try lease.order.judge(lease.undo)(instruments) {
      case .active: return .active(asked: asked)
      case .inactive(let reason):
        return .inactive(
          reason: reason, answered: monotonic, boottime: Nanoseconds(Clock.boottime.now))
      }
    } catch {
      printToStandardError("murphy-agent: lease \(lease.name): its effect can't be observed: \(error)")
      return .unknown
    }
  }

  var monotonic: Nanoseconds { Nanoseconds(Clock.monotonic.now) }

  /// Whether its revert is due, has begun, or has ended. The effect then proves no early end.
  func isBeingReverted(_ lease: Lease) -> Bool {
    isOver(lease) || (try? status(of: lease))?.lastObservation != nil
  }
}
