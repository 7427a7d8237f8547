import AgentProtocol
import Conductor
import Faults
import Journal
import Scenario
import Testing
import Views

@testable import Runner
@testable import Simulation

/// A run of the real controller and the real leases on simulated hosts, with failures only from the test's script.
///
/// The simulation's referee checks each run, and `run` reports breaches of invariants.
final class Rehearsal {
  let scenario: Scenario
  let fleet: Fleet
  let simulation: Simulation
  /// Whether the website answers, and how long its answers take.
  var website: (Rehearsal) -> Sample.Verdict = { _ in .ok }
  var latency: (Rehearsal) -> Nanoseconds = { _ in .milliseconds(1) }
  /// The beliefs of the views.
  var manager: (Rehearsal) -> ManagerState = { $0.managerByTruth }
  var storage: (Rehearsal) -> StorageState = { _ in
    StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
  }
  /// The journal's entries and the acts of the run, in order.
  private var lines: [(at: Nanoseconds, text: String, isDeed: Bool)] = []
  private(set) var endedAt = Nanoseconds.zero
  private(set) var endings = 0
  /// The faults that were active when the run ended: `falco sim_1`.
  private(set) var activeAtEnd: [String] = []

  init(
    _ scenario: Scenario, _ fleet: Fleet = .tdf, seed: UInt64 = 1, reachedThrough: [String: [String]] = [:],
    part: TrialPart? = nil
  ) {
    self.scenario = scenario
    self.fleet = fleet
    var course = Course(
      scenario, on: fleet, running: ["dauntless": ["web"]], reachedThrough: reachedThrough)
    course.part = part
    simulation = Simulation(
      scripted: course, seed: seed,
      catalogue: Catalogue.builtIn)
    simulation.platform.service = { [unowned self] _ in (website(self), latency(self)) }
    simulation.platform.manager = { [unowned self] _, _ in manager(self) }
    simulation.platform.storage = { [unowned self] in storage(self) }
    simulation.controller.onAct = { [unowned self] in take($0) }
  }

  /// Runs to the end and past every lease.
  @discardableResult func run(_ sourceLocation: SourceLocation = #_sourceLocation) -> Ending? {
    if let breach = simulation.run().breach { Issue.record("\(breach)", sourceLocation: sourceLocation) }
    return ending
  }

  private func take(_ act: RunCourse.Act) {
    switch act {
    case .record(let event): if let text = event.story { lines.append((now, text, false)) }
    case .finish:
      endings += 1
      endedAt = now
      activeAtEnd = simulation.sites.flatMap { host in
        host.active.keys.sorted().map { "\(host.name) \($0)" }
      }
      lines.append((now, "finish", true))
    default: if let text = act.deed { lines.append((now, text, true)) }
    }
  }

  // MARK: The script

  var now: Nanoseconds { simulation.now }

  /// Schedules an act at a time.
  func at(_ time: Nanoseconds, _ act: @escaping (Rehearsal) -> Void) {
    simulation.at(time) { [unowned self] in act(self) }
  }

  /// Schedules an act for the first entry or act of the run with a given beginning.
  func once(_ text: String, _ act: @escaping (Rehearsal) -> Void) {
    simulation.after(.milliseconds(1)) { [unowned self] in
      if lines.contains(where: { $0.text.hasPrefix(text) }) { act(self) } else { once(text, act) }
    }
  }

  func host(_ name: String) -> SimulatedHost {
    guard let host = simulation.site(name) else {
      preconditionFailure("no host \(name)")
    }
    return host
  }

  /// The controller's machine, if the scenario makes it a site.
  var controllerSite: SimulatedHost { host(Site.controller.name) }

  func bmc(of name: String) -> SimulatedBMC {
    guard let bmc = host(name).bmc else { preconditionFailure("\(name) has no BMC") }
    return bmc
  }

  /// Makes a host's agent report an event over the present connection.
  func notice(_ notice: Notice, from host: String) {
    simulation.controller.servingWire(of: host)?.send(.notice(notice))
  }

  /// Makes a host's libvirt report a domain.
  func report(domain: String, _ state: DomainSeen.State, on name: String) {
    notice(.domain(name: domain, state: state, what: "", at: host(name).reading), from: name)
  }

  /// No fault cuts the path to a host.
  func keepPaths() { for host in simulation.hosts { host.controlPath.links = [] } }

  /// Requests with this name (`arm`, `inject`, …) are lost on their way to a host.
  func lose(_ deed: String, to name: String) {
    host(name).losesRequest = { $0.deed(on: name)?.hasPrefix("\(deed) ") == true }
  }

  /// A host's replies with an effect are lost.
  func loseEffects(of name: String) {
    host(name).losesLine = { line in
      switch line {
      case .reply(_, .effective): true
      default: false
      }
    }
  }

  /// Every undo on a host fails until a given time.
  func breakUndo(on name: String, until time: Nanoseconds = .seconds(10_000)) {
    simulation.adversary.breakUndo(on: host(name), at: now, for: time - now)
  }

  func interrupt(by signal: String = "SIGINT") { simulation.controller.interrupt(by: signal) }

  /// The belief of a manager whose belief is always true.
  var managerByTruth: ManagerState { simulation.controller.truth }

  // MARK: Results

  var ending: Ending? { simulation.controller.ending }
  /// The run's conductor in its present state: a copy, which the test can use independently.
  var conductor: Conductor { simulation.controller.course.conductor }
  var journal: [Entry] { simulation.controller.journal }
  var samples: [Sample] { simulation.controller.samples }
  /// The journal's entries as text: `phase steady`, `requested falco`, …
  var story: [String] { lines.filter { !$0.isDeed }.map(\.text) }
  /// The acts of the run: `arm falco sim_1`, …
  var deeds: [String] { lines.filter(\.isDeed).map(\.text) }
  var voids: [String] {
    journal.compactMap { if case .trialVoid(let reason) = $0.event { reason } else { nil } }
  }

  /// The time of an entry or act.
  func time(of text: String) -> Nanoseconds? { lines.first { $0.text == text }?.at }

  /// The times of all entries and acts with this beginning.
  func times(of prefix: String) -> [Nanoseconds] { lines.filter { $0.text.hasPrefix(prefix) }.map(\.at) }

  /// The number of entries and acts before this one.
  func place(of text: String) -> Int? { lines.firstIndex { $0.text == text } }
}

extension Event {
  /// The text of an entry; nil for an observation.
  fileprivate var story: String? {
    switch self {
    case .phaseBegan(let phase): "phase \(phase.rawValue)"
    case .baseline(let reasons, _): reasons.isEmpty ? "baseline well" : "baseline unwell"
    case .stepChosen(let choice): "chosen \(choice.step) \(choice.hosts.joined(separator: " "))"
    case .leaseRequested(let request): "requested \(request.host)"
    case .leaseEffective(let effect): "effective \(effect.lease)"
    case .leaseEnded(let end): "ended \(end.lease) \(end.cause.rawValue)"
    case .leaseFailed(let lease, _): "failed \(lease)"
    case .leaseReverting(let lease, let cause): "reverting \(lease) \(cause.rawValue)"
    case .leaseReverted(let revert): "reverted \(revert.lease) \(revert.cause.rawValue)"
    case .hostLost(let host, _): "lost \(host)"
    case .hostRegained(let host): "regained \(host)"
    case .recoveryEnded(let outcome, _): "recovery \(outcome.rawValue)"
    case .writesAudited(let audit): "writes \(audit.reads.first?.unreadable ?? "read")"
    case .residueAudited(let host, let differences, let uncompared):
      "residue \(host) \(uncompared.isEmpty ? "\(differences.count)" : "unknown")"
    case .guardTripped(let condition): "guard \(condition)"
    case .interrupted(let signal): "interrupted \(signal)"
    case .trialVoid: "void"
    case .unknown(let kind): kind
    case .runEnded: "ended"
    case .settingApplied(let applied): "setting \(applied.side.rawValue)"
    case .runResumed(let resumed): "resumed after \(resumed.completed)"
    case .runBegan, .hostSurveyed, .viewSeen, .domainSeen, .runRefused, .runAborted, .faultsActive: nil
    }
  }
}

extension RunCourse.Act {
  /// The text of an act; nil for connections, clocks and queries.
  fileprivate var deed: String? {
    switch self {
    case .startProbes(let trial): "start probes \(trial)"
    case .stopProbes: "stop probes"
    case .auditWrites(let probe): "audit \(probe)"
    case .send(let host, _, let line): line.request.deed(on: host)
    case .record, .dial, .endInput, .cut, .ask, .interpret, .remark, .finish: nil
    }
  }
}

extension Request {
  fileprivate func deed(on host: String) -> String? {
    switch self {
    case .survey: "survey \(host)"
    case .check: "check \(host)"
    case .state: "state \(host)"
    case .thaw(let leases): "thaw \(host) \(leases.joined(separator: " "))"
    case .arm(let lease, _, _, _): "arm \(host) \(lease)"
    case .inject(let lease): "inject \(host) \(lease)"
    case .revert(let lease): "revert \(host) \(lease)"
    case .forget(let lease): "forget \(host) \(lease)"
    case .leases: "statuses \(host)"
    case .records(let path, _): "records \(host) \(path)"
    case .query(let view): view.domain.map { "query \(host) \($0)" }
    case .hello, .admission, .clock, .watchDomains, .checkFiles: nil
    }
  }
}
