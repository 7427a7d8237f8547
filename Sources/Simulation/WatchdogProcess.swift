import Leases
import AgentProtocol
import Journal
import Scenario

/// A lease's watchdog, as `Watchdog` is: it waits for its agent's end or for a little past the deadline, then lifts
/// the fault, again and again until that works.
final class WatchdogProcess: SimulatedProcess {
  let lease: SimulatedLease
  /// When its agent died.
  private(set) var agentDiedAt: Nanoseconds?
  private var isLifting = false
  private var look: SimulatedLook?

  init(_ lease: SimulatedLease, of agent: AgentSession, on host: SimulatedHost) {
    self.lease = lease
    super.init(on: host)
    agent.mourners.append { [weak self] in
      guard let self else { return }
      agentDiedAt = simulation.now
      enter { [weak self] in self?.lift() }
    }
    simulation.at(host.clock.time(of: lease.deadline + WatchdogTiming.grace)) { [weak self] in
      self?.enter { [weak self] in self?.lift() }
    }
  }

  override func end() {
    super.end()
    host.watchdogs.removeAll { $0 === self }
  }

  private func lift() {
    guard !isLifting else { return }
    isLifting = true
    look = host.lookLast(at: lease)
    let record = host.disk[lease.name]
    // An act that nobody saw the end of may still come.
    if record?.isInDoubt == true {
      undoDoubtful(WatchdogTiming.doubtfulSeconds)
    } else {
      liftForGood()
    }
  }

  private func undoDoubtful(_ rounds: Int) {
    guard rounds > 0 else { return liftForGood() }
    host.undo(lease, by: .watchdog, in: self) { [self] _ in
      after(.seconds(1)) { [self] in undoDoubtful(rounds - 1) }
    }
  }

  private func liftForGood() {
    host.revert(lease, cause: .watchdog, after: look, in: self) { [self] revert in
      if revert == nil {
        after(.seconds(1)) { [self] in liftForGood() }
      } else {
        simulation.referee.letGo(lease.name, by: "its watchdog", on: host)
        end()
      }
    }
  }
}
