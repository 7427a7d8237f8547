import AgentProtocol
import Journal
import Scenario

/// The state machine of a run, as a value without I/O, clock or randomness.
///
/// `handle` takes an occurrence with its time, and returns commands. The runner performs them with real agents, probes
/// and clocks; the simulation performs them in virtual time. Four values have the state: whether the run may begin
/// (`Admission`), its leases (`RunLeases`), the platform as it is known now (`Platform`), and the course of a trial
/// (`TrialCourse`). The conductor passes occurrences to them, and translates their results into commands.
package struct Conductor: Sendable {
  enum Stage: Equatable {
    case connecting
    case surveying
    case checking
    case steady(since: Nanoseconds)
    case faults(since: Nanoseconds)
    case recovery(since: Nanoseconds)
    case audit(since: Nanoseconds)
    case ending(since: Nanoseconds)
    case finished
  }

  let scenario: Scenario
  let fleet: Fleet
  let draws: TrialDraws
  let part: TrialPart
  /// By host, as it was surveyed.
  var fingerprints: [String: [String: String]] = [:]
  var admission: Admission
  var leases: RunLeases
  var platform: Platform
  var trial: TrialCourse
  var audit = Audit()

  var stage = Stage.connecting
  var startedAt = Nanoseconds.zero
  /// The time of the last occurrence.
  private var clock = Nanoseconds.zero
  /// Sites that refused before their first answer.
  var refusing: [String: String] = [:]
  var surveyed: Set<String> = []
  var abortReason: String?
  var commands: [Command] = []

  /// How long before its injection a lease is armed: time for snapshot, disk, watchdog and preparations.
  static let armingLead = Nanoseconds.seconds(2)
  /// How long after a lease's end its host may take to report the revert, before the conductor asks the host.
  static let revertPatience = Nanoseconds.seconds(3)
  /// How long after the last lease's end the run waits for reports of hosts. After that it reports that a fault may
  /// still be active.
  static let endPatience = Nanoseconds.seconds(120)

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - catalogue: the faults that its steps may name.
  ///   - tag: a few characters of a-z and 0-9 that distinguish this run's leases from those of other runs.
  ///   - draws: decides every choice that the scenario leaves open.
  ///   - part: the trials to make; nil for all.
  ///   - reachedThrough: for each host, the hosts of the fleet through which ssh reaches it.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, tag: String, draws: TrialDraws,
    part: TrialPart? = nil, reachedThrough: [String: [String]] = [:]
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.draws = draws
    let part = part ?? TrialPart(1...max(1, scenario.trials))
    self.part = part
    admission = Admission(
      scenario: scenario, fleet: fleet, catalogue: catalogue, draws: draws, reachedThrough: reachedThrough)
    leases = RunLeases(tag: tag)
    platform = Platform(fleet, reachedThrough: reachedThrough)
    trial = TrialCourse(part.trials.lowerBound, of: scenario, in: fleet, draws)
  }

  /// The sites that may have leases: the hosts, and the controller if a step needs it.
  package var sites: [String] { admission.sites }

  /// The hosts that run a domain, by the last report of each, in the fleet's order.
  package func hosts(running domain: String) -> [String] {
    fleet.hosts.map(\.name).filter { platform.running[$0]?.contains(domain) == true }
  }

  /// Whether a host doesn't answer although no obstacle on its path is known, or a fault takes it.
  package func isDown(_ host: String) -> Bool { platform.isDown(host, leases.takings, at: clock) }

  /// When `tick` must be called if nothing else happens before.
  ///
  /// During a run this is in a tenth of a second, or at the time of the next fault.
  package func nextDue(after now: Nanoseconds) -> Nanoseconds {
    let soon = now + .milliseconds(100)
    return min(soon, trial.nextInjection(after: now) ?? soon)
  }

  /// Takes an occurrence, and returns commands.
  ///
  /// - Parameter now: the controller's monotonic clock since the run began.
  package mutating func handle(_ occurrence: Occurrence, at now: Nanoseconds) -> [Command] {
    commands = []
    clock = now
    if stage == .finished { return [] }
    take(occurrence, at: now)
    advance(at: now)
    return commands
  }

  /// Advances the run as far as the present state allows.
  private mutating func advance(at now: Nanoseconds) {
    switch stage {
    case .connecting: advanceConnecting(at: now)
    case .surveying: advanceSurveying(at: now)
    case .checking: advanceChecking(at: now)
    case .steady(let since): advanceSteady(since: since, at: now)
    case .faults(let since): advanceFaults(since: since, at: now)
    case .recovery(let since): advanceRecovery(since: since, at: now)
    case .audit(let since): advanceAudit(since: since, at: now)
    case .ending(let since): advanceEnding(since: since, at: now)
    case .finished: break
    }
  }

  mutating func record(_ event: Event) { commands.append(.record(event)) }

  /// Whether a condition is met now, by the last observations.
  func holds(_ condition: Condition, at now: Nanoseconds) -> Bool {
    switch condition {
    case .exceeds(let quantity, let limit): platform.value(of: quantity, leases.takings, at: now) > limit
    case .down(let probe, let span): trial.probes.failingSince(probe).map { now - $0 > span } ?? false
    case .sees(let view, let object, let state): platform.views.sees(view, object, state)
    }
  }

  /// Requests the states of hosts for the audit. A host first resumes domains that arrived there after their lease's end.
  mutating func askStates(of hosts: [String]) {
    if hosts.isEmpty { return }
    let ended = leases.all.filter {
      $0.state == .reverted && !$0.assignment.traits.footprint.domains.isEmpty
    }
    let names = ended.map(\.name).sorted()
    for host in hosts { commands.append(.state(host: host, thawing: names)) }
  }

  mutating func askRevert(_ lease: RunLease, _ cause: RevertCause, at now: Nanoseconds) {
    guard platform.connected.contains(lease.host) else { return }
    if leases.askRevert(lease.name, at: now) { record(.leaseReverting(lease: lease.name, cause: cause)) }
    commands.append(.revert(host: lease.host, lease: lease.name))
  }

  /// Requests the deletion of the records of reverted leases, in the audit, from the hosts that answer. An earlier
  /// session that held these leases must have ended.
  mutating func forgetLeases(at now: Nanoseconds) {
    for lease in leases.forget(on: platform.connected, at: now) {
      commands.append(.forget(host: lease.host, lease: lease.name))
    }
  }
}
