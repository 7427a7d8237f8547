import AgentProtocol
import Journal
import Scenario

/// The state machine of a run, as a value without I/O, clock or randomness.
///
/// `handle` takes what happened and when, and returns what is to be done. The runner does it with real agents, probes
/// and clocks; a test does it with a virtual clock and a seeded adversary.
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

  struct Held {
    enum State: Equatable { case arming, armed, requested, effective, reverted, failed }
    var host: String
    var step: String
    var assignment: Assignment
    var state: State = .arming
    /// When its fault is to be injected.
    var injectAt: Nanoseconds
    /// When the host reverts it without a request.
    var until: Nanoseconds
    var cutsControlPath: Bool
    var revertAsked: Nanoseconds?
    /// When its host was last asked to delete the record.
    var forgetAsked: Nanoseconds?
    /// Whether its host has no record of it.
    var isForgotten = false
    var isEffectKnown = false
    /// Its end before its revert; journaled once, when its effect is known.
    var earlyEnd: LeaseEnded?
    /// Whether its injection was requested, so that the journal must have its end.
    var isRequested = false
    /// What its site saw of a fault that a host's boot confirms.
    var accepted: LeaseEffective?
  }

  enum StepState: Equatable {
    case waiting, armed(injectAt: Nanoseconds), injected, over(at: Nanoseconds)
    var isOver: Bool { if case .over = self { true } else { false } }
  }

  let scenario: Scenario
  let fleet: Fleet
  let tag: String
  var admission: Admission

  var stage = Stage.connecting
  var trial = 1
  var startedAt = Nanoseconds.zero
  /// The time of the last occurrence.
  var clock = Nanoseconds.zero
  var connected: Set<String> = []
  /// When a host that was lost answered again.
  var regainedAt: [String: Nanoseconds] = [:]
  /// When a host was lost last.
  var lostAt: [String: Nanoseconds] = [:]
  var reached: Set<String> = []
  /// The boot that each host runs, as far as is known.
  var boots: [String: String] = [:]
  var refusing: [String: String] = [:]
  var surveyed: Set<String> = []
  var stateBefore: [String: HostState] = [:]
  var statesAwaited: Set<String> = []
  var running: [String: Set<String>] = [:]
  var domains: [String: DomainSeen.State] = [:]
  var steps: [String: StepState] = [:]
  var leases: [String: Held] = [:]
  var leaseCount = 0
  var views: PlatformViews
  /// What the views showed when the platform was well, before this trial's first fault.
  var viewsBefore: PlatformViews?
  var probes: ProbeHistory
  var lastProgress = Nanoseconds.zero
  var auditsAwaited: Set<String> = []
  /// Hosts that are to list their records again, for the audit.
  var recordsAwaited: Set<String> = []
  var abortReason: String?
  var stuck: [String: String] = [:]
  var commands: [Command] = []

  /// How long before its fault a lease is armed: for snapshot, disk, watchdog and preparations.
  static let armingLead = Nanoseconds.seconds(2)
  /// How long hosts may take to answer at the start, or after the way to them was cut.
  static let connectPatience = Admission.connectPatience
  /// How long after the start hosts may take for survey and checks.
  static let preparePatience = Admission.preparePatience
  /// How long the baseline waits for views that have not shown anything yet: longer than the slowest may take.
  static let viewPatience = Nanoseconds.seconds(20)
  /// How long after a lease's end its host may take to report it, before it is asked again.
  static let revertPatience = Nanoseconds.seconds(3)
  /// How long after the last lease's end the run waits for the reports of hosts, before it reports that a fault may still
  /// be active.
  static let endPatience = Nanoseconds.seconds(120)
  /// How long an audit may take.
  static let auditPatience = Nanoseconds.seconds(60)
  /// How long the audit waits for hosts to delete the records of reverted leases, and how often each is asked.
  static let forgetPatience = Nanoseconds.seconds(5)
  static let forgetInterval = Nanoseconds.seconds(1)

  /// A run that is yet to begin.
  ///
  /// - Parameters:
  ///   - catalogue: the faults that its steps may name.
  ///   - tag: a few characters of a-z and 0-9 that distinguish this run's leases from those of other runs.
  ///   - seed: decides what the scenario leaves open.
  ///   - reachedThrough: for each host the hosts of the fleet through which ssh reaches it.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, tag: String, seed: UInt64,
    reachedThrough: [String: [String]] = [:]
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.tag = tag
    admission = Admission(
      scenario: scenario, fleet: fleet, catalogue: catalogue, seed: seed, reachedThrough: reachedThrough)
    views = PlatformViews(of: fleet)
    probes = ProbeHistory(of: scenario, in: fleet)
  }

  /// Where leases may live: the hosts, and the controller where a step needs it.
  package var sites: [String] { admission.sites }

  /// The next moment at which `tick` must come, if nothing else comes before.
  ///
  /// During a run that is soon: a tenth of a second, or the time of the next fault.
  package func nextDue(after now: Nanoseconds) -> Nanoseconds {
    let soon = now + .milliseconds(100)
    let faults = steps.values.compactMap { state -> Nanoseconds? in
      if case .armed(let injectAt) = state, injectAt > now { injectAt } else { nil }
    }
    return min(soon, faults.min() ?? soon)
  }

  /// Takes what happened, and returns what is to be done.
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

  mutating func record(_ event: Event) { commands.append(.record(event)) }

  // MARK: What happened

  private mutating func take(_ occurrence: Occurrence, at now: Nanoseconds) {
    switch occurrence {
    case .start:
      startedAt = now
      for site in sites { commands.append(.connect(host: site)) }
    case .connected(let host, let welcome):
      take(welcome, of: host, at: now)
    case .refused(let host, let reason):
      if !reached.contains(host), stage == .connecting { refusing[host] = reason }
    case .lost(let host, let reason):
      if connected.remove(host) != nil {
        lostAt[host] = now
        record(.hostLost(host: host, reason: self.reason(ofLosing: host, reason)))
        for (view, belief) in views.forget(host) {
          record(.viewSeen(view: view, belief, from: host, isAside: true))
        }
      }
    case .surveyed(let survey):
      surveyed.insert(survey.host)
      running[survey.host] = Set(survey.running)
      record(.hostSurveyed(survey))
    case .checked(let host, let step, let cuts, let missing):
      admission.take(check: step, on: host, cutsControlPath: cuts, missing: missing)
    case .state(let host, let state): take(state, of: host)
    case .armed(let lease):
      if leases[lease]?.state == .arming { leases[lease]?.state = .armed }
    case .failed(let lease, let message): fail(lease, message, at: now)
    case .effective(let effect):
      // A host that was cut off may report its fault's end first, by another path.
      guard let lease = leases[effect.lease], [.requested, .reverted].contains(lease.state),
        !lease.isEffectKnown, lease.accepted == nil
      else { break }
      if case .byBoot = lease.assignment.traits.confirmation {
        leases[effect.lease]?.accepted = effect
        if lease.state == .requested { leases[effect.lease]?.state = .effective }
        break
      }
      leases[effect.lease]?.isEffectKnown = true
      if lease.state == .requested { leases[effect.lease]?.state = .effective }
      record(.leaseEffective(effect))
      if let end = lease.earlyEnd { record(.leaseEnded(end)) }
      if lease.assignment.site == .controller {
        for host in lease.assignment.takes.sorted() {
          endDomains(
            of: host, at: effect.at, uncertainty: effect.uncertainty + effect.took,
            "its host has lost its power")
        }
      }
      // An instant fault is over with its effect, and its lease with it.
      if lease.state == .requested,
        scenario.timeline.contains(where: { $0.name == lease.step && $0.isInstant })
      {
        askRevert(effect.lease, .controller, at: now)
      }
    case .ended(let end):
      // Reported when it happens, and again with the revert; also for a fault that never took effect.
      guard let lease = leases[end.lease], lease.earlyEnd == nil else { break }
      leases[end.lease]?.earlyEnd = end
      if lease.isEffectKnown { record(.leaseEnded(end)) }
    case .reverted(let revert): take(revert)
    case .statuses(let host, let known):
      recordsAwaited.remove(host)
      drop(leasesOf: host, but: known)
      remember(known)
    case .forgotten(let lease): leases[lease]?.isForgotten = true
    case .stuck(let lease, let reason): stuck[lease] = reason
    case .sample(let sample): take(sample)
    case .view(let view, let belief, let from, let isAside):
      if views.take(belief, of: view, from: from, isAside: isAside) {
        if scenario.steady.views.contains(view) { lastProgress = now }
        record(.viewSeen(view: view, belief, from: from, isAside: isAside))
      }
    case .domain(let seen):
      // A session that took over repeats earlier reports.
      if domains["\(seen.host) \(seen.domain)"] == seen.state { break }
      domains["\(seen.host) \(seen.domain)"] = seen.state
      if seen.state == .off {
        running[seen.host, default: []].remove(seen.domain)
      } else {
        running[seen.host, default: []].insert(seen.domain)
      }
      lastProgress = now
      record(.domainSeen(seen))
    case .writes(let audit):
      if auditsAwaited.remove(audit.probe) != nil { record(.writesAudited(audit)) }
    case .interrupted(let signal):
      record(.interrupted(signal: signal))
      abort("interrupted by \(signal)", at: now)
    case .tick: break
    }
  }

  private mutating func take(_ welcome: Welcome, of host: String, at now: Nanoseconds) {
    let isNew = connected.insert(host).inserted
    refusing[host] = nil
    let before = boots.updateValue(welcome.boot, forKey: host)
    if let before, before != welcome.boot {
      confirm(bootOf: host, welcome.boot, after: before, at: now)
      // Its connection had been silent for some seconds before it counted as lost.
      endDomains(of: host, at: lostAt[host] ?? now, uncertainty: .seconds(5), "its host runs another boot")
    }
    if reached.insert(host).inserted {
      admission.take(answerOf: host)
      for lease in welcome.foreignLeases { admission.take(refusal: "\(lease.refusal)", of: host) }
      // Nothing of the controller is rehearsed: it is a site, not a host of the platform.
      if host == Site.controller.name {
        surveyed.insert(host)
        return
      }
      commands.append(.survey(host: host))
      commands.append(.state(host: host, thawing: []))
      statesAwaited.insert(host)
    } else if isNew {
      regainedAt[host] = now
      record(.hostRegained(host: host))
      commands.append(.statuses(host: host))
      if case .audit = stage, statesAwaited.contains(host) { askState(of: host) }
    }
  }

  /// A host runs another boot: faults that were to bring that about are effective.
  ///
  /// The boot before ended between the BMC's acceptance and the host's first answer from its new one, or the loss of its
  /// connection where that was noticed before.
  private mutating func confirm(
    bootOf host: String, _ boot: String, after before: String, at now: Nanoseconds
  ) {
    for (name, lease) in leases.sorted(by: { $0.key < $1.key })
    where lease.assignment.traits.confirmation == .byBoot(of: host) && !lease.isEffectKnown {
      guard var effect = lease.accepted else { continue }
      let end = lostAt[host].map { max($0, effect.at) } ?? now
      effect.uncertainty = max(effect.uncertainty, end - effect.at)
      effect.evidence = "\(host) runs boot \(boot), where it ran \(before) before"
      leases[name]?.isEffectKnown = true
      record(.leaseEffective(effect))
      endDomains(of: host, at: effect.at, uncertainty: effect.uncertainty, "its host reboots")
    }
  }

  /// Notes that a host's domains ended with its boot: no libvirt is left there to report it.
  private mutating func endDomains(
    of host: String, at time: Nanoseconds, uncertainty: Nanoseconds, _ what: String
  ) {
    for domain in running[host, default: []].sorted() {
      domains["\(host) \(domain)"] = .off
      record(
        .domainSeen(
          DomainSeen(
            host: host, domain: domain, state: .off, what: what, at: time, uncertainty: uncertainty)))
    }
    running[host] = []
  }

  private mutating func take(_ revert: LeaseReverted) {
    guard let lease = leases[revert.lease], lease.state != .reverted else { return }
    leases[revert.lease]?.state = .reverted
    stuck[revert.lease] = nil
    if lease.isRequested || lease.revertAsked != nil { record(.leaseReverted(revert)) }
    // A domain that was migrated meanwhile is still suspended on a host without its lease.
    if lease.isRequested, !lease.assignment.traits.footprint.domains.isEmpty {
      for host in connected.sorted() where host != lease.host {
        commands.append(.thaw(host: host, leases: [revert.lease]))
      }
    }
  }

  /// Asks for a host's state, for the audit. A domain may have come to it, or back to it, after its lease's end.
  mutating func askState(of host: String) {
    let ended = leases.filter {
      $0.value.state == .reverted && !$0.value.assignment.traits.footprint.domains.isEmpty
    }
    commands.append(.state(host: host, thawing: ended.keys.sorted()))
  }

  /// Forgets leases that their host never took: it was asked to undo them, and its disk knows nothing of them.
  private mutating func drop(leasesOf host: String, but known: Set<String>) {
    for (name, lease) in leases where lease.host == host && !known.contains(name) {
      if lease.state == .reverted, lease.forgetAsked != nil { leases[name]?.isForgotten = true }
      guard lease.revertAsked != nil, [.arming, .failed].contains(lease.state) else { continue }
      leases[name]?.state = .reverted
      leases[name]?.isForgotten = true
      stuck[name] = nil
    }
  }

  /// Takes that a host has records of leases that it was thought to have forgotten, or never to have had: an agent that
  /// was stopped may write one late.
  private mutating func remember(_ known: Set<String>) {
    for name in known where leases[name]?.isForgotten == true {
      leases[name]?.isForgotten = false
      leases[name]?.forgetAsked = nil
    }
  }

  /// Has the records of reverted leases deleted, in the audit, when an earlier session that held them has ended as well;
  /// again each second, since a request may go into a path that is cut. Returns whether one is still to be deleted.
  mutating func forgetLeases(at now: Nanoseconds) -> Bool {
    let due = leases.filter {
      $0.value.state == .reverted && !$0.value.isForgotten && connected.contains($0.value.host)
    }
    for (name, lease) in due.sorted(by: { $0.key < $1.key })
    where lease.forgetAsked.map({ now - $0 >= Self.forgetInterval }) ?? true {
      leases[name]?.forgetAsked = now
      commands.append(.forget(host: lease.host, lease: name))
    }
    return !due.isEmpty
  }

  private mutating func fail(_ name: String, _ message: String, at now: Nanoseconds) {
    guard let lease = leases[name], lease.state != .reverted, lease.state != .failed else { return }
    leases[name]?.state = .failed
    record(.leaseFailed(lease: name, message: message))
    record(.trialVoid(reason: "\(lease.step) on \(lease.host): \(message)"))
    abort("\(lease.step) on \(lease.host) could not be done: \(message)", at: now)
  }

  private mutating func take(_ sample: Sample) {
    guard sample.trial == trial else { return }
    let isSteady = if case .steady = stage { true } else { false }
    if let answered = probes.take(sample, isSteady: isSteady) { lastProgress = max(lastProgress, answered) }
  }

  private mutating func take(_ state: HostState, of host: String) {
    guard statesAwaited.remove(host) != nil else { return }
    if case .audit = stage, let before = stateBefore[host] {
      let found = StateComparison(
        before: before, after: state,
        touched: leases.filter { $0.value.host == host }.mapValues(\.assignment.traits.footprint),
        anyFault: !leases.isEmpty,
        isRebooted: leases.values.contains {
          $0.isRequested && $0.assignment.site == .controller && $0.assignment.takes.contains(host)
        })
      record(
        .residueAudited(host: host, differences: found.differences, uncompared: found.uncompared))
    } else if stateBefore[host] == nil {
      stateBefore[host] = state
    }
  }
}
