import AgentProtocol
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

extension LeaseFolder {
  /// Looks at a fault's effect right before it is undone, in the order of `FinalLook`, and notes in the lease's log what
  /// it saw.
  ///
  /// - Parameter seen: when this process last saw the effect to be active.
  /// - Returns: nil where the fault was never injected.
  func lookLast(at lease: Lease, seen: Nanoseconds? = nil, using instruments: Instruments) -> LastLook? {
    let boot: String
    do {
      boot = try Clock.bootIdentity()
    } catch {
      printToStandardError("murphy-agent: lease \(lease.name): its effect can't be looked at: \(error)")
      return seen.map { LastLook(lastActive: $0) }
    }
    var look = FinalLook(at: lease.terms, boot: boot, now: monotonic, seen: seen)
    var step = ReversalStep<LastLook?>.perform(.readLog)
    while true {
      switch step {
      case .finished(let seen): return seen
      case .perform(let act): step = look.handle(perform(act, on: lease, using: instruments))
      }
    }
  }

  /// Performs an act that both a last look and a revert need.
  func perform(_ act: ReversalAct, on lease: Lease, using instruments: Instruments) -> ReversalEvent {
    switch act {
    case .readLog: return .log(try? standing(of: lease))
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
      printToStandardError("murphy-agent: lease \(lease.name): its effect can't be looked at: \(error)")
      return .unknown
    }
  }

  var monotonic: Nanoseconds { Nanoseconds(Clock.monotonic.now) }

  /// Whether its effect is no longer this lease's to show: it is being undone, was undone, or is due to be.
  func isBeingReverted(_ lease: Lease) -> Bool {
    isOver(lease) || (try? standing(of: lease))?.lastLook != nil
  }
}
