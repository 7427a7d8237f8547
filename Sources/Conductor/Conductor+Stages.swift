import Journal
import Scenario

extension Conductor {
  /// Goes on as far as what is known allows.
  mutating func advance(at now: Nanoseconds) {
    switch stage {
    case .connecting:
      guard
        reached.count + refusing.count == sites.count || now - startedAt > Self.connectPatience
      else { break }
      // If some refuse, the others are still asked, so that all reasons are reported at once.
      for site in sites where !reached.contains(site) {
        if let reason = refusing[site] { admission.take(refusal: reason, of: site) }
      }
      admission.refuseSilentHosts()
      if reached.isEmpty { return refuse() }
      commands.append(.watch)
      stage = .surveying
    case .surveying:
      if reached.isSubset(of: surveyed), statesAwaited.isEmpty {
        beginChecks()
      } else if now - startedAt > Self.preparePatience {
        for host in fleet.hosts
        where reached.contains(host.name)
          && (!surveyed.contains(host.name) || statesAwaited.contains(host.name))
        {
          admission.refuseUnsurveyed(host.name)
        }
        return refuse()
      }
    case .checking:
      if admission.isChecking {
        if now - startedAt <= Self.preparePatience { break }
        admission.refuseUnchecked()
      }
      if !admission.refusals.isEmpty { return refuse() }
      beginTrial(at: now)
    case .steady(let since): advanceSteady(since: since, at: now)
    case .faults(let since): advanceFaults(since: since, at: now)
    case .recovery(let since): advanceRecovery(since: since, at: now)
    case .audit(let since): advanceAudit(since: since, at: now)
    case .ending(let since): advanceEnding(since: since, at: now)
    case .finished: break
    }
  }

  private mutating func refuse(_ reasons: [String]? = nil) {
    finish(.refused(reasons ?? admission.refusals))
  }

  private mutating func beginChecks() {
    stage = .checking
    for check in admission.checks(running: running) {
      commands.append(
        .check(host: check.host, step: check.step.name, check.assignment.spec, duration: check.step.duration))
    }
  }

  private mutating func beginTrial(at now: Nanoseconds) {
    steps = Dictionary(uniqueKeysWithValues: scenario.timeline.map { ($0.name, .waiting) })
    probes = ProbeHistory(of: scenario, in: fleet)
    commands.append(.startProbes(trial: trial))
    record(.phaseBegan(.steady))
    stage = .steady(since: now)
  }

  // MARK: Steady

  private mutating func advanceSteady(since: Nanoseconds, at now: Nanoseconds) {
    // The last probe of the window must have come back before it is judged.
    let slack = scenario.steady.probes.compactMap { fleet.probe($0)?.timeout }.max() ?? .zero
    guard now - since >= scenario.steady.duration + min(slack, .seconds(1)) else { return }
    if views.isAwaited, now - since < scenario.steady.duration + Self.viewPatience { return }
    var reasons = probes.takeBaseline(since: since)
    reasons += admission.baseline(
      views, silent: sites.filter { !connected.contains($0) }, broken: broken)
    record(.baseline(reasons: reasons, bands: probes.bands.mapValues(\.upper)))
    if !reasons.isEmpty {
      commands.append(.stopProbes)
      if trial == 1 {
        return refuse(reasons.map { Admission.refusal(ofBaseline: $0) })
      }
      record(.trialVoid(reason: "the baseline isn't healthy: " + reasons.joined(separator: "; ")))
      return finish(.completed)
    }
    viewsBefore = views
    record(.phaseBegan(.faults))
    stage = .faults(since: now)
    lastProgress = now
    advanceFaults(since: now, at: now)
  }

  // MARK: Faults

  private mutating func advanceFaults(since: Nanoseconds, at now: Nanoseconds) {
    if checkGuards(at: now) { return }
    for step in scenario.timeline {
      switch steps[step.name] {
      case .waiting:
        if let start = start(of: step, since: since, at: now), now >= start - Self.armingLead {
          arm(step, dueAt: start, now: now)
        }
      case .injected:
        let mine = leases.values.filter { $0.step == step.name }
        if mine.allSatisfy({ $0.state == .reverted || $0.state == .failed }) {
          steps[step.name] = .over(at: now)
        }
      case .armed, .over, nil: break
      }
      if stage != .faults(since: since) { return }
    }
    injectDue(at: now)
    if stage != .faults(since: since) { return }
    chaseReverts(at: now)
    if stage != .faults(since: since) { return }
    // Steps whose condition never came are passed over once nothing else can bring it about; where there are only
    // such, once nothing moves on, or at recovery's cap.
    let others = scenario.timeline.filter { !awaitsCondition($0) }
    let isOver =
      others.isEmpty
      ? now - lastProgress > scenario.recovery.noProgress || now - since > scenario.recovery.cap
      : others.allSatisfy { steps[$0.name]?.isOver == true }
    if isOver {
      record(.phaseBegan(.recovery))
      stage = .recovery(since: now)
      lastProgress = now
    }
  }

  /// Whether a step waits for a condition, or for a step that does.
  private func awaitsCondition(_ step: Step) -> Bool {
    guard steps[step.name] == .waiting else { return false }
    switch step.trigger {
    case .at: return false
    case .when: return true
    case .after(let other, _):
      return scenario.timeline.first { $0.name == other }.map(awaitsCondition) ?? false
    }
  }

  /// When a step's fault is due; nil while that isn't known. The faults phase has its zero one arming lead after it
  /// began, so that a step at 0 s is armed before and injected on time.
  private func start(of step: Step, since: Nanoseconds, at now: Nanoseconds) -> Nanoseconds? {
    switch step.trigger {
    case .at(let time): return since + Self.armingLead + time
    case .after(let other, let delay):
      guard case .over(let end) = steps[other] else { return nil }
      return end + delay
    case .when(let condition): return holds(condition, at: now) ? now : nil
    }
  }

  private mutating func arm(_ step: Step, dueAt start: Nanoseconds, now: Nanoseconds) {
    let injectAt = max(start, now + Self.armingLead)
    let choice: TargetChoice
    do throws(StepRefused) {
      choice = try admission.choice(of: step, trial: trial, running: running)
    } catch {
      record(.trialVoid(reason: "\(error)"))
      return abort("\(error)", at: now)
    }
    // The end of a fault that cut the way to its host may be known before the host can be asked for the next one.
    if case .after = step.trigger, now - start < Self.connectPatience,
      !choice.assignments.allSatisfy({ connected.contains($0.site.name) })
    {
      return
    }
    record(
      .stepChosen(
        .init(step: step.name, hosts: choice.hosts, vms: choice.vms, how: choice.how)))
    for assignment in choice.assignments {
      let host = assignment.site.name
      leaseCount += 1
      let name = "\(tag)_\(leaseCount)"
      leases[name] = Held(
        host: host, step: step.name, assignment: assignment, injectAt: injectAt,
        until: injectAt + step.duration,
        cutsControlPath: admission.cutsControlPath(step.name, on: host) ?? true)
      commands.append(
        .arm(host: host, lease: name, assignment.spec, begins: injectAt - now, duration: step.duration))
    }
    steps[step.name] = .armed(injectAt: injectAt)
  }

  /// Injects what is due. What cuts the way to a host, or its power, comes last: nothing could be asked of that host after it.
  private mutating func injectDue(at now: Nanoseconds) {
    var due: [(step: Step, injectAt: Nanoseconds, rank: Int)] = []
    for step in scenario.timeline {
      guard case .armed(let injectAt) = steps[step.name], now >= injectAt else { continue }
      let ranks = leases.values.filter { $0.step == step.name && $0.injectAt == injectAt }.map { lease in
        lease.assignment.site == .controller ? 2 : lease.cutsControlPath ? 1 : 0
      }
      due.append((step, injectAt, ranks.max() ?? 0))
    }
    for rank in 0...2 {
      for one in due where one.rank == rank {
        guard case .faults = stage else { return }
        inject(one.step, dueAt: one.injectAt, at: now)
      }
    }
  }

  private mutating func inject(_ step: Step, dueAt injectAt: Nanoseconds, at now: Nanoseconds) {
    let mine = leases.filter { $0.value.step == step.name && $0.value.injectAt == injectAt }
      .sorted { $0.key < $1.key }
    if let gone = mine.first(where: { ![.arming, .armed].contains($0.value.state) }) {
      let reason = "\(step.name): the lease on \(gone.value.host) ended before its fault"
      record(.trialVoid(reason: reason))
      return abort(reason, at: now)
    }
    if mine.contains(where: { $0.value.state == .arming }) {
      guard let first = mine.first, now - first.value.injectAt > .seconds(5) else { return }
      let reason = "\(step.name): \(first.value.host) did not take its lease in time"
      record(.trialVoid(reason: reason))
      return abort(reason, at: now)
    }
    // Counted now, not when it was armed: hosts come and go meanwhile.
    let taken = Set(mine.flatMap(\.value.assignment.takes))
    let broken = broken
    let left = broken.left(of: fleet, taking: taken)
    if !taken.isEmpty, !scenario.beyondQuorum, left < fleet.quorum || !broken.withoutQuorum.isEmpty {
      let reason =
        "\(step.name) would leave \(left) of \(fleet.hosts.count) hosts, quorum is \(fleet.quorum); "
        + "down already: \(broken)"
      record(.trialVoid(reason: reason))
      return abort(reason, at: now)
    }
    // All of a step's records first, then all of its commands: its hosts are hit as near to each other as can be.
    for (name, lease) in mine {
      leases[name]?.state = .requested
      leases[name]?.isRequested = true
      record(
        .leaseRequested(
          .init(
            lease: name, step: step.name, host: lease.host, fault: lease.assignment.spec.fault,
            object: lease.assignment.traits.object, duration: step.duration,
            cutsControlPath: lease.cutsControlPath, isInstant: step.isInstant)
        ))
    }
    for (name, lease) in mine { commands.append(.inject(host: lease.host, lease: name)) }
    steps[step.name] = .injected
  }

  /// Asks hosts about leases whose end has passed and was not reported.
  private mutating func chaseReverts(at now: Nanoseconds) {
    for (name, lease) in leases.sorted(by: { $0.key < $1.key }) {
      guard lease.state != .reverted, now > lease.until + Self.revertPatience else { continue }
      if now > reportDue(of: lease) + Self.endPatience {
        let reason = "\(lease.step): \(lease.host) has not reported the revert of its fault"
        record(.trialVoid(reason: reason))
        return abort(reason, at: now)
      }
      if let asked = lease.revertAsked, now - asked < Self.revertPatience { continue }
      askRevert(name, .controller, at: now)
    }
  }

  mutating func askRevert(_ name: String, _ cause: RevertCause, at now: Nanoseconds) {
    guard let lease = leases[name], connected.contains(lease.host) else { return }
    if lease.revertAsked == nil { record(.leaseReverting(lease: name, cause: cause)) }
    leases[name]?.revertAsked = now
    commands.append(.revert(host: lease.host, lease: name))
  }

  // MARK: Recovery

  private mutating func advanceRecovery(since: Nanoseconds, at now: Nanoseconds) {
    if checkGuards(at: now) { return }
    let unwell = unwell(since: since, at: now)
    let outcome: RecoveryOutcome
    if unwell.isEmpty, now - since >= scenario.recovery.stable {
      outcome = .stable
    } else if now - since > scenario.recovery.cap {
      outcome = .cap
    } else if now - lastProgress > scenario.recovery.noProgress {
      outcome = .noProgress
    } else {
      return
    }
    record(.recoveryEnded(outcome, unwell: unwell))
    beginAudit(at: now)
  }

  /// What keeps the platform from being recovered: probes that are not stable, views that show something broken, hosts
  /// that don't answer.
  private func unwell(since: Nanoseconds, at now: Nanoseconds) -> [String] {
    scenario.steady.probes.compactMap { probes.unstable($0, since: since, at: now) }
      + scenario.steady.views.compactMap { views.unwell($0, since: viewsBefore) }
      + fleet.hosts.filter { !connected.contains($0.name) }.map { "\($0.name): no answer" }
  }

  // MARK: Audit

  private mutating func beginAudit(at now: Nanoseconds) {
    record(.phaseBegan(.audit))
    commands.append(.stopProbes)
    auditsAwaited = Set(scenario.steady.probes.filter { fleet.probe($0)?.kind == .append })
    for probe in auditsAwaited.sorted() { commands.append(.auditWrites(probe: probe)) }
    statesAwaited = Set(fleet.hosts.map(\.name))
    for host in fleet.hosts where connected.contains(host.name) { askState(of: host.name) }
    recordsAwaited = Set(leases.values.map(\.host)).intersection(connected)
    for host in recordsAwaited.sorted() { commands.append(.statuses(host: host)) }
    _ = forgetLeases(at: now)
    stage = .audit(since: now)
  }

  private mutating func advanceAudit(since: Nanoseconds, at now: Nanoseconds) {
    let isLate = now - since > Self.auditPatience
    let isForgetting = forgetLeases(at: now)
    let waitsForRecords = (isForgetting || !recordsAwaited.isEmpty) && now - since <= Self.forgetPatience
    guard auditsAwaited.isEmpty && statesAwaited.isEmpty && !waitsForRecords || isLate else { return }
    for probe in auditsAwaited.sorted() {
      record(.writesAudited(WritesAudit(probe: probe, unreadable: "no answer within \(Self.auditPatience)")))
    }
    for host in statesAwaited.sorted() {
      record(
        .residueAudited(
          host: host, differences: [], uncompared: ["no answer within \(Self.auditPatience)"]))
    }
    auditsAwaited = []
    statesAwaited = []
    if let abortReason { return finish(.aborted(abortReason)) }
    if trial < scenario.trials {
      trial += 1
      beginTrial(at: now)
    } else {
      finish(.completed)
    }
  }

  // MARK: Ends

  private mutating func checkGuards(at now: Nanoseconds) -> Bool {
    guard let tripped = scenario.guards.first(where: { holds($0.when, at: now) }) else { return false }
    record(.guardTripped("\(tripped.when)"))
    abort("guard: \(tripped.when)", at: now)
    return true
  }

  /// Reverts everything; the run ends once that is done.
  mutating func abort(_ reason: String, at now: Nanoseconds) {
    if abortReason == nil { abortReason = reason }
    switch stage {
    case .connecting, .surveying, .checking:
      finish(.aborted(reason))
    case .steady, .faults, .recovery:
      for name in leases.keys.sorted() where ![.reverted].contains(leases[name]?.state) {
        askRevert(name, .controller, at: now)
      }
      stage = .ending(since: now)
    case .audit, .ending, .finished: break
    }
  }

  private mutating func advanceEnding(since: Nanoseconds, at now: Nanoseconds) {
    let open = leases.filter { $0.value.state != .reverted }
    if open.isEmpty {
      record(.recoveryEnded(.aborted))
      return beginAudit(at: now)
    }
    for (name, lease) in open.sorted(by: { $0.key < $1.key }) {
      if let asked = lease.revertAsked, now - asked < Self.revertPatience { continue }
      askRevert(name, .controller, at: now)
    }
    let end = open.values.map(\.until).max() ?? now
    if now > max(since, end) + Self.endPatience {
      commands.append(.stopProbes)
      finish(
        .faultsActive(
          open.sorted { $0.key < $1.key }.map { name, lease in
            "\(lease.host): \(lease.assignment.spec.fault) \(lease.assignment.traits.object), lease \(name)"
              + (stuck[name].map { ": \($0)" } ?? ": its host has not reported its revert")
          }))
    }
  }

  private mutating func finish(_ ending: Ending) {
    switch ending {
    case .completed: break
    case .refused(let reasons): record(.runRefused(reasons: reasons))
    case .aborted(let reason): record(.runAborted(reason: reason))
    case .faultsActive(let faults): record(.faultsActive(faults))
    }
    commands.append(.finish(ending))
    stage = .finished
  }
}
