import AgentProtocol
import Conductor
import Journal
import Scenario

extension RunCourse {
  /// Connects, sends a request for the time, and detects hosts that no longer answer.
  mutating func serveLinks() {
    let turns = dialTurns()
    for (place, name) in sites.enumerated() {
      let due = links[place].takeDue(at: now, hasTurn: turns.contains(place))
      if due.dial { dial(name, place) }
      if due.ping { ask(name, .clock, .clock(asked: now)) }
      if due.loss {
        report(.lost(host: name, "no answer for \(HostLink.patience.count / 1_000_000_000) s"))
      }
    }
  }

  /// The number of connections that are started in a tenth of a second.
  private static let dialsPerTick = 8

  /// The links whose connections may be started now: those that have waited longest since their last one.
  ///
  /// Key exchange takes up to 0.1 s of processor time here. If all of many hosts were connected at once, each would
  /// take longer than its time limit. Connections to hosts that have answered before are limited only by their rate:
  /// those to hosts that are cut off wait for their time limit, and would take the turns of the others.
  private func dialTurns() -> Set<Int> {
    let due = links.indices.filter { links[$0].isDialDue(at: now) }
      .sorted { (links[$0].nextDial, $0) < (links[$1].nextDial, $1) }
    if due.isEmpty { return [] }
    var first = links.count(where: \.isFirstDial)
    var turns: Set<Int> = []
    for place in due where turns.count < Self.dialsPerTick {
      if links[place].welcome == nil {
        if first >= Admission.mostDials { continue }
        first += 1
      }
      turns.insert(place)
    }
    return turns
  }

  private mutating func dial(_ name: String, _ place: Int) {
    // The sites are the fleet's hosts, then the controller.
    let host = place < fleet.hosts.count ? fleet.hosts[place] : AgentCommand.here
    let generation = links[place].dial(at: now)
    acts.append(.dial(host, generation: generation, firstTook: links[place].firstDialTook))
    acts.append(.send(host: name, generation: generation, links[place].ask(.hello(run: run), .hello)))
  }

  mutating func receiveEnd(_ reason: String, of host: String, _ generation: Int) {
    guard let place = place(of: host) else { return }
    if links[place].dialing == generation {
      links[place].dialing = nil
      if links[place].welcome == nil { report(.refused(host: host, reason)) }
    } else if links[place].serving == generation {
      links[place].serving = nil
      if !links[place].isLost {
        links[place].isLost = true
        report(.lost(host: host, reason))
      }
    }
  }

  mutating func receive(_ line: AgentLine, of host: String, _ generation: Int) {
    guard let place = place(of: host) else { return }
    switch links[place].receive(over: generation, at: now) {
    case nil: return
    case .retired?:
      if case .notice(let notice) = line { receive(notice, of: host) }
      return
    case .regained(let welcome)?: report(.connected(host: host, welcome))
    case .serving?, .dialing?: break
    }
    switch line {
    case .greeting: break
    case .notice(let notice): receive(notice, of: host)
    case .reply(let id, let reply):
      guard let purpose = links[place].purpose(of: id) else { return }
      receive(reply, purpose, of: host, place)
    case .refusal(let id, let refusal):
      guard let purpose = links[place].purpose(of: id) else { return }
      receive(refusal: "\(refusal)", purpose, of: host, place)
    }
  }

  private mutating func receive(
    _ reply: Reply, _ purpose: HostLink.Purpose, of host: String, _ place: Int
  ) {
    switch (reply, purpose) {
    case (.welcome(let welcome), .hello):
      guard let dialing = links[place].dialing else { return }
      // The earlier connection isn't closed: messages that the host has sent into a path that was cut still arrive by
      // it.
      if let earlier = links[place].serving {
        acts.append(.endInput(host: host, generation: earlier))
        links[place].retired.append(earlier)
      }
      links[place].serving = dialing
      links[place].dialing = nil
      if links[place].firstDialTook == nil { links[place].firstDialTook = now - links[place].dialedAt }
      // A host's clock starts again when it boots.
      if links[place].welcome?.boot != welcome.boot { links[place].clock = HostClock() }
      links[place].welcome = welcome
      links[place].isLost = false
      links[place].lastHeard = now
      links[place].lookingThrough = [:]
      for _ in 0..<4 { ask(host, .clock, .clock(asked: now)) }
      report(.connected(host: host, welcome))
    case (.clock(let theirs), .clock(let asked)):
      links[place].clock.take(asked: asked, host: theirs, answered: now)
    case (.survey(let fingerprint, let running), .survey):
      let clock = links[place].clock
      report(
        .surveyed(
          HostSurvey(
            host: host, fingerprint: fingerprint, running: running,
            clockOffset: clock.offset(at: now) - origin,
            clockUncertainty: clock.uncertainty(at: now))))
    case (.checked(let cuts, let missing), .check(let step)):
      report(.checked(host: host, step: step, cutsControlPath: cuts, missing: missing))
    case (.state(let state), .state): report(.state(host: host, state))
    case (.armed, .arm(let lease)): report(.armed(lease: lease))
    case (.effective(let effect), .inject(let lease)): report(.effective(journaled(effect, lease, host)))
    case (.reverted(let revert), .revert(let lease)): report(revert, of: lease, on: host)
    case (.leases(let statuses, let isComplete), .statuses):
      for status in statuses {
        if let effect = status.effect { report(.effective(journaled(effect, status, host))) }
        if let end = status.ended { report(.ended(journaled(end, status.lease, host))) }
        if let revert = status.revert { report(revert, of: status.lease, on: host) }
      }
      report(
        .statuses(
          host: host, leases: Set(statuses.map(\.lease)),
          inDoubt: Set(statuses.filter(\.isInDoubt).map(\.lease)), isComplete: isComplete))
    case (.done, .forget(let lease)): report(.forgotten(lease: lease))
    case (.records(let found), .records(let probe, let place)):
      report(.records(probe: probe, RecordsRead(place, found: found)))
    case (.queried(let answers), .query(let view, let asked)):
      links[place].lookingThrough[view] = nil
      interpret(.answers(answers), of: view, from: host, asked: asked)
    default: break
    }
  }

  private mutating func receive(
    refusal reason: String, _ purpose: HostLink.Purpose, of host: String, _ place: Int
  ) {
    switch purpose {
    case .hello: report(.refused(host: host, reason))
    case .check(let step):
      report(.checked(host: host, step: step, cutsControlPath: true, missing: [reason]))
    case .arm(let lease), .inject(let lease): report(.failed(lease: lease, reason))
    case .revert(let lease):
      // The end of the lease may be on the host's disk, logged by another session.
      report(.stuck(lease: lease, reason))
      ask(host, .leases, .statuses)
    case .state: report(.state(host: host, HostState(unreadable: reason)))
    case .query(let view, let asked):
      links[place].lookingThrough[view] = nil
      interpret(.failed(reason), of: view, from: host, asked: asked)
    case .records(let probe, let place):
      report(.records(probe: probe, RecordsRead(place, unreadable: reason)))
    // The conductor repeats the request.
    case .forget: break
    case .survey, .statuses, .clock, .quiet: break
    }
  }

  private mutating func receive(_ notice: Notice, of host: String) {
    switch notice {
    case .reverted(let lease, let revert): report(revert, of: lease, on: host)
    case .ended(let lease, let end): report(.ended(journaled(end, lease, host)))
    case .stuck(let lease, let reason): report(.stuck(lease: lease, reason))
    case .domain(let name, let state, let what, let at):
      let (time, uncertainty) = onRunClock(at, of: host)
      report(
        .domain(
          DomainSeen(host: host, domain: name, state: state, what: what, at: time, uncertainty: uncertainty)))
    case .warning(let text), .report(let text, _), .refused(let text):
      acts.append(.remark("\(host): \(text)"))
    }
  }

  private func boot(of host: String) -> String? { place(of: host).flatMap { links[$0].welcome?.boot } }

  private func onRunClock(_ time: Nanoseconds, of host: String) -> (Nanoseconds, Nanoseconds) {
    place(of: host).flatMap { links[$0].clock.onController(time, at: now) } ?? (now, now)
  }

  private func journaled(_ effect: Effect, _ lease: String, _ host: String) -> LeaseEffective {
    let (at, uncertainty) = onRunClock(effect.at, of: host)
    return LeaseEffective(
      lease: lease, at: at, uncertainty: uncertainty, took: effect.took, evidence: effect.evidence)
  }

  /// An effect from an earlier boot happened between the run's start and now. Its time isn't known more precisely.
  private func journaled(_ effect: Effect, _ status: LeaseStatus, _ host: String) -> LeaseEffective {
    var journaled = journaled(effect, status.lease, host)
    if status.boot != boot(of: host) { (journaled.at, journaled.uncertainty) = (now, now) }
    return journaled
  }

  /// Reports a revert, and before it an earlier end of the effect, because the notice of that end may have been lost.
  private mutating func report(_ revert: Revert, of lease: String, on host: String) {
    if let end = revert.lastObservation?.ended { report(.ended(journaled(end, lease, host))) }
    report(.reverted(journaled(revert, lease, host)))
  }

  /// An end from an earlier boot also happened between the run's start and now.
  private func journaled(_ revert: Revert, _ lease: String, _ host: String) -> LeaseReverted {
    let isOfThisBoot = revert.boot == nil || revert.boot == boot(of: host)
    let (at, uncertainty) = isOfThisBoot ? onRunClock(revert.at, of: host) : (now, now)
    let seen = revert.lastObservation?.ended == nil ? revert.lastObservation?.lastActive : nil
    return LeaseReverted(
      lease: lease, at: at, uncertainty: uncertainty, cause: revert.cause,
      lastActive: isOfThisBoot ? seen.map { onRunClock($0, of: host).0 } : nil)
  }

  private func journaled(_ end: EarlyEnd, _ lease: String, _ host: String) -> LeaseEnded {
    let isOfThisBoot = end.boot == boot(of: host)
    let (at, uncertainty) = isOfThisBoot ? onRunClock(end.firstEnded, of: host) : (now, now)
    return LeaseEnded(
      lease: lease, lastActive: isOfThisBoot ? end.lastActive.map { onRunClock($0, of: host).0 } : nil,
      firstEnded: at, uncertainty: uncertainty, cause: end.cause, reason: end.reason)
  }
}
