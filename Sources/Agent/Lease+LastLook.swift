import AgentProtocol
import Faults
import Glibc
import Journal
import Linux
import Scenario

extension LeaseFolder {
  /// Looks at a fault's effect right before it is undone, and notes in the lease's log that it is about to be: what anybody
  /// sees of the effect after that is the undo's own. Whoever looks second gets what the first saw.
  ///
  /// - Parameter seen: when this process last saw the effect to be active.
  /// - Returns: nil where the fault was never injected.
  func lookLast(at lease: Lease, seen: Nanoseconds? = nil, using instruments: Instruments) -> LastLook? {
    let standing = try? standing(of: lease)
    if let noted = standing?.lastLook { return noted }
    // A log that can't be read says nothing.
    if let standing, !standing.isLetGo, standing.effect == nil, seen == nil { return nil }
    guard let look = look(at: lease, standing, seen: seen, using: instruments) else { return nil }
    noteIfPossible(.reverting(look), of: lease.name, isSynced: false)
    return look
  }

  private func look(
    at lease: Lease, _ standing: LeaseStanding?, seen: Nanoseconds?, using instruments: Instruments
  ) -> LastLook? {
    if let ended = standing?.ended { return LastLook(lastActive: ended.lastActive, ended: ended) }
    let before = seen ?? standing?.effect?.at
    do {
      let boot = try Clock.bootIdentity()
      if lease.boot != boot {
        // The kernel that held it is gone; that of its clock too.
        return LastLook(
          ended: EarlyEnd(
            firstEnded: Nanoseconds(Clock.monotonic.now), boot: boot, cause: .reboot,
            reason: "the host has booted since"))
      }
      let asked = Nanoseconds(Clock.monotonic.now)
      switch try lease.order.judge(lease.undo)(instruments) {
      case .active: return LastLook(lastActive: asked)
      case .inactive(let reason):
        let answered = Nanoseconds(Clock.monotonic.now)
        // Somebody may have begun to undo it since the log was read.
        if let again = try? self.standing(of: lease), again.lastLook != nil || again.revert != nil {
          return again.lastLook
        }
        let isPastTimeouts = Nanoseconds(Clock.boottime.now) >= lease.deadline + KernelRevert.grace
        return LastLook(
          lastActive: before,
          ended: EarlyEnd(
            lastActive: before, firstEnded: answered, boot: boot,
            cause: isPastTimeouts && lease.order.fault.kernelRevert == .expires ? .kernel : .others,
            reason: reason))
      }
    } catch {
      printToStandardError("murphy-agent: lease \(lease.name): its effect can't be looked at: \(error)")
      return LastLook(lastActive: before)
    }
  }

  /// Whether its effect is no longer this lease's to show: it is being undone, was undone, or is due to be.
  func isBeingReverted(_ lease: Lease) -> Bool {
    isOver(lease) || (try? standing(of: lease))?.lastLook != nil
  }
}
