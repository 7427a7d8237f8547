import Journal
import Scenario

/// A trial: the steady phase, the faults, the recovery.
extension Conductor {
  mutating func begin(_ course: TrialCourse, at now: Nanoseconds) {
    trial = course
    commands.append(.startProbes(trial: trial.number))
    record(.phaseBegan(.steady))
    stage = .steady(since: now)
  }

  /// Declares the trial void: its results are not results of the platform.
  mutating func void(_ reason: String) { record(.trialVoid(reason: reason)) }

  private mutating func voidAndAbort(_ reason: String, at now: Nanoseconds) {
    void(reason)
    abort(reason, at: now)
  }

  // MARK: Steady

  mutating func advanceSteady(since: Nanoseconds, at now: Nanoseconds) {
    guard trial.isSteadyOver(since: since, awaitingViews: platform.views.isAwaited, at: now) else { return }
    var reasons = trial.takeBaseline(since: since)
    reasons += admission.baseline(
      platform.views, silent: sites.filter { !platform.connected.contains($0) },
      broken: platform.broken(leases.takings, at: now))
    reasons += audit.residue
    record(.baseline(reasons: reasons, bands: trial.probes.bands.mapValues(\.upper)))
    if !reasons.isEmpty {
      commands.append(.stopProbes)
      if trial.number == 1 { return refuse(reasons.map { Admission.refusal(ofBaseline: $0) }) }
      void("\(RunReason.baseline(reasons.joined(separator: "; ")))")
      return finish(.completed)
    }
    trial.beginFaults(seeing: platform.views, at: now)
    record(.phaseBegan(.faults))
    stage = .faults(since: now)
    advanceFaults(since: now, at: now)
  }

  // MARK: Faults

  mutating func advanceFaults(since: Nanoseconds, at now: Nanoseconds) {
    if checkGuards(at: now) { return }
    for (step, state) in zip(scenario.timeline, trial.states) {
      switch state {
      case .waiting:
        let start = trial.start(of: step, since: since, at: now) { holds($0, at: now) }
        if let start, now >= start - Self.armingLead { arm(step, dueAt: start, now: now) }
      case .injected: if leases.areOver(of: step) { trial.end(step, at: now) }
      case .armed, .over: break
      }
      if stage != .faults(since: since) { return }
    }
    injectDue(at: now)
    if stage != .faults(since: since) { return }
    chaseReverts(at: now)
    if stage != .faults(since: since) { return }
    if trial.areFaultsOver(since: since, at: now) {
      record(.phaseBegan(.recovery))
      stage = .recovery(since: now)
      trial.progress(at: now)
    }
  }

  private mutating func arm(_ step: Step, dueAt start: Nanoseconds, now: Nanoseconds) {
    let injectAt = max(start, now + Self.armingLead)
    let choice: TargetChoice
    do throws(StepRefused) {
      choice = try admission.choice(of: step, trial: trial.number, running: platform.running)
    } catch {
      return voidAndAbort("\(error)", at: now)
    }
    // If a fault cut the path to its host, its end may be known before the host can be reached for the next fault.
    if case .after = step.trigger, now - start < Admission.connectPatience,
      !choice.assignments.allSatisfy({ platform.connected.contains($0.site.name) })
    {
      return
    }
    record(
      .stepChosen(
        .init(step: step.name, hosts: choice.hosts, vms: choice.vms, how: choice.how)))
    for assignment in choice.assignments {
      let host = assignment.site.name
      let lease = leases.add(
        step, assignment, injectAt: injectAt,
        cutsControlPath: admission.cutsControlPath(step.name, on: host) ?? true)
      commands.append(
        .arm(
          host: host, lease: lease.name, assignment.spec, begins: injectAt - now, duration: step.duration))
    }
    trial.arm(step, injectAt: injectAt)
  }

  /// Injects the faults that are due. A fault that cuts the path to a host, or its power, is injected last, since that
  /// host can't be reached afterwards.
  private mutating func injectDue(at now: Nanoseconds) {
    let due = trial.due(at: now)
    if due.isEmpty { return }
    let ranks = due.map { step, injectAt in
      leases.of(step).filter { $0.injectAt == injectAt }.map { lease in
        lease.assignment.site == .controller ? 2 : lease.cutsControlPath ? 1 : 0
      }.max() ?? 0
    }
    for rank in 0...2 {
      for (one, its) in zip(due, ranks) where its == rank {
        guard case .faults = stage else { return }
        inject(one.step, dueAt: one.injectAt, at: now)
      }
    }
  }

  private mutating func inject(_ step: Step, dueAt injectAt: Nanoseconds, at now: Nanoseconds) {
    let mine = leases.of(step).filter { $0.injectAt == injectAt }
    if let gone = mine.first(where: { ![.arming, .armed].contains($0.state) }) {
      return voidAndAbort("\(RunReason.leaseEnded(step: step.name, host: gone.host))", at: now)
    }
    if let late = mine.first(where: { $0.state == .arming }) {
      if now - injectAt <= .seconds(5) { return }
      return voidAndAbort("\(RunReason.leaseLate(step: step.name, host: late.host))", at: now)
    }
    // Counted at the injection, since hosts may have been lost or have returned after the arming.
    let taken = Set(mine.flatMap(\.assignment.takes))
    let broken = platform.broken(leases.takings, at: now)
    let left = broken.left(of: fleet, taking: taken)
    if !taken.isEmpty, !scenario.beyondQuorum, left < fleet.quorum || !broken.withoutQuorum.isEmpty {
      let reason = RunReason.quorumAtInjection(
        step: step.name, left: left, of: fleet.hosts.count, quorum: fleet.quorum, broken: "\(broken)")
      return voidAndAbort("\(reason)", at: now)
    }
    // The journal entries of all leases are written before the first command is sent, so that the injections on the
    // step's hosts are close together.
    for lease in mine {
      leases.request(lease.name)
      record(
        .leaseRequested(
          .init(
            lease: lease.name, step: step.name, host: lease.host, fault: lease.assignment.spec.fault,
            object: lease.assignment.traits.object, duration: step.duration,
            cutsControlPath: lease.cutsControlPath, isInstant: lease.isInstant,
            leaves: lease.assignment.traits.damage, sparesHosts: lease.assignment.takes.isEmpty)))
    }
    for lease in mine { commands.append(.inject(host: lease.host, lease: lease.name)) }
    trial.inject(step)
  }

  /// Asks hosts about leases whose end is due and was not reported.
  private mutating func chaseReverts(at now: Nanoseconds) {
    let overdue = leases.open(endedBefore: now - Self.revertPatience)
    for (lease, due) in zip(overdue, platform.reportsDue(of: overdue, leases.all)) {
      if now > due + Self.endPatience {
        return voidAndAbort("\(RunReason.revertMissing(step: lease.step, host: lease.host))", at: now)
      }
      if let asked = lease.revertAsked, now - asked < Self.revertPatience { continue }
      askRevert(lease, .controller, at: now)
    }
  }

  private mutating func checkGuards(at now: Nanoseconds) -> Bool {
    guard let tripped = scenario.guards.first(where: { holds($0.when, at: now) }) else { return false }
    record(.guardTripped("\(tripped.when)"))
    abort("\(RunReason.guardTripped(tripped.when))", at: now)
    return true
  }

  // MARK: Recovery

  mutating func advanceRecovery(since: Nanoseconds, at now: Nanoseconds) {
    if checkGuards(at: now) { return }
    guard let outcome = trial.recovery(since: since, isWell: isWell(since: since, at: now), at: now)
    else { return }
    record(.recoveryEnded(outcome, unwell: unwell(since: since, at: now)))
    beginAudit(at: now)
  }

  private func isWell(since: Nanoseconds, at now: Nanoseconds) -> Bool {
    fleet.hosts.allSatisfy { platform.connected.contains($0.name) }
      && trial.isWell(platform.views, since: since, at: now)
  }

  /// The reasons why the platform counts as not recovered, a line each.
  private func unwell(since: Nanoseconds, at now: Nanoseconds) -> [String] {
    trial.unwell(platform.views, since: since, at: now)
      + fleet.hosts.filter { !platform.connected.contains($0.name) }.map { "\($0.name): no answer" }
  }
}
