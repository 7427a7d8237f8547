import Leases
import AgentProtocol
import Conductor
import Journal
import Scenario

/// Tracks the true state of the hosts, and reports each breach of an invariant.
final class Referee {
  /// The facts about a lease.
  private struct Known {
    var lease: SimulatedLease
    var host: SimulatedHost
    /// The times at which effects were observed and ends were verified.
    var ends: [(at: Nanoseconds, cause: RevertCause)] = []
    var wasActive = false
    /// When something other than Murphy ended its fault.
    var endedByOthers: Nanoseconds?
    /// Whether an agent observed the fault then, and no process had begun to undo it. If so, its end must be reported.
    var wasObserved = false
    /// The process that released it last.
    var wasReleasedBy: String?
  }

  /// Why a session must revert a fault.
  enum Cause: String {
    case controllerAsked = "the controller requested it"
    case inputEnded = "the agent's stdin ended"
    case watchdogEnded = "its watchdog ended"
    case injectionFailed = "its injection failed"
  }

  private struct Reason {
    var since: Nanoseconds
    var why: Cause
    unowned let knownTo: AgentSession
  }

  private unowned let simulation: Simulation
  private(set) var breach: Breach?
  private(set) var lastDeadline = Nanoseconds.zero
  private var known: [String: Known] = [:]
  private var reasons: [String: [Reason]] = [:]
  private var mayEnd: [String: Set<RevertCause>] = [:]
  private var requested: Set<String> = []
  private var reverting: Set<String> = []
  private var revertsJournaled: Set<String> = []
  private var effectsJournaled: Set<String> = []
  private var endsJournaled: Set<String> = []
  private var asked: Set<String> = []
  private var abortedAt: Nanoseconds?
  private var auditBeganAt: Nanoseconds?

  init(of simulation: Simulation) { self.simulation = simulation }

  private var now: Nanoseconds { simulation.now }

  /// Records the breach of an invariant. The first breach of a run counts.
  func object(_ invariant: Breach.Invariant, _ what: String) {
    guard breach == nil else { return }
    breach = Breach(invariant: invariant, at: now, what: what)
    simulation.note("BROKEN: \(invariant.rawValue): \(what)")
  }

  // MARK: Acts

  /// The session's table starts an injection.
  func injectedOnce(_ lease: String, isArmed: Bool, times: Int, reverts: Int, on host: SimulatedHost) {
    if !isArmed { object(.order, "\(lease) on \(host.name) is injected, and is not armed") }
    if times > 1 { object(.order, "\(lease) on \(host.name) is injected \(times) times") }
    if reverts > 0 { object(.order, "\(lease) on \(host.name) is injected after its revert began") }
  }

  /// A worker is about to inject a fault.
  func announces(_ lease: SimulatedLease, on host: SimulatedHost) {
    if host.reading >= lease.deadline {
      object(.late, "\(lease.name) on \(host.name) is injected, and its deadline has passed")
    }
  }

  /// A lease is on disk.
  func leaseWritten(_ lease: SimulatedLease, on host: SimulatedHost) {
    lastDeadline = max(lastDeadline, host.clock.time(of: lease.deadline))
    known[lease.name] = Known(lease: lease, host: host)
  }

  /// A fault takes effect.
  func activated(_ lease: SimulatedLease, on host: SimulatedHost) {
    let name = lease.name
    simulation.count(.fault)
    let isLate = lease.deadline <= host.reading
    if isLate { simulation.count(.lateAct) }
    known[name]?.wasActive = true
    // If the act was performed after its end was logged, the record may have been deleted since.
    if known[name]?.ends.isEmpty == true,
      lease.outlivesBoot ? host.disk[name] == nil : host.disk[name]?.lease.boot != host.boot
    {
      object(.disk, "\(name) takes effect on \(host.name), whose disk has no lease of it")
    }
    if !requested.contains(name) {
      object(.journal, "\(name) takes effect on \(host.name), and the journal has no request for it")
    }
    simulation.after(
      lease.deadline > host.reading
        ? Nanoseconds(simulation.number(in: 0...(lease.deadline - host.reading).count)) : .zero
    ) { [simulation] in
      if host.active[name] != nil { simulation.adversary.mayStrike(.holding, lease: name, on: host, in: nil) }
    }
    watch(name, on: host)
  }

  /// A fault is gone.
  func ended(_ active: SimulatedHost.Active, on host: SimulatedHost, by cause: RevertCause?) {
    let name = active.lease.name
    let isJustified: Bool
    switch cause {
    case .controller:
      isJustified = asked.contains(name)
      simulation.count(.byController)
    case .stdin:
      isJustified = mayEnd[name]?.contains(.stdin) == true
      simulation.count(.byStdin)
    case .agent:
      isJustified =
        mayEnd[name]?.contains(.agent) == true || isOver(active.lease, on: host)
        || host.disk[name]?.revert != nil
      simulation.count(.byAgent)
    case .deadline:
      isJustified = isOver(active.lease, on: host)
      simulation.count(.byDeadline)
    case .watchdog:
      isJustified = true
      simulation.count(.byWatchdog)
    case .kernel:
      isJustified = host.reading >= active.lease.deadline
      simulation.count(.byKernel)
    case .recover:
      isJustified = true
      simulation.count(.byRecover)
    case nil:
      isJustified = true
      simulation.count(.byPower)
    }
    if !isJustified {
      object(
        .early,
        "\(name) on \(host.name) is reverted because of \(cause?.rawValue ?? ""), which has not happened")
    }
    known[name]?.ends.append((now, cause ?? .recover))
  }

  /// Whether a lease's deadline has passed. A BMC may execute a request of an earlier boot of the site, whose clock can't
  /// be compared with the present one.
  private func isOver(_ lease: SimulatedLease, on host: SimulatedHost) -> Bool {
    host.reading >= lease.deadline || lease.outlivesBoot && lease.boot != host.boot
  }

  /// A fault was ended by something other than Murphy.
  func endedByOthers(_ active: SimulatedHost.Active, on host: SimulatedHost) {
    let name = active.lease.name
    known[name]?.endedByOthers = now
    known[name]?.wasObserved =
      host.disk[name]?.lastObservation == nil
      && host.sessions.contains { $0.workers[name]?.lastActive != nil }
  }

  /// A process has observed that a fault ended, and is about to log it.
  func verifiedEnd(_ lease: String, _ revert: Revert, on host: SimulatedHost) {
    known[lease]?.ends.append((now, revert.cause))
  }

  /// A process that held a lease releases it.
  func released(_ lease: String, by process: String, on host: SimulatedHost) {
    if process != "its watchdog", host.active[lease] != nil {
      object(.hold, "\(lease) is active on \(host.name), and \(process) releases it")
    }
    known[lease]?.wasReleasedBy = process
  }

  /// A session has a reason to revert a fault now.
  func mustEnd(_ lease: String, because why: Cause, on host: SimulatedHost, known session: AgentSession) {
    let cause: RevertCause =
      switch why {
      case .inputEnded: .stdin
      case .controllerAsked: .controller
      case .watchdogEnded, .injectionFailed: .agent
      }
    mayEnd[lease, default: []].insert(cause)
    reasons[lease, default: []].append(Reason(since: now, why: why, knownTo: session))
  }

  func mayEnd(_ lease: String, by cause: RevertCause) { mayEnd[lease, default: []].insert(cause) }

  // MARK: The watch

  /// Checks an active fault repeatedly until it is gone.
  private func watch(_ lease: String, on host: SimulatedHost) {
    guard let active = host.active[lease] else { return }
    examine(active, on: host)
    simulation.after(.milliseconds(200)) { [self] in
      if host.active[lease]?.since == active.since { watch(lease, on: host) }
    }
  }

  private func examine(_ active: SimulatedHost.Active, on host: SimulatedHost) {
    let name = active.lease.name
    let deadline = host.clock.time(of: active.lease.deadline)
    if active.lease.isRevertedByKernel, !host.isTroubled,
      now > deadline + KernelRevert.grace + .milliseconds(100)
    {
      object(.lease, "\(name) on \(host.name) is active, and the kernel should have reverted it")
    }
    var isHeld = false
    let patience = patience(with: active.lease, on: host)
    func demand(_ since: Nanoseconds, of who: String, _ invariant: Breach.Invariant, _ why: String) {
      let since = max(since, active.since, host.undoWorksSince(active.lease))
      if host.canUndo(active.lease), now > since + patience {
        object(
          invariant,
          "\(name) is still active on \(host.name), \((now - since).inSeconds) s after \(who) should have reverted it: "
            + why)
      }
    }
    for session in host.sessions {
      guard let worker = session.workers[name] else { continue }
      isHeld = true
      guard !session.isStopped, let free = worker.freeSince else { continue }
      let able = max(session.runsSince, free)
      demand(max(deadline, able), of: "its agent", .lease, "its deadline is past")
      for reason in reasons[name] ?? [] where reason.knownTo === session {
        demand(max(reason.since, able), of: "its agent", .reason, reason.why.rawValue)
      }
    }
    for watchdog in host.watchdogs where watchdog.lease.name == name {
      isHeld = true
      guard !watchdog.isStopped else { continue }
      demand(max(deadline, watchdog.runsSince), of: "its watchdog", .lease, "its deadline is past")
      if let death = watchdog.agentDiedAt {
        demand(max(death, watchdog.runsSince), of: "its watchdog", .reason, "its agent died")
      }
    }
    if !isHeld, let who = known[name]?.wasReleasedBy {
      object(.hold, "\(name) is active on \(host.name), and \(who) has released it")
    }
    if isHeld, let abortedAt {
      let controller = simulation.controller
      guard !controller.isDead, controller.ending == nil, host.isServed, !host.isCut,
        simulation.weather.isCalm,
        host.sessions.allSatisfy({ !$0.isStopped && $0.workers[name].map { $0.freeSince != nil } ?? true })
      else { return }
      let able =
        [
          abortedAt, active.since, controller.runsSince, host.servedOrNotSince ?? now,
          host.passesSince,
          simulation.calmSince, host.undoWorksSince(active.lease),
          host.sessions.map(\.runsSince).max() ?? now,
          host.sessions.compactMap { $0.workers[name]?.freeSince }.max() ?? .zero,
        ].max() ?? now
      if host.canUndo(active.lease), now > able + .seconds(5) + patience {
        object(
          .reason,
          "the run was aborted, and \(name) is active on \(host.name), which could be asked to revert it")
      }
    }
  }

  /// The time that an undo may take. A failed undo is repeated after a second. Another process's lock is awaited for 50
  /// ms. A BMC that answers again is queried up to 3 s later, and needs some seconds for its act.
  private func patience(with lease: SimulatedLease, on host: SimulatedHost) -> Nanoseconds {
    if lease.power != nil { return .seconds(12) }
    return host.isTroubled ? .milliseconds(1500) : .milliseconds(400)
  }

  // MARK: Commands and the journal

  /// The conductor requests an injection.
  func injects(_ lease: String, on name: String) {
    if !requested.contains(lease) {
      object(.journal, "\(lease) is injected before its request is in the journal")
    }
    let fleet = simulation.course.fleet
    let taking = takes(of: lease)
    guard !simulation.course.scenario.beyondQuorum, !taking.isEmpty else { return }
    let taken = Set(
      simulation.sites.flatMap { $0.active.values.filter { !$0.isLate }.flatMap(\.lease.takes) })
    let down = simulation.hosts.filter { host in
      if taking.contains(host.name) || taken.contains(host.name) { return true }
      // A host that is reached through another host may be up while that one is down.
      return !host.isServed && simulation.course.reachedThrough[host.name] == nil
    }
    if fleet.hosts.count - down.count < fleet.quorum {
      object(
        .quorum,
        "\(lease) is injected on \(name) while \(down.map(\.name).joined(separator: ", ")) are down or about to be: "
          + "quorum is \(fleet.quorum) of \(fleet.hosts.count)")
    }
  }

  private func takes(of lease: String) -> Set<String> {
    for host in simulation.sites { if let record = host.disk[lease] { return record.lease.takes } }
    return []
  }

  /// A host resumes domains that a lease of another host suspended. If its revert was requested, a hypervisor may have
  /// performed the injection after the reported revert.
  func thaws(_ lease: String, on host: SimulatedHost) {
    if asked.contains(lease) { return }
    for other in simulation.hosts where other.active[lease]?.isLate == false {
      object(.early, "\(host.name) resumes domains of \(lease), which is active on \(other.name)")
    }
  }

  func asksRevert(_ lease: String) {
    asked.insert(lease)
    if !reverting.contains(lease) {
      object(.journal, "\(lease) is undone before the journal has the request")
    }
  }

  /// An entry is written to the journal.
  func written(_ entry: Entry) {
    switch entry.event {
    case .leaseRequested(let request):
      if !requested.insert(request.lease).inserted { object(.journal, "\(request.lease) is requested twice") }
    case .leaseReverting(let lease, _): reverting.insert(lease)
    case .leaseEffective(let effect): written(effect)
    case .leaseEnded(let end): written(end)
    case .leaseReverted(let revert): written(revert)
    case .phaseBegan(.audit): auditBeganAt = now
    case .guardTripped, .interrupted, .leaseFailed, .trialVoid: abortedAt = abortedAt ?? now
    default: break
    }
  }

  private func written(_ effect: LeaseEffective) {
    effectsJournaled.insert(effect.lease)
    guard let known = known[effect.lease] else {
      return object(.journal, "\(effect.lease) is journaled as effective, but has no lease")
    }
    guard case .byBoot(let name) = known.lease.traits.confirmation, let host = simulation.site(name) else {
      if !known.wasActive, !isOffByAnother(known.lease) {
        object(.journal, "\(effect.lease) is journaled as effective, but never was")
      }
      return
    }
    let slack = effect.uncertainty + Nanoseconds(1000)
    let isWithin = host.bootsEnded.contains { $0 <= effect.at + slack && effect.at <= $0 + slack }
    // If another failure silences a host after the acceptance, its boot seems to have ended then.
    let isMistakable = host.lostBeforeBootsEnd.contains { $0 >= effect.at }
    if !isWithin, !isMistakable {
      let truth = host.bootsEnded.map { "\($0.inSeconds) s" }.joined(separator: ", ")
      object(
        .journal,
        "\(effect.lease) is journaled as effective at \(effect.at.inSeconds) s ± \(effect.uncertainty.inSeconds) s; "
          + "boots of \(name) ended at: \(truth)")
    }
  }

  /// Whether another lease had switched off the same host. The BMC shows the same for both.
  private func isOffByAnother(_ lease: SimulatedLease) -> Bool {
    guard let bmc = lease.power?.bmc else { return false }
    return known.values.contains { $0.wasActive && $0.lease.power?.bmc === bmc }
  }

  private func written(_ end: LeaseEnded) {
    simulation.count(.endTold)
    if !endsJournaled.insert(end.lease).inserted { object(.ended, "\(end.lease)'s end is journaled twice") }
    guard let known = known[end.lease], known.wasActive else {
      return object(.ended, "\(end.lease) is journaled as ended early, and never was active")
    }
    switch end.cause {
    case .others:
      let slack = end.uncertainty + Nanoseconds(1000)
      if let truth = known.endedByOthers {
        if truth > end.firstEnded + slack || end.lastActive.map({ $0 > truth + slack }) == true {
          object(
            .ended,
            "another program ended \(end.lease) at \(truth.inSeconds) s, and not between "
              + "\(end.lastActive?.inSeconds ?? 0) s and \(end.firstEnded.inSeconds) s")
        }
      } else if !known.host.diskHasFailed {
        // If a disk refuses the log entry, one process can't distinguish another's undo from an end by others.
        object(.ended, "\(end.lease) is journaled as ended by others, and was not")
      }
    case .reboot:
      if !known.host.hasLostPower {
        object(.ended, "\(end.lease) is journaled as ended by a reboot, without one")
      }
    case .kernel:
      if !known.lease.isRevertedByKernel {
        object(.ended, "\(end.lease) is journaled as ended by the kernel, which can't end it")
      }
    }
  }

  private func written(_ revert: LeaseReverted) {
    revertsJournaled.insert(revert.lease)
    // The end of a lease that was never injected is recorded only on its host.
    guard let known = known[revert.lease], known.wasActive else { return }
    if let active = known.host.active[revert.lease], active.since < now - .seconds(40) || !active.isLate,
      known.ends.isEmpty
    {
      object(.journal, "\(revert.lease) is journaled as reverted, and is active")
    }
    let slack = revert.uncertainty + Nanoseconds(1000)
    if !known.ends.contains(where: {
      $0.cause == revert.cause && $0.at <= revert.at + slack && revert.at <= $0.at + slack
    }) {
      let truth = known.ends.map { "\($0.cause.rawValue) at \($0.at.inSeconds) s" }.joined(separator: ", ")
      object(
        .journal,
        "\(revert.lease) is journaled as reverted by \(revert.cause.rawValue) at \(revert.at.inSeconds) s ± "
          + "\(revert.uncertainty.inSeconds) s; the truth: \(truth)")
    }
  }

  // MARK: Ends

  /// The run has ended. Its ending must be true.
  func judge(_ ending: Ending) {
    switch ending {
    case .completed: simulation.count(.completed)
    case .refused:
      simulation.count(.refused)
      if !requested.isEmpty { object(.journal, "refused after a fault was requested") }
    case .aborted: simulation.count(.aborted)
    case .faultsActive(let what):
      simulation.count(.faultsActive)
      if what.isEmpty { object(.end, "a fault may be active, and none is named") }
      for line in what { judge(faultsActive: line) }
    }
    if case .faultsActive = ending {} else { expectPower("the run ended with \(ending)") }
    for host in simulation.sites {
      for (name, active) in host.active.sorted(by: { $0.key < $1.key }) where !active.isLate {
        if case .faultsActive(let what) = ending, what.contains(where: { $0.contains("lease \(name):") }) {
          continue
        }
        object(.end, "the run ended with \(ending), and \(name) is active on \(host.name)")
      }
    }
    if case .faultsActive = ending { return }
    expectNoRecords()
    for (name, lease) in known.sorted(by: { $0.key < $1.key }) where lease.wasActive {
      if !revertsJournaled.contains(name) {
        object(.journal, "the run ended with \(ending), and the journal doesn't have the end of \(name)")
      }
      let host = lease.host
      if lease.wasObserved, effectsJournaled.contains(name), !host.diskHasFailed, !host.hasLostPower,
        lease.lease.power?.bmc.hasFailed != true, !endsJournaled.contains(name)
      {
        object(.ended, "another program ended \(name) on \(host.name), and the journal doesn't have it")
      }
    }
  }

  /// The hosts that the run could reach from well before its audit until its end.
  private func expectNoRecords() {
    guard let auditBeganAt, simulation.weather.isCalm else { return }
    for (name, lease) in known.sorted(by: { $0.key < $1.key }) {
      let host = lease.host
      guard host.isUp, !host.isCut, !host.diskHasFailed, host.isServed,
        host.sessions.count == 1, host.sessions.allSatisfy({ !$0.isStopped })
      else { continue }
      let able =
        [
          simulation.controller.runsSince, host.servedOrNotSince ?? now,
          host.passesSince, simulation.calmSince, host.sessions.map(\.runsSince).max() ?? now,
        ].max() ?? now
      guard able + .seconds(2) < auditBeganAt else { continue }
      if host.disk[name]?.isInDoubt == true, !effectsJournaled.contains(name) {
        object(.end, "the run ended, and doesn't name \(name) on \(host.name), which is in doubt")
      }
      let boot = host.boot
      simulation.after(.seconds(1)) { [self] in
        if host.boot == boot, host.isUp, host.disk[name]?.status.isKnownToBeOver == true {
          object(.record, "the run has ended, and \(host.name) has the record of \(name)")
        }
      }
    }
  }

  /// Checks each second whether the controller is connected to every host that answers.
  func watchReach() {
    let controller = simulation.controller
    if controller.isOver { return }
    for host in simulation.sites where !host.isServed {
      guard host.isUp, !host.isTaken, host.refusal == nil, !host.isCut, simulation.weather.isCalm,
        host.sessions.allSatisfy({ !$0.isStopped })
      else { continue }
      let able =
        [
          controller.runsSince, host.servedOrNotSince ?? .zero, host.passesSince,
          simulation.calmSince, host.sessions.map(\.runsSince).max() ?? .zero,
        ].max() ?? now
      if now > able + .seconds(12) {
        object(.reach, "\(host.name) answers since \(able.inSeconds) s, and is not reached")
      }
    }
    simulation.after(.seconds(1)) { [self] in watchReach() }
  }

  /// A run that reports a fault as possibly active must have had no path by which to learn of the fault's revert.
  private func judge(faultsActive line: String) {
    let patience = Nanoseconds.seconds(30)
    for (name, lease) in known where line.contains("lease \(name):") {
      let host = lease.host
      guard host.active[name] == nil, host.isServed, !host.isCut,
        simulation.weather.isCalm, let end = lease.ends.last?.at,
        host.disk[name]?.status.isKnownToBeOver == true
      else { continue }
      let able =
        [
          end, simulation.controller.runsSince, host.passesSince, simulation.calmSince,
          host.sessions.map(\.runsSince).max() ?? now,
        ].max() ?? now
      if now > able + patience {
        object(
          .end,
          "\(name) on \(host.name) is reported as possibly active, and was reverted at \(end.inSeconds) s")
      }
    }
  }

  /// Checks that each host has power. Exceptions are a host that a person has switched off, and a host with a lease
  /// that may still be active.
  private func expectPower(_ when: String) {
    for host in simulation.hosts {
      guard let bmc = host.bmc, !bmc.isOn, !bmc.isCycling, !bmc.isOffByHand else { continue }
      let isLeased = simulation.sites.contains { site in
        site.disk.values.contains { $0.lease.power?.bmc === bmc && !$0.status.isKnownToBeOver }
      }
      if !isLeased { object(.power, "\(when), but \(host.name) has no power") }
    }
  }

  /// Called when every process that could revert a fault has ended, or has had enough time.
  func judgeAfterLeases() { expectPower("every lease is over") }

  /// Called after `recover` has reported that these sites are clean, or has been repeated often enough.
  func judgeAfterRecover(of sites: [SimulatedHost]) {
    expectPower("recover has ended")
    // `recover` can't restore the power of a host whose BMC has no mains.
    for host in sites
    where host.isUp && (!host.isController || simulation.hosts.allSatisfy(\.hasMains)) {
      if let name = host.active.keys.sorted().first {
        object(.recover, "\(name) is active on \(host.name)")
      }
      if let name = host.disk.keys.sorted().first {
        object(.recover, "the record of \(name) is on the disk of \(host.name)")
      }
    }
  }
}
