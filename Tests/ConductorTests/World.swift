import Faults
import Journal
import Scenario
import Views

@testable import Agent
import AgentProtocol
@testable import Conductor

/// A platform in virtual time around a conductor: hosts with agents, a path to each, views and a probe.
///
/// Hosts keep their leases like agents: by their own clock, whether or not their reports arrive. Each command of the
/// conductor is checked, and `faults` lists its errors.
final class World {
  struct Lease {
    var fault: String
    var takes: Set<String>
    var cutsPath: Bool
    var deadline: Nanoseconds
    var effect: LeaseEffective?
    var revert: LeaseReverted?
    var isSettled = false
    /// Whether it was injected and isn't reverted.
    var holds: Bool { effect != nil && revert == nil }
  }

  final class Host {
    var leases: [String: Lease] = [:]
    /// The causes that cut its path: faults and broken cables.
    var cuts = 0
    /// The id of its boot.
    var boot = "boot" { didSet { state.boot = boot } }
    /// Whether it has answered the conductor.
    var isServed = false
    var running: [String] = []
    var state = HostState(
      boot: "boot",
      lines: ["eth0", "eth1"].map { HostState.Line(.network, of: [$0], "link \($0) up") })
    var foreignLeases: [LeaseStatus] = []
    /// Domains that arrived while a lease of another host had suspended them, by that lease.
    var orphans: [String: String] = [:]
    var refusesRun: String?
    var isDead = false
    var missing: [String] = []
    var refusesArm: String?
    var refusesInject: String?
    var ignoresArm = false
    var ignoresInject = false
    var ignoresState = false
    /// The reason why its faults are never reverted.
    var stuck: String?
    /// Whether the control path runs over the links that faults cut.
    var pathOverLinks = true
  }

  private struct Due {
    var time: Nanoseconds
    var number: Int
    var act: (World) -> Void
  }

  let scenario: Scenario
  let fleet: Fleet
  var conductor: Conductor
  /// The delay of every message.
  var delay = Nanoseconds.milliseconds(5)
  private(set) var now = Nanoseconds.zero
  var hosts: [String: Host] = [:]
  private var due: [Due] = []
  private var count = 0
  /// The state of the website, and the beliefs of the views.
  var website: (World) -> Sample.Verdict = { _ in .ok }
  /// The latency of the website's answers.
  var latency: (World) -> Nanoseconds = { _ in .milliseconds(1) }
  var manager: (World) -> ManagerState = { $0.managerByTruth }
  var storage: (World) -> StorageState = { _ in
    StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
  }
  /// The faults that cut the control path, if it uses links that faults cut.
  var cutsPath: (FaultTraits) -> Bool = { !$0.footprint.links.isEmpty }
  var audit = WritesAudit(probe: "writes", present: [[1, 10]])
  var answersAudit = true
  /// Whether hosts that lose their power get it back immediately, as after a reset.
  var bootsAtOnce = false
  /// Whether they run another boot then.
  var bootsAnew = true

  /// The commands of the conductor.
  private(set) var journal: [(at: Nanoseconds, event: Event)] = []
  private(set) var commands: [(at: Nanoseconds, command: Command)] = []
  /// The samples of the prober.
  private(set) var samples: [Sample] = []
  private(set) var ending: Ending?
  private(set) var endings = 0
  /// The errors of the conductor.
  private(set) var faults: [String] = []
  private(set) var requested: Set<String> = []
  private var probing: Int?
  private var watching = false

  init(
    _ scenario: Scenario, _ fleet: Fleet = .tdf, seed: UInt64 = 1, reachedThrough: [String: [String]] = [:]
  ) {
    self.scenario = scenario
    self.fleet = fleet
    conductor = Conductor(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, tag: "3f9a", seed: seed,
      reachedThrough: reachedThrough)
    for host in fleet.hosts { hosts[host.name] = Host() }
    if conductor.sites.contains(Site.controller.name) { hosts[Site.controller.name] = Host() }
    hosts["dauntless"]?.running = ["web"]
  }

  // MARK: Time

  /// Schedules an act at a time.
  func at(_ time: Nanoseconds, _ act: @escaping (World) -> Void) {
    count += 1
    due.append(Due(time: time, number: count, act: act))
  }

  func after(_ span: Nanoseconds, _ act: @escaping (World) -> Void) { at(now + span, act) }

  /// Runs to the end, or to a limit.
  @discardableResult func run(until limit: Nanoseconds = .seconds(3600)) -> Ending? {
    report(.start)
    while ending == nil, now < limit {
      let asked = conductor.nextDue(after: now)
      if asked <= now { fault("asks to be called at \(asked), which is past: a loop without a wait") }
      let tick = now + max(asked - now, .milliseconds(1))
      if let index = due.indices.min(by: { (due[$0].time, due[$0].number) < (due[$1].time, due[$1].number) }),
        due[index].time <= tick
      {
        let next = due.remove(at: index)
        now = max(now, next.time)
        next.act(self)
      } else {
        now = tick
        report(.tick)
      }
    }
    // No command may follow the end.
    if ending != nil {
      for occurrence in [Occurrence.tick, .interrupted(signal: "SIGINT"), .lost(host: "falco", "late")] {
        if !conductor.handle(occurrence, at: now + .seconds(1)).isEmpty { fault("acts after its end") }
      }
    }
    return ending
  }

  func report(_ occurrence: Occurrence) {
    for command in conductor.handle(occurrence, at: now) { carryOut(command) }
  }

  private func fault(_ text: String) { faults.append("\(now): \(text)") }

  // MARK: Commands

  private func carryOut(_ command: Command) {
    commands.append((now, command))
    if ending != nil { fault("issues \(command) after its end") }
    switch command {
    case .record(let event):
      journal.append((now, event))
      if case .leaseRequested(let request) = event {
        if !requested.insert(request.lease).inserted { fault("\(request.lease) was requested twice") }
      }
    case .connect(let host): connect(host)
    case .watch:
      watching = true
      look()
    case .survey(let host):
      ask(host) { world, agent in
        .surveyed(
          HostSurvey(
            host: host, fingerprint: [:], running: agent.running, clockOffset: .zero,
            clockUncertainty: .milliseconds(1)))
      }
    case .check(let host, let step, let order, _):
      ask(host) { world, agent in
        .checked(
          host: host, step: step, cutsControlPath: world.cutsPath(order, of: agent), missing: agent.missing)
      }
    case .thaw(let host, let leases):
      ask(host) { world, agent in
        world.thaw(leases, on: agent)
        return nil
      }
    case .state(let host, let leases):
      ask(host) { world, agent in
        world.thaw(leases, on: agent)
        if agent.ignoresState { return nil }
        var state = agent.state
        state.lines += agent.orphans.values.map { .init(.domains, of: [$0], "domain \($0) paused (user)") }
        return .state(host: host, state)
      }
    case .startProbes(let trial):
      probing = trial
      probe(number: 1, of: trial)
    case .stopProbes: probing = nil
    case .auditWrites:
      if answersAudit {
        let audit = audit
        after(.milliseconds(20)) { $0.report(.writes(audit)) }
      }
    case .arm(let host, let lease, let order, let begins, let duration):
      arm(host, lease, order, begins, duration)
    case .inject(let host, let lease): inject(host, lease)
    case .revert(let host, let lease):
      ask(host) { world, agent in
        guard let held = agent.leases[lease], !held.isSettled else {
          world.reportStatuses(of: host)
          return .stuck(lease: lease, "no such lease")
        }
        if let stuck = agent.stuck { return .stuck(lease: lease, stuck) }
        world.revert(host, lease, .controller)
        return agent.leases[lease]?.revert.map { .reverted($0) }
      }
    case .statuses(let host): reportStatuses(of: host)
    case .forget(let host, let lease):
      ask(host) { world, agent in
        if agent.leases[lease]?.revert == nil { world.fault("forgets \(lease), which isn't reverted") }
        agent.leases[lease]?.isSettled = true
        return .forgotten(lease: lease)
      }
    case .finish(let ending):
      endings += 1
      self.ending = ending
    }
  }

  private func thaw(_ leases: [String], on agent: Host) {
    for lease in leases {
      if hosts.values.contains(where: { $0.leases[lease]?.holds == true }) {
        fault("thaws what \(lease) still holds")
      }
      agent.orphans[lease] = nil
    }
  }

  private func arm(
    _ host: String, _ lease: String, _ order: FaultSpec, _ begins: Nanoseconds, _ duration: Nanoseconds
  ) {
    ask(host) { world, agent in
      if agent.ignoresArm || agent.leases[lease] != nil { return nil }
      if let reason = agent.refusesArm { return .failed(lease: lease, reason) }
      let deadline = world.now + begins + duration
      agent.leases[lease] = Lease(
        fault: order.fault, takes: world.takes(of: order, on: host),
        cutsPath: world.cutsPath(order, of: agent), deadline: deadline)
      world.at(deadline) { world in
        guard agent.stuck == nil, agent.leases[lease]?.revert == nil else { return }
        world.revert(host, lease, .deadline)
        // A message that a host sends into a cut path does not arrive.
        if agent.isServed, let revert = agent.leases[lease]?.revert { world.notify(host, .reverted(revert)) }
      }
      return .armed(lease: lease)
    }
  }

  private func inject(_ host: String, _ lease: String) {
    if !requested.contains(lease) { fault("\(lease) is injected before its journal entry") }
    guard let held = hosts[host]?.leases[lease] else {
      return fault("\(lease) is injected, and \(host) has not armed it")
    }
    if !held.takes.isEmpty, !scenario.beyondQuorum {
      let down = Set(hosts.filter { !$0.value.isServed }.keys).union(taken).union(held.takes)
      if fleet.hosts.count - down.count < fleet.quorum {
        fault("\(lease) takes \(host) while \(down.sorted()) are down: quorum is \(fleet.quorum)")
      }
    }
    ask(host) { world, agent in
      if agent.ignoresInject { return nil }
      if let reason = agent.refusesInject { return .failed(lease: lease, reason) }
      guard let held = agent.leases[lease], held.revert == nil, held.effect == nil, world.now < held.deadline
      else { return .failed(lease: lease, "lease \(lease): it isn't armed") }
      let effect = LeaseEffective(
        lease: lease, at: world.now, uncertainty: .milliseconds(1), took: .milliseconds(1), evidence: "seen")
      agent.leases[lease]?.effect = effect
      if held.cutsPath { world.cut(host) }
      if host == Site.controller.name { for victim in held.takes { world.losePower(victim) } }
      return .effective(effect)
    }
  }

  /// The hosts that count as lost by a fault that the conductor requests.
  private func takes(of spec: FaultSpec, on host: String) -> Set<String> {
    for step in scenario.timeline {
      let assignments = step.possibleAssignments(in: fleet, of: Catalogue.builtIn)
      if let asked = assignments.first(where: { $0.site.name == host && $0.spec == spec }) {
        return asked.takes
      }
    }
    fault("\(spec.fault) is asked of \(host), and no step asks for it")
    return []
  }

  /// The hosts that faults take now.
  private var taken: Set<String> {
    Set(hosts.values.flatMap { $0.leases.values.filter(\.holds).flatMap(\.takes) })
  }

  private func revert(_ host: String, _ lease: String, _ cause: RevertCause) {
    guard let agent = hosts[host], let held = agent.leases[lease], held.revert == nil else { return }
    agent.leases[lease]?.revert = LeaseReverted(
      lease: lease, at: now, uncertainty: .milliseconds(1), cause: cause)
    if held.effect != nil, held.cutsPath { mend(host) }
    if held.effect != nil, host == Site.controller.name, !bootsAtOnce {
      for victim in held.takes { mend(victim) }
    }
  }

  private func cutsPath(_ order: FaultSpec, of agent: Host) -> Bool {
    guard agent.pathOverLinks else { return false }
    do {
      return cutsPath(try FaultOrder(order).fault.traits)
    } catch {
      preconditionFailure("\(order): \(error)")
    }
  }

  private func reportStatuses(of host: String) {
    ask(host) { world, agent in
      let known = agent.leases.filter { !$0.value.isSettled }
      for lease in known.values {
        if let effect = lease.effect { world.notify(host, .effective(effect)) }
        if let revert = lease.revert { world.notify(host, .reverted(revert)) }
      }
      return .statuses(host: host, leases: Set(known.keys))
    }
  }

  // MARK: Paths

  private func connect(_ host: String) {
    guard let agent = hosts[host] else { return }
    after(delay) { world in
      if agent.isDead { return }
      if let reason = agent.refusesRun {
        // The runner repeats its attempts, and reports each refusal.
        world.report(.refused(host: host, reason))
        if world.ending == nil { world.after(.milliseconds(500)) { $0.connect(host) } }
      } else if agent.cuts == 0 {
        world.serve(host)
      } else {
        world.after(.milliseconds(500)) { $0.connect(host) }
      }
    }
  }

  private func serve(_ host: String) {
    guard let agent = hosts[host] else { return }
    agent.isServed = true
    report(
      .connected(host: host, Welcome(version: "1", boot: agent.boot, foreignLeases: agent.foreignLeases)))
  }

  /// Cuts the path to a host. The runner reports the loss after four seconds.
  func cut(_ host: String) {
    hosts[host]?.cuts += 1
    after(.seconds(4)) { world in
      guard let agent = world.hosts[host], agent.cuts > 0, agent.isServed else { return }
      agent.isServed = false
      world.report(.lost(host: host, "no answer for 4 s"))
    }
  }

  /// A host loses its power until it is switched on, or for the time of a boot.
  private func losePower(_ host: String) {
    if bootsAnew { hosts[host]?.boot = "another boot" }
    cut(host)
    if bootsAtOnce { after(.seconds(8)) { $0.mend(host) } }
  }

  /// Restores a path after `cut`.
  func mend(_ host: String) {
    hosts[host]?.cuts -= 1
    after(.milliseconds(500)) { world in
      guard let agent = world.hosts[host], agent.cuts == 0, !agent.isServed, !agent.isDead else { return }
      world.serve(host)
    }
  }

  /// A host loses its session, and with it the leases that don't cut its path.
  func endSession(of host: String) {
    guard let agent = hosts[host], agent.stuck == nil else { return }
    for lease in agent.leases.keys.sorted() where agent.leases[lease]?.cutsPath == false {
      revert(host, lease, .stdin)
    }
  }

  /// Sends a request to a host, and its reply back.
  private func ask(_ host: String, _ answer: @escaping (World, Host) -> Occurrence?) {
    guard let agent = hosts[host] else {
      return fault("sends a request to \(host), which the fleet doesn't have")
    }
    if !agent.isServed { return }
    after(delay) { world in
      if agent.cuts > 0 || agent.isDead { return }
      if let occurrence = answer(world, agent) { world.notify(host, occurrence) }
    }
  }

  private func notify(_ host: String, _ occurrence: Occurrence) {
    after(delay) { world in
      if world.hosts[host]?.cuts == 0 { world.report(occurrence) }
    }
  }

  // MARK: Eyes

  private func look() {
    guard watching, ending == nil else { return }
    for view in fleet.views {
      let name = view.name
      switch view.kind.form {
      case .manager: report(.view(name, .manager(manager(self))))
      case .storage: report(.view(name, .storage(storage(self))))
      case .verdict, nil: break
      }
    }
    after(.seconds(1)) { $0.look() }
  }

  private func probe(number: Int64, of trial: Int) {
    guard trial == probing, ending == nil else { return }
    for name in scenario.steady.probes {
      let verdict = website(self)
      let due = now
      after(latency(self)) { world in
        let sample = Sample(
          trial: trial, probe: name, sequence: number, scheduled: due, sent: due, completed: world.now,
          verdict: verdict, status: verdict == .ok ? "200" : "refused")
        if world.probing != trial { return }
        world.samples.append(sample)
        world.report(.sample(sample))
      }
    }
    let every = fleet.probe(scenario.steady.probes[0])?.every ?? .seconds(1)
    after(every) { $0.probe(number: number + 1, of: trial) }
  }

  /// The belief of a manager whose belief is always true: a host is offline while a fault that takes it down is active.
  var managerByTruth: ManagerState {
    var nodes: [String: String] = [:]
    for name in fleet.hosts.map(\.name) { nodes[name] = taken.contains(name) ? "offline" : "online" }
    return ManagerState(
      quorate: true, nodes: nodes, resources: ["web": .init(role: "Started", nodes: ["dauntless"])])
  }
}
