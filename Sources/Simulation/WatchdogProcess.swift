import Leases
import AgentProtocol
import Journal
import Scenario

/// A lease's watchdog: it waits for its agent's end, or until shortly after the deadline, then follows
/// `WatchdogCourse`.
final class WatchdogProcess: SimulatedProcess {
  let lease: SimulatedLease
  /// When its agent died.
  private(set) var agentDiedAt: Nanoseconds?
  private var hasBegun = false
  private var course: WatchdogCourse

  init(_ lease: SimulatedLease, of agent: AgentSession, on host: SimulatedHost) {
    self.lease = lease
    course = WatchdogCourse(of: lease.terms)
    super.init(on: host)
    agent.mourners.append { [weak self] in
      guard let self else { return }
      agentDiedAt = simulation.now
      enter { [weak self] in self?.begin() }
    }
    simulation.at(host.clock.time(of: WatchdogCourse.begins(lease.terms))) { [weak self] in
      self?.enter { [weak self] in self?.begin() }
    }
  }

  override func end() {
    super.end()
    host.watchdogs.removeAll { $0 === self }
  }

  private func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    perform(.observe)
  }

  private func perform(_ act: WatchdogCourse.Act) {
    switch act {
    case .observe:
      let observation = host.observeLast(at: lease)
      goOn(.observed(observation, host.disk[lease.name]?.status ?? .untouched(lease)))
    case .undo: host.undo(lease, by: .watchdog, in: self) { [self] _ in goOn(.undone) }
    case .pause(let span): after(span) { [self] in goOn(.paused) }
    case .revert(let observation):
      host.revert(lease, cause: .watchdog, after: observation, in: self) { [self] in
        goOn(.reverted($0?.residue.isEmpty == true))
      }
    case .end:
      simulation.referee.released(lease.name, by: "its watchdog", on: host)
      end()
    }
  }

  private func goOn(_ event: WatchdogCourse.Event) { perform(course.handle(event)) }
}
