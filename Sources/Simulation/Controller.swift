import AgentProtocol
import Conductor
import Journal
import Leases
import Runner
import Scenario
import Views

/// The controller: performs the real `RunCourse` in virtual time.
final class Controller {
  unowned let simulation: Simulation
  private(set) var course: RunCourse
  private var wires: [String: [Int: Wire]] = [:]
  private(set) var journal: [Entry] = []
  /// The samples of the prober.
  private(set) var samples: [Sample] = []
  /// Called with all acts of the run.
  var onAct: ((RunCourse.Act) -> Void)?
  private(set) var ending: Ending?
  private(set) var isDead = false
  /// Since when the controller runs without a stop.
  private(set) var runsSince = Nanoseconds.zero
  private var stoppedUntil = Nanoseconds.zero
  private var mailbox: [RunCourse.Input] = []
  private var knownTruth: ManagerState?
  private var trial = 0
  private var probing: Int?

  /// An upper bound for the duration of every scenario of the simulation.
  private static let longest = Nanoseconds.seconds(1000)

  init(of simulation: Simulation) {
    self.simulation = simulation
    course = RunCourse(
      scenario: simulation.course.scenario, fleet: simulation.course.fleet, catalogue: simulation.catalogue,
      run: "simulated", tag: simulation.course.part?.tag("sim") ?? "sim", seed: simulation.seed,
      part: simulation.course.part,
      reachedThrough: simulation.course.reachedThrough)
  }

  private var now: Nanoseconds { simulation.now }
  /// Whether the controller has ended or died.
  var isOver: Bool { ending != nil || isDead || simulation.referee.breach != nil }

  /// Plays the run until it ends, or the controller dies.
  func perform() {
    handle(.start)
    simulation.referee.watchReach()
    while !isOver {
      var asked = ask { $0.nextDue }
      if asked <= now {
        handle(.tick)
        if isOver { break }
        asked = ask { $0.nextDue }
      }
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
      for input in arrived where !isOver { handle(input) }
    }
    guard let ending else { return simulation.count(.controllerCrash) }
    close()
    simulation.note("the run ends: \(ending)")
    simulation.referee.judge(ending)
    // No act may follow the end of the run.
    if !course.handle(.signal("SIGINT"), at: now + .seconds(1)).isEmpty {
      simulation.referee.object(.end, "it acts after its end")
    }
  }

  private func close() {
    for act in course.closing() {
      switch act {
      case .endInput(let host, let generation), .cut(let host, let generation):
        wires[host]?[generation]?.endInput()
      default: simulation.referee.object(.end, "it performs \(act) after its end")
      }
    }
  }

  /// Killed with SIGKILL: its ssh processes end with it.
  func die() {
    guard !isDead, ending == nil else { return }
    simulation.note("the controller is killed")
    isDead = true
    close()
  }

  func stop(for span: Nanoseconds) {
    guard !isOver, now >= stoppedUntil else { return }
    simulation.count(.controllerStopped)
    simulation.note("the controller is stopped for \(span)")
    stoppedUntil = now + span
  }

  func interrupt(by signal: String = "SIGTERM") { post(.signal(signal)) }

  /// Adds an event for the course.
  func post(_ input: RunCourse.Input) { if !isDead, ending == nil { mailbox.append(input) } }

  func servingWire(of host: String) -> Wire? { course.serving(host).flatMap { wires[host]?[$0] } }

  private func handle(_ input: RunCourse.Input) {
    let acts = course.handle(input, at: now)
    // Only acts change whether a host answers.
    if acts.isEmpty { return }
    for site in simulation.sites {
      let isServed = ask { $0.isServed(site.name) }
      if isServed == site.isServed { continue }
      site.isServed = isServed
      site.servedOrNotSince = now
    }
    for act in acts where !isDead { perform(act) }
  }

  /// Reads a value of the course in place: a call on a property of a class copies the whole value first.
  private func ask<Answer>(_ question: (inout RunCourse) -> Answer) -> Answer { question(&course) }

  // MARK: Acts

  private func perform(_ act: RunCourse.Act) {
    if ending != nil { return simulation.referee.object(.end, "it performs \(act) after its end") }
    onAct?(act)
    switch act {
    case .record(let event):
      let entry = Entry(at: now, trial: trial, event: event)
      simulation.referee.written(entry)
      journal.append(entry)
      simulation.note("journal: \(Self.words(event))")
    case .dial(let host, let generation, _): dial(host.name, generation)
    case .send(let host, let generation, let line): send(line, to: host, generation)
    case .endInput(let host, let generation), .cut(let host, let generation):
      wires[host]?[generation]?.endInput()
    case .startProbes(let number):
      trial = number
      probing = number
      probe(1, of: number)
    case .stopProbes: probing = nil
    case .auditWrites(let probe):
      if simulation.platform.answersAudit {
        simulation.after(.milliseconds(20)) { [self] in
          post(.records(probe: probe, RecordsRead(.service, found: RecordsFound(present: [1...10]))))
        }
      }
    // No view here is queried by the controller.
    case .ask: break
    case .interpret(.answers, let view, let host, let asked):
      if let belief = belief(of: view, by: host) {
        handle(.belief(belief, view: view, from: host, asked: asked))
      }
    case .interpret(let result, let view, let host, let asked):
      if let belief = result.belief(simulation.course.fleet.view(view)) {
        handle(.belief(belief, view: view, from: host, asked: asked))
      }
    case .remark(let text): simulation.note(text)
    case .finish(let ending): self.ending = ending
    }
  }

  private func send(_ line: RequestLine, to host: String, _ generation: Int) {
    switch line.request {
    case .arm, .inject, .revert: if simulation.adversary.killsController() { return die() }
    default: break
    }
    switch line.request {
    case .inject(let lease): simulation.referee.injects(lease, on: host)
    case .revert(let lease): simulation.referee.asksRevert(lease)
    default: break
    }
    wires[host]?[generation]?.send(line)
  }

  /// An event as text, with dictionaries in the order of their keys, so that a seed gives the same trace in every
  /// process.
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

  private func dial(_ name: String, _ generation: Int) {
    guard let host = simulation.site(name) else { return }
    let wire = Wire(to: host, generation: generation)
    wires[name, default: [:]][generation] = wire
    func fail() { simulation.after(.seconds(3)) { wire.ended() } }
    guard host.isUp, !host.isCut else { return fail() }
    simulation.after(.milliseconds(simulation.number(in: 20...150))) { [self] in
      if isDead { return }
      if host.isUp, !host.isCut { wire.open() } else { fail() }
    }
  }

  /// A host has booted: earlier connections end when a message is sent into them.
  func booted(_ host: SimulatedHost) {
    guard !isDead else { return }
    for generation in [course.serving(host.name), course.dialing(host.name)].compactMap({ $0 }) {
      simulation.after(.milliseconds(simulation.number(in: 200...3000))) { [self] in
        wires[host.name]?[generation]?.ended()
      }
    }
  }

  private func belief(of view: String, by host: String?) -> Belief? {
    switch simulation.course.fleet.view(view)?.kind.form {
    case .manager: .manager(simulation.platform.manager(truth, host))
    case .storage: .storage(simulation.platform.storage())
    case .verdict: .verdict(Verdict(words: "nothing to report"))
    case nil: nil
    }
  }

  /// The belief of a manager whose belief is always true.
  var truth: ManagerState {
    if let knownTruth { return knownTruth }
    var nodes: [String: String] = [:]
    let taken = Set(simulation.sites.flatMap { $0.active.values.flatMap(\.lease.takes) })
    for host in simulation.hosts {
      let isTaken = taken.contains(host.name)
      nodes[host.name] = host.isUp && !isTaken ? "online" : "offline"
    }
    let truth = ManagerState(
      quorate: true, nodes: nodes, resources: ["web": .init(role: "Started", nodes: ["dauntless"])])
    knownTruth = truth
    return truth
  }

  /// A host was lost or has returned, or a fault began or ended.
  func truthChanged() { knownTruth = nil }

  private func probe(_ number: Int64, of trial: Int) {
    guard trial == probing, !isOver else { return }
    let sent = now
    let (verdict, latency) = simulation.platform.service(sent)
    let probes = simulation.course.scenario.steady.probes
    simulation.after(latency) { [self] in
      guard trial == probing, !isOver else { return }
      for name in probes {
        let sample = Sample(
          trial: trial, probe: name, sequence: number, scheduled: sent, sent: sent, completed: now,
          verdict: verdict, status: verdict == .ok ? "200" : "refused")
        samples.append(sample)
        post(.sample(sample))
      }
    }
    let every = probes.first.flatMap { simulation.course.fleet.probe($0)?.every } ?? .seconds(1)
    simulation.after(every) { [self] in probe(number + 1, of: trial) }
  }
}
