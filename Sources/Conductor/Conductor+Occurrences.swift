import AgentProtocol
import Journal
import Scenario

extension Conductor {
  /// Passes an occurrence to the values that it concerns.
  mutating func take(_ occurrence: Occurrence, at now: Nanoseconds) {
    switch occurrence {
    case .start:
      startedAt = now
      for site in sites { commands.append(.connect(host: site)) }
    case .connected(let host, let welcome): take(welcome, of: host, at: now)
    case .refused(let host, let reason):
      if stage == .connecting, !admission.answering.contains(host) { refusing[host] = reason }
    case .lost(let host, let reason): lose(host, reason, at: now)
    case .surveyed(let survey) where survey.host == Site.controller.name: record(.hostSurveyed(survey))
    case .surveyed(let survey):
      surveyed.insert(survey.host)
      platform.take(survey)
      fingerprints[survey.host] = survey.fingerprint
      record(.hostSurveyed(survey))
    case .checked(let host, let step, let cuts, let missing):
      admission.take(check: step, on: host, cutsControlPath: cuts, missing: missing)
    case .state(let host, let state): take(state, of: host, at: now)
    case .armed(let lease): leases.take(armed: lease)
    case .failed(let lease, let message):
      guard let lease = leases.take(failed: lease) else { break }
      record(.leaseFailed(lease: lease.name, message: message))
      void("\(lease.step) on \(lease.host): \(message)")
      abort("\(RunReason.notDone(step: lease.step, host: lease.host, message: message))", at: now)
    case .effective(let effect): take(effect, at: now)
    case .ended(let end): if leases.take(end) { record(.leaseEnded(end)) }
    case .reverted(let revert): take(revert)
    case .statuses(let host, let known, let inDoubt, let isComplete):
      audit.take(recordsOf: host, isComplete: isComplete, at: now)
      for revert in leases.revertsAtBoot(of: host, records: known, isComplete: isComplete, at: now) {
        take(revert)
      }
      leases.take(records: known, inDoubt: inDoubt, of: host, isComplete: isComplete)
    case .forgotten(let lease): leases.take(forgotten: lease)
    case .stuck(let lease, let reason): leases.take(stuck: lease, reason)
    case .sample(let sample):
      guard sample.trial == trial.number else { break }
      let isSteady = if case .steady = stage { true } else { false }
      trial.take(sample, isSteady: isSteady)
    case .view(let view, let belief, let from, let isAside):
      let before = platform.views.last(of: view, from: from, isAside: isAside)
      guard platform.take(belief, of: view, from: from, isAside: isAside) else { break }
      // Data that only grow older don't count as progress.
      let isOnlyOlder = belief.age != nil && belief.hasContent(of: before)
      if scenario.steady.views.contains(view), !isOnlyOlder { trial.progress(at: now) }
      record(.viewSeen(view: view, belief, from: from, isAside: isAside))
    case .domain(let seen):
      guard platform.take(seen) else { break }
      trial.progress(at: now)
      record(.domainSeen(seen))
    case .records(let probe, let read):
      if let writes = audit.take(read, of: probe, at: now) { record(.writesAudited(writes)) }
    case .interrupted(let signal):
      record(.interrupted(signal: signal))
      abort("\(RunReason.interrupted(signal: signal))", at: now)
    case .tick: break
    }
  }

  // MARK: Hosts

  private mutating func take(_ welcome: Welcome, of host: String, at now: Nanoseconds) {
    let news = platform.connect(host, boot: welcome.boot)
    refusing[host] = nil
    if let before = news.bootBefore {
      let lostAt = platform.lostAt[host]
      for effect in leases.confirm(bootOf: host, welcome.boot, after: before, lostAt: lostAt, at: now) {
        record(.leaseEffective(effect))
        endDomains(of: host, at: effect.at, uncertainty: effect.uncertainty, "its host reboots")
      }
      endDomains(
        of: host, at: lostAt ?? now, uncertainty: Platform.longestSilence, "its host runs another boot")
    }
    if !admission.answering.contains(host) {
      admission.take(answerOf: host)
      for lease in welcome.foreignLeases { admission.take(refusal: "\(lease.refusal)", of: host) }
      // The controller isn't a host of the platform, so its loss is not recorded as one.
      if host == Site.controller.name {
        surveyed.insert(host)
        return
      }
      commands.append(.survey(host: host))
      commands.append(.state(host: host, thawing: []))
      audit.await(stateBeforeOf: host)
    } else if news.isNew {
      platform.regain(host, at: now)
      audit.regain(host)
      record(.hostRegained(host: host))
      commands.append(.statuses(host: host))
      if case .audit = stage, audit.states.contains(host) { askStates(of: [host]) }
    }
  }

  private mutating func lose(_ host: String, _ reason: String, at now: Nanoseconds) {
    guard platform.lose(host, at: now) else { return }
    audit.lose(host, at: now)
    let jump = platform.obstacle(before: host, leases.takings, at: now)
    let obstacle = jump.map {
      "; it is reached through \($0), which is cut off, so whether \(host) is up isn't known"
    }
    record(.hostLost(host: host, reason: reason + (obstacle ?? "")))
    for (view, belief) in platform.forgetBeliefs(of: host) {
      record(.viewSeen(view: view, belief, from: host, isAside: true))
    }
  }

  private mutating func endDomains(
    of host: String, at time: Nanoseconds, uncertainty: Nanoseconds, _ what: String
  ) {
    for seen in platform.endDomains(of: host, at: time, uncertainty: uncertainty, what) {
      record(.domainSeen(seen))
    }
  }

  private mutating func take(_ state: HostState, of host: String, at now: Nanoseconds) {
    guard case .audit = stage, let before = audit.statesBefore[host] else {
      return audit.take(stateBefore: state, of: host)
    }
    let here = leases.on(host)
    let found = StateComparison(
      before: before, after: state,
      touched: Dictionary(uniqueKeysWithValues: here.map { ($0.name, $0.assignment.traits.footprint) }),
      anyFault: !leases.all.isEmpty,
      isRebooted: leases.all.contains {
        $0.isRequested && $0.assignment.takes.contains(host)
          && ($0.assignment.site == .controller || $0.assignment.rebootsItsSite)
      })
    guard let audited = audit.take(found, of: host, at: now) else { return }
    record(.residueAudited(host: host, differences: audited.differences, uncompared: audited.uncompared))
  }

  // MARK: Leases

  private mutating func take(_ effect: LeaseEffective, at now: Nanoseconds) {
    guard let lease = leases.take(effect) else { return }
    record(.leaseEffective(effect))
    if let end = lease.earlyEnd { record(.leaseEnded(end)) }
    if lease.assignment.site == .controller {
      for host in lease.assignment.takes.sorted() {
        endDomains(
          of: host, at: effect.at, uncertainty: effect.uncertainty + effect.took,
          "its host has lost its power")
      }
    }
    // The effect of an instant fault is also its end, so its lease can end.
    if lease.isInstant, lease.state == .requested { askRevert(lease, .controller, at: now) }
  }

  private mutating func take(_ revert: LeaseReverted) {
    guard let lease = leases.take(revert) else { return }
    if lease.isRequested || lease.revertAsked != nil { record(.leaseReverted(revert)) }
    // A domain that was migrated meanwhile is still suspended, on a host that doesn't have its lease.
    if lease.isRequested, !lease.assignment.traits.footprint.domains.isEmpty {
      for host in platform.connected.sorted() where host != lease.host {
        commands.append(.thaw(host: host, leases: [lease.name]))
      }
    }
  }
}
