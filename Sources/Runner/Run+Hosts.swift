import AgentProtocol
import Conductor
import Journal
import Linux
import Scenario
import Views

extension Run {
  /// Dials, asks for the time, and finds out who has fallen silent.
  func serveLinks() throws {
    let time = Clock.monotonic.now
    for name in conductor.sites {
      guard var link = links[name], link.isWanted else { continue }
      if link.serving == nil || link.isLost, link.dialing == nil, time >= link.nextDial {
        dial(&link, at: time)
      }
      if let serving = link.serving, time >= link.nextPing {
        link.nextPing = time + HostLink.pingEvery
        try link.ask(.clock, .clock(asked: Clock.monotonic.now), over: serving.connection)
      }
      let wasLost = link.isLost
      if link.serving != nil, time - link.lastHeard > HostLink.patience { link.isLost = true }
      links[name] = link
      if link.isLost, !wasLost {
        try tell(.lost(host: name, "no answer for \(HostLink.patience / 1_000_000_000) s"))
      }
    }
  }

  private func dial(_ link: inout HostLink, at time: Int64) {
    link.nextDial = time + HostLink.dialEvery
    link.dialedAt = time
    link.generation += 1
    let name = link.host.name
    let generation = link.generation
    let mailbox = mailbox
    do {
      let deliver: @Sendable (AgentConnection.Arrival) -> Void = {
        mailbox.post(.arrived(host: name, generation: generation, $0))
      }
      let connection =
        if let controller = link.controller {
          try AgentConnection(toController: controller, deliver: deliver)
        } else {
          try AgentConnection(
            to: link.host, configuration: fleet.sshConfig,
            patience: link.firstDialTook.map { .again(first: $0) } ?? .first, deliver: deliver)
        }
      link.dialing = (connection, generation)
      try link.ask(.hello(run: folder.name), .hello, over: connection)
    } catch {
      mailbox.post(.arrived(host: name, generation: generation, .ended(.init(reason: "\(error)"))))
    }
  }

  /// Reports what a host's login shell prints, once for all of its connections.
  func receivePrinted(_ text: String, of host: String) {
    if links[host]?.printed == text { return }
    links[host]?.printed = text
    remark("\(host): its login shell prints: \(text)")
  }

  func receiveEnd(_ reason: String, of host: String, _ generation: Int) throws {
    guard let link = links[host] else { return }
    if link.dialing?.generation == generation || generation > link.serving?.generation ?? 0 {
      links[host]?.dialing = nil
      if link.welcome == nil { try tell(.refused(host: host, reason)) }
    } else if link.serving?.generation == generation {
      links[host]?.serving = nil
      if !link.isLost {
        links[host]?.isLost = true
        try tell(.lost(host: host, reason))
      }
    }
  }

  func receive(_ line: AgentLine, of host: String, _ generation: Int) throws {
    guard var link = links[host] else { return }
    let time = Clock.monotonic.now
    let isServing = link.serving?.generation == generation
    guard isServing || link.dialing?.generation == generation else {
      if link.retired.contains(where: { $0.generation == generation }), case .notice(let notice) = line {
        try receive(notice, of: host)
      }
      return
    }
    if isServing {
      link.lastHeard = time
      links[host] = link
      // It was only slow. Where another connection is under way, that one will take over.
      if link.isLost, link.dialing == nil, let welcome = link.welcome {
        links[host]?.isLost = false
        try tell(.connected(host: host, welcome))
      }
    }
    switch line {
    case .greeting: break
    case .notice(let notice): try receive(notice, of: host)
    case .reply(let id, let reply):
      guard let purpose = links[host]?.purpose(of: id) else { return }
      try receive(reply, purpose, of: host, at: time)
    case .refusal(let id, let reason):
      guard let purpose = links[host]?.purpose(of: id) else { return }
      try receive(refusal: reason, purpose, of: host)
    }
  }

  private func receive(_ reply: Reply, _ purpose: HostLink.Purpose, of host: String, at time: Int64) throws {
    switch (reply, purpose) {
    case (.welcome(let welcome), .hello):
      guard let dialing = links[host]?.dialing else { return }
      // The earlier connection isn't cut off: what the host told into a path that was cut still comes by it.
      if let earlier = links[host]?.serving {
        earlier.connection.finish()
        links[host]?.retired.append(earlier)
      }
      links[host]?.serving = dialing
      links[host]?.dialing = nil
      if let link = links[host], link.firstDialTook == nil {
        links[host]?.firstDialTook = time - link.dialedAt
      }
      // A clock starts anew with its host.
      if links[host]?.welcome?.boot != welcome.boot { links[host]?.clock = HostClock() }
      links[host]?.welcome = welcome
      links[host]?.isLost = false
      links[host]?.lastHeard = time
      links[host]?.lookingThrough = [:]
      for _ in 0..<4 { try ask(host, .clock, .clock(asked: Clock.monotonic.now)) }
      try tell(.connected(host: host, welcome))
    case (.clock(let theirs), .clock(let asked)):
      links[host]?.clock.take(asked: asked, host: theirs.count, answered: time)
    case (.survey(let fingerprint, let running), .survey):
      guard let clock = links[host]?.clock else { return }
      try tell(
        .surveyed(
          HostSurvey(
            host: host, fingerprint: fingerprint, running: running, clockOffset: clock.offset,
            clockUncertainty: clock.uncertainty)))
    case (.checked(let cuts, let missing), .check(let step)):
      try tell(.checked(host: host, step: step, cutsControlPath: cuts, missing: missing))
    case (.state(let state), .state): try tell(.state(host: host, state))
    case (.armed, .arm(let lease)): try tell(.armed(lease: lease))
    case (.effective(let effect), .inject(let lease)): try tell(.effective(journaled(effect, lease, host)))
    case (.reverted(let revert), .revert(let lease)): try tell(revert, of: lease, on: host)
    case (.leases(let standings), .standings):
      for standing in standings {
        if let effect = standing.effect { try tell(.effective(journaled(effect, standing, host))) }
        if let end = standing.ended { try tell(.ended(journaled(end, standing.lease, host))) }
        if let revert = standing.revert { try tell(revert, of: standing.lease, on: host) }
      }
      try tell(.standings(host: host, leases: Set(standings.map(\.lease))))
    case (.looked(let answers), .look(let view, let asked)):
      links[host]?.lookingThrough[view] = nil
      try receive(fleet.view(view)?.kind.belief(answers), of: view, from: host, asked: asked)
    default: break
    }
  }

  private func receive(refusal reason: String, _ purpose: HostLink.Purpose, of host: String) throws {
    switch purpose {
    case .hello: try tell(.refused(host: host, reason))
    case .check(let step):
      try tell(.checked(host: host, step: step, cutsControlPath: true, missing: [reason]))
    case .arm(let lease), .inject(let lease): try tell(.failed(lease: lease, reason))
    case .revert(let lease):
      // Its end may be known on the disk, where another session noted it.
      try tell(.stuck(lease: lease, reason))
      try ask(host, .leases, .standings)
    case .state: try tell(.state(host: host, HostState(unreadable: reason)))
    case .look(let view, let asked):
      links[host]?.lookingThrough[view] = nil
      try receive(fleet.view(view)?.kind.belief(unknown: reason), of: view, from: host, asked: asked)
    case .survey, .standings, .clock, .quiet: break
    }
  }

  private func receive(_ notice: Notice, of host: String) throws {
    switch notice {
    case .reverted(let lease, let revert): try tell(revert, of: lease, on: host)
    case .ended(let lease, let end): try tell(.ended(journaled(end, lease, host)))
    case .stuck(let lease, let reason): try tell(.stuck(lease: lease, reason))
    case .domain(let name, let state, let what, let at):
      let (time, uncertainty) = onRunClock(at, of: host)
      try tell(
        .domain(
          DomainSeen(host: host, domain: name, state: state, what: what, at: time, uncertainty: uncertainty)))
    case .warning(let text), .report(let text), .refused(let text): remark("\(host): \(text)")
    }
  }

  private func onRunClock(_ time: Nanoseconds, of host: String) -> (Nanoseconds, Nanoseconds) {
    guard let (at, uncertainty) = links[host]?.clock.onController(time) else { return (now, now) }
    return (at - Nanoseconds(origin), uncertainty)
  }

  private func journaled(_ effect: Effect, _ lease: String, _ host: String) -> LeaseEffective {
    let (at, uncertainty) = onRunClock(effect.at, of: host)
    return LeaseEffective(
      lease: lease, at: at, uncertainty: uncertainty, took: effect.took, evidence: effect.evidence)
  }

  /// An effect of a boot that is over is known to lie between the run's start and now, and no closer.
  private func journaled(_ effect: Effect, _ standing: LeaseStanding, _ host: String) -> LeaseEffective {
    var journaled = journaled(effect, standing.lease, host)
    if standing.boot != links[host]?.welcome?.boot { (journaled.at, journaled.uncertainty) = (now, now) }
    return journaled
  }

  /// A revert, and before it what was seen of an earlier end of the effect: the notice of that may have been lost.
  private func tell(_ revert: Revert, of lease: String, on host: String) throws {
    if let end = revert.lastLook?.ended { try tell(.ended(journaled(end, lease, host))) }
    try tell(.reverted(journaled(revert, lease, host)))
  }

  /// An end of a boot that is over, too, lies between the run's start and now.
  private func journaled(_ revert: Revert, _ lease: String, _ host: String) -> LeaseReverted {
    let isOfThisBoot = revert.boot == nil || revert.boot == links[host]?.welcome?.boot
    let (at, uncertainty) = isOfThisBoot ? onRunClock(revert.at, of: host) : (now, now)
    let seen = revert.lastLook?.ended == nil ? revert.lastLook?.lastActive : nil
    return LeaseReverted(
      lease: lease, at: at, uncertainty: uncertainty, cause: revert.cause,
      lastActive: isOfThisBoot ? seen.map { onRunClock($0, of: host).0 } : nil)
  }

  private func journaled(_ end: EarlyEnd, _ lease: String, _ host: String) -> LeaseEnded {
    let isOfThisBoot = end.boot == links[host]?.welcome?.boot
    let (at, uncertainty) = isOfThisBoot ? onRunClock(end.firstEnded, of: host) : (now, now)
    return LeaseEnded(
      lease: lease, lastActive: isOfThisBoot ? end.lastActive.map { onRunClock($0, of: host).0 } : nil,
      firstEnded: at, uncertainty: uncertainty, cause: end.cause, reason: end.reason)
  }
}
