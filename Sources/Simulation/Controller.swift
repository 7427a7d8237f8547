import AgentProtocol
import Conductor
import Journal
import Runner
import Scenario

/// The controller, as `Run` is, around the real `Conductor`: it takes what arrives, in order, asks the conductor, and
/// does what it says.
final class Controller {
  /// One host as the controller reaches it; see `HostLink`.
  struct Link {
    var clock = HostClock()
    var serving: Wire?
    var dialing: Wire?
    var retired: [Wire] = []
    var generation = 0
    var boot: Int?
    var isWanted = false
    var isLost = false
    /// Since when it answers, as far as is known.
    var servedSince = Nanoseconds.zero
    var lastHeard = Nanoseconds.zero
    var nextDial = Nanoseconds.zero
    var nextPing = Nanoseconds.zero
    var nextID = 1
    var asked: [Int: (request: WireRequest, at: Nanoseconds)] = [:]
  }

  unowned let simulation: Simulation
  private var conductor: Conductor
  private(set) var links: [String: Link] = [:]
  private(set) var journal: [Entry] = []
  private(set) var ending: Ending?
  private(set) var isDead = false
  /// Since when it runs without a stop.
  private(set) var runsSince = Nanoseconds.zero
  private var stoppedUntil = Nanoseconds.zero
  private var mailbox: [(Controller) -> Void] = []
  private var trial = 0
  private var probing: Int?
  private var isWatching = false
  private var nextLook = Nanoseconds.zero
  private var signal: String?

  private static let patience = Nanoseconds(HostLink.patience)
  private static let pingEvery = Nanoseconds(HostLink.pingEvery)
  private static let dialEvery = Nanoseconds(HostLink.dialEvery)
  /// No scenario here takes longer.
  private static let longest = Nanoseconds.seconds(1000)

  init(of simulation: Simulation) {
    self.simulation = simulation
    conductor = Conductor(
      scenario: simulation.course.scenario, fleet: simulation.course.fleet,
      catalogue: simulation.catalogue, tag: "sim", seed: simulation.seed)
    for host in simulation.hosts { links[host.name] = Link() }
  }

  private var now: Nanoseconds { simulation.now }
  private var isOver: Bool { ending != nil || isDead || simulation.referee.breach != nil }

  /// Plays the run until it ends, or the controller dies.
  func perform() {
    tell(.start)
    while !isOver {
      serveLinks()
      look()
      tell(.tick)
      if isOver { break }
      let asked = conductor.nextDue(after: now)
      if asked <= now {
        return simulation.referee.object(.end, "it asks to be woken at \(asked), which is past")
      }
      if now > Self.longest { return simulation.referee.object(.end, "it has no end") }
      simulation.pass(until: asked) { [self] in !mailbox.isEmpty || isDead }
      while now < stoppedUntil, !isDead {
        simulation.pass(until: stoppedUntil) { [self] in isDead }
        runsSince = now
      }
      let arrived = mailbox
      mailbox = []
      for act in arrived where !isOver { act(self) }
    }
    guard let ending else { return simulation.count(.controllerCrash) }
    for host in simulation.hosts { if let link = links[host.name] { letGo(of: link) } }
    simulation.note("the run ends: \(ending)")
    simulation.referee.judge(ending)
    // An end is an end: nothing is wanted after it.
    for occurrence in [Occurrence.tick, .interrupted(signal: "SIGINT")]
    where !conductor.handle(occurrence, at: now + .seconds(1)).isEmpty {
      simulation.referee.object(.end, "it acts after its end")
    }
  }

  /// Lets go of a host's agents; each ends by itself once it holds nothing.
  private func letGo(of link: Link) {
    for wire in [link.serving, link.dialing].compactMap({ $0 }) + link.retired { wire.endInput() }
  }

  /// Killed with SIGKILL: its ssh processes end with it.
  func die() {
    guard !isDead, ending == nil else { return }
    simulation.note("the controller is killed")
    isDead = true
    for host in simulation.hosts { if let link = links[host.name] { letGo(of: link) } }
  }

  func stop(for span: Nanoseconds) {
    guard !isOver, now >= stoppedUntil else { return }
    simulation.count(.controllerStopped)
    simulation.note("the controller is stopped for \(span)")
    stoppedUntil = now + span
  }

  func interrupt() { post { $0.tell(.interrupted(signal: "SIGTERM")) } }

  /// Something arrives.
  func post(_ act: @escaping (Controller) -> Void) { if !isDead, ending == nil { mailbox.append(act) } }

  func servingWire(of host: String) -> Wire? { links[host]?.serving }

  /// Whether a host answers, as far as the controller knows.
  func isServed(_ host: String) -> Bool { links[host]?.serving != nil && links[host]?.isLost == false }

  private func tell(_ occurrence: Occurrence) {
    for command in conductor.handle(occurrence, at: now) where !isDead { carryOut(command) }
  }

  // MARK: Commands

  private func carryOut(_ command: Command) {
    if ending != nil { return simulation.referee.object(.end, "it wants \(command) after its end") }
    switch command {
    case .record(let event):
      let entry = Entry(at: now, trial: trial, event: event)
      simulation.referee.written(entry)
      journal.append(entry)
      simulation.note("journal: \(Self.words(event))")
    case .connect(let host): links[host]?.isWanted = true
    case .watch: isWatching = true
    case .survey(let host): ask(host, .survey)
    case .check(let host, let step, let order, _): ask(host, .check(step: step, order))
    case .state(let host, _): ask(host, .state)
    // Nobody migrates a domain here.
    case .thaw: break
    case .arm(let host, let lease, let order, let begins, let duration):
      mayDie()
      ask(host, .arm(lease: lease, order, begins: begins, duration: duration))
    case .inject(let host, let lease):
      mayDie()
      if !isDead { simulation.referee.injects(lease, on: host) }
      ask(host, .inject(lease: lease))
    case .revert(let host, let lease):
      mayDie()
      simulation.referee.asksRevert(lease)
      ask(host, .revert(lease: lease))
    case .settle(let host, let lease): ask(host, .settle(lease: lease))
    case .standings(let host): ask(host, .leases)
    case .startProbes(let number):
      trial = number
      probing = number
      probe(1, of: number)
    case .stopProbes: probing = nil
    case .auditWrites(let probe):
      if simulation.adversary.isAuditAnswered {
        simulation.after(.milliseconds(20)) { [self] in
          post { $0.tell(.writes(WritesAudit(probe: probe, present: [[1, 10]]))) }
        }
      }
    case .finish(let ending): self.ending = ending
    }
  }

  /// An event in words that are the same in every process: what a dictionary holds has no order of its own.
  /// An event in words, dictionaries in the order of their keys: a seed is the same trace in every process.
  private static func words(_ event: Event) -> String {
    switch event {
    case .viewSeen(let view, .manager(let state), _, _):
      let nodes = state.nodes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      let resources = state.resources.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      return "viewSeen(\(view): \((nodes + resources).joined(separator: ", ")))"
    case .baseline(let reasons, let bands):
      let words = bands.sorted { $0.key < $1.key }.map { "\($0.key) up to \($0.value)" }
      return "baseline(\((reasons + words).joined(separator: ", ")))"
    default: return "\(event)"
    }
  }

  private func mayDie() { if !isDead, simulation.adversary.killsController() { die() } }

  private func ask(_ host: String, _ request: WireRequest, over wire: Wire? = nil) {
    guard !isDead, let wire = wire ?? links[host]?.serving, let id = links[host]?.nextID else { return }
    links[host]?.asked[id] = (request, now)
    links[host]?.nextID += 1
    if case .hello = request {
      wire.request(id, request, isEssential: true)
    } else {
      wire.request(id, request)
    }
  }

  // MARK: Links

  /// Dials, asks for the time, and finds out who has fallen silent: `Run.serveLinks`.
  private func serveLinks() {
    for host in simulation.hosts {
      let name = host.name
      guard let link = links[name], link.isWanted, !isOver else { continue }
      if link.serving == nil || link.isLost, link.dialing == nil, now >= link.nextDial { dial(host) }
      if link.serving != nil, now >= link.nextPing {
        links[name]?.nextPing = now + Self.pingEvery
        ask(name, .clock)
      }
      if link.serving != nil, now - link.lastHeard > Self.patience, !link.isLost {
        links[name]?.isLost = true
        tell(.lost(host: name, "no answer"))
      }
    }
  }

  private func dial(_ host: SimulatedHost) {
    let name = host.name
    links[name]?.nextDial = now + Self.dialEvery
    links[name]?.generation += 1
    let wire = Wire(to: host, generation: links[name]?.generation ?? 0)
    links[name]?.dialing = wire
    guard host.isUp, !host.isCut else {
      simulation.after(.seconds(3)) { [self] in post { $0.receiveEnd(of: wire) } }
      return
    }
    simulation.after(.milliseconds(simulation.number(in: 20...150))) { [self] in
      guard !isDead else { return }
      guard host.isUp, !host.isCut else {
        simulation.after(.seconds(3)) { [self] in post { $0.receiveEnd(of: wire) } }
        return
      }
      _ = AgentSession(on: host, over: wire)
      ask(name, .hello, over: wire)
    }
  }

  /// A host has booted: connections of before end, once something is sent into them.
  func booted(_ host: SimulatedHost) {
    guard !isDead, let link = links[host.name] else { return }
    for wire in [link.serving, link.dialing].compactMap({ $0 }) {
      simulation.after(.milliseconds(simulation.number(in: 200...3000))) { [self] in
        post { $0.receiveEnd(of: wire) }
      }
    }
  }

  func receiveEnd(of wire: Wire) {
    let host = wire.host.name
    guard let link = links[host] else { return }
    if link.dialing === wire {
      links[host]?.dialing = nil
      if link.boot == nil { tell(.refused(host: host, "ssh ended")) }
    } else if link.serving === wire {
      links[host]?.serving = nil
      if !link.isLost {
        links[host]?.isLost = true
        tell(.lost(host: host, "ssh ended"))
      }
    }
  }

  /// Whether something of a wire's is still heard, and what its coming says.
  private func hears(_ wire: Wire) -> Bool {
    let host = wire.host.name
    guard let link = links[host] else { return false }
    if link.serving === wire {
      links[host]?.lastHeard = now
      // It was only slow. Where another connection is under way, that one will take over.
      if link.isLost, link.dialing == nil, let boot = link.boot {
        links[host]?.isLost = false
        links[host]?.servedSince = now
        tell(.connected(host: host, welcome(boot)))
      }
      return true
    }
    return link.dialing === wire
  }

  private func welcome(_ boot: Int) -> Welcome { Welcome(version: "1", boot: "\(boot)", strangers: []) }

  func receive(_ notice: WireNotice, from wire: Wire) {
    let host = wire.host.name
    guard hears(wire) || links[host]?.retired.contains(where: { $0 === wire }) == true, !isOver else {
      return
    }
    switch notice {
    case .reverted(let lease, let revert): tell(revert, of: lease, on: host)
    case .ended(let lease, let end): tell(.ended(journaled(end, lease, host)))
    case .stuck(let lease): tell(.stuck(lease: lease, "device is busy"))
    }
  }

  func receive(_ id: Int, _ answer: WireAnswer, from wire: Wire) {
    let host = wire.host.name
    guard hears(wire), !isOver, let (request, at) = links[host]?.asked.removeValue(forKey: id) else { return }
    if case .refusal(let reason) = answer { return receive(refusal: reason, of: request, host) }
    switch (answer, request) {
    case (.welcome(let boot), .hello): receiveWelcome(boot, host)
    case (.clock(let theirs), .clock):
      links[host]?.clock.take(asked: at.count, host: theirs.count, answered: now.count)
    case (.survey(let running), .survey):
      guard let clock = links[host]?.clock else { return }
      tell(
        .surveyed(
          HostSurvey(
            host: host, fingerprint: [:], running: running, clockOffset: clock.offset(at: now.count),
            clockUncertainty: clock.uncertainty(at: now.count))))
    case (.checked(let cuts, let missing), .check(let step, _)):
      tell(.checked(host: host, step: step, cutsControlPath: cuts, missing: missing))
    case (.state(let lines), .state): tell(.state(host: host, lines))
    case (.armed, .arm(let lease, _, _, _)): tell(.armed(lease: lease))
    case (.effective(let effect), .inject(let lease)):
      tell(.effective(journaled(effect, lease, host, isOfThisBoot: true)))
    case (.reverted(let revert), .revert(let lease)): tell(revert, of: lease, on: host)
    case (.leases(let standings), .leases):
      for standing in standings {
        if let effect = standing.effect {
          tell(
            .effective(
              journaled(effect, standing.lease, host, isOfThisBoot: standing.boot == links[host]?.boot)))
        }
        if let end = standing.ended { tell(.ended(journaled(end, standing.lease, host))) }
        if let revert = standing.revert { tell(revert, of: standing.lease, on: host) }
      }
      tell(.standings(host: host, leases: Set(standings.map(\.lease))))
    case (.looked, .look): tell(.view("manager", .manager(managerState)))
    default: break
    }
  }

  private func receiveWelcome(_ boot: Int, _ host: String) {
    guard let dialing = links[host]?.dialing else { return }
    // The earlier connection isn't cut off: what the host told into a path that was cut still comes by it.
    if let earlier = links[host]?.serving {
      earlier.endInput()
      links[host]?.retired.append(earlier)
    }
    links[host]?.serving = dialing
    links[host]?.dialing = nil
    if links[host]?.boot != boot { links[host]?.clock = HostClock() }
    links[host]?.boot = boot
    links[host]?.isLost = false
    links[host]?.servedSince = now
    links[host]?.lastHeard = now
    for _ in 0..<4 { ask(host, .clock) }
    tell(.connected(host: host, welcome(boot)))
  }

  private func receive(refusal reason: String, of request: WireRequest, _ host: String) {
    switch request {
    case .hello: tell(.refused(host: host, reason))
    case .check(let step, _):
      tell(.checked(host: host, step: step, cutsControlPath: true, missing: [reason]))
    case .arm(let lease, _, _, _), .inject(let lease): tell(.failed(lease: lease, reason))
    case .revert(let lease):
      tell(.stuck(lease: lease, reason))
      ask(host, .leases)
    case .state: tell(.state(host: host, HostState(unreadable: reason)))
    case .survey, .leases, .clock, .look, .settle: break
    }
  }

  // MARK: Times

  private func onRunClock(_ time: Nanoseconds, of host: String) -> (Nanoseconds, Nanoseconds) {
    links[host]?.clock.onController(time, at: now.count) ?? (now, now)
  }

  private func journaled(
    _ effect: SimulatedEffect, _ lease: String, _ host: String, isOfThisBoot: Bool
  ) -> LeaseEffective {
    let (at, uncertainty) = isOfThisBoot ? onRunClock(effect.at, of: host) : (now, now)
    return LeaseEffective(
      lease: lease, at: at, uncertainty: uncertainty, took: .milliseconds(1), evidence: "seen")
  }

  /// A revert, and before it what was seen of an earlier end of the effect.
  private func tell(_ revert: SimulatedRevert, of lease: String, on host: String) {
    if let end = revert.lastLook?.ended { tell(.ended(journaled(end, lease, host))) }
    tell(.reverted(journaled(revert, lease, host)))
  }

  private func journaled(_ revert: SimulatedRevert, _ lease: String, _ host: String) -> LeaseReverted {
    let isOfThisBoot = revert.boot == links[host]?.boot
    let (at, uncertainty) = isOfThisBoot ? onRunClock(revert.at, of: host) : (now, now)
    let seen = revert.lastLook?.ended == nil ? revert.lastLook?.lastActive : nil
    return LeaseReverted(
      lease: lease, at: at, uncertainty: uncertainty, cause: revert.cause,
      lastActive: isOfThisBoot ? seen.map { onRunClock($0, of: host).0 } : nil)
  }

  private func journaled(_ end: SimulatedEnd, _ lease: String, _ host: String) -> LeaseEnded {
    let isOfThisBoot = end.boot == links[host]?.boot
    let (at, uncertainty) = isOfThisBoot ? onRunClock(end.firstEnded, of: host) : (now, now)
    return LeaseEnded(
      lease: lease, lastActive: isOfThisBoot ? end.lastActive.map { onRunClock($0, of: host).0 } : nil,
      firstEnded: at, uncertainty: uncertainty, cause: end.cause, reason: "seen")
  }

  // MARK: Eyes

  private func look() {
    guard isWatching, now >= nextLook, !isOver else { return }
    let fit = simulation.hosts.map(\.name).filter(isServed)
    guard let host = fit.first(where: { !conductor.hostsDown.contains($0) }) ?? fit.first else { return }
    nextLook = now + .seconds(1)
    ask(host, .look)
  }

  /// A manager that sees what is so.
  private var managerState: ManagerState {
    var nodes: [String: String] = [:]
    let taken = Set(simulation.hosts.flatMap { $0.active.values.flatMap(\.lease.takes) })
    for host in simulation.hosts {
      let isTaken = taken.contains(host.name)
      nodes[host.name] = host.isUp && !isTaken ? "online" : "offline"
    }
    let node =
      simulation.adversary.isManagerRestless && now > .seconds(6) ? "host-\(now.count)" : "dauntless"
    return ManagerState(
      quorate: true, nodes: nodes, resources: ["web": .init(role: "Started", nodes: [node])])
  }

  private func probe(_ number: Int64, of trial: Int) {
    guard trial == probing, !isOver else { return }
    let isWell = !simulation.adversary.websiteFails.contains(now)
    for name in simulation.course.scenario.steady.probes {
      let sample = Sample(
        trial: trial, probe: name, sequence: number, scheduled: now - .milliseconds(1), sent: now,
        completed: now,
        verdict: isWell ? .ok : .fail, status: isWell ? "200" : "refused")
      post { $0.tell(.sample(sample)) }
    }
    simulation.after(.milliseconds(500)) { [self] in probe(number + 1, of: trial) }
  }
}
