import Leases
import AgentProtocol
import Journal
import Scenario

/// An agent's session, as `Session` is, around the real `LeaseTable`: one request after another, the acts on leases
/// beside that.
final class AgentSession: SimulatedProcess {
  struct Asked {
    var arm: Int?
    var inject: Int?
    var revert: Int?
  }

  let wire: Wire
  private(set) var table = LeaseTable()
  private(set) var workers: [String: LeaseActs] = [:]
  private var asked: [String: Asked] = [:]
  private var hasSaidHello = false
  private var timerAt: Nanoseconds?
  private var firedAt = Nanoseconds.zero
  private var timesFired = 0
  private(set) var inputEndedAt: Nanoseconds?
  private(set) var supersededAt: Nanoseconds?

  init(on host: SimulatedHost, over wire: Wire) {
    self.wire = wire
    super.init(on: host)
    host.sessions.append(self)
    wire.session = self
  }

  override func end() {
    guard isAlive else { return }
    if host.lockHolder === self { host.lockHolder = nil }
    host.sessions.removeAll { $0 === self }
    super.end()
    wire.sessionEnded()
  }

  // MARK: The table

  private func feed(_ event: LeaseTable.Event) {
    let actions = table.handle(event, at: host.reading) + table.handle(.tick, at: host.reading)
    if actions.contains(.exit) {
      for lease in workers.keys.sorted() {
        simulation.referee.letGo(lease, by: "its agent, which ends", on: host)
      }
      return end()
    }
    perform(actions)
    setTimer()
  }

  private func setTimer() {
    guard let due = table.nextDue else { return }
    let time = max(host.clock.time(of: due), simulation.now)
    if let timerAt, timerAt > simulation.now, timerAt <= time { return }
    timerAt = time
    simulation.at(time) { [weak self] in
      self?.enter { [weak self] in
        self?.timerFired()
      }
    }
  }

  private func timerFired() {
    timerAt = nil
    timesFired = simulation.now == firedAt ? timesFired + 1 : 0
    firedAt = simulation.now
    if timesFired > 100 {
      return simulation.referee.object(.end, "the agent's timer on \(host.name) fires again and again")
    }
    feed(.tick)
  }

  private func perform(_ actions: [LeaseTable.Action]) {
    for action in actions {
      switch action {
      case .prepare(let lease): prepare(lease)
      case .inject(let lease): workers[lease]?.inject()
      case .revert(let lease, let cause): workers[lease]?.revert(cause)
      case .refuse(let lease, let reason):
        let waiting = asked[lease]
        if let id = waiting?.inject ?? waiting?.revert ?? waiting?.arm {
          wire.reply(id, .refusal("lease \(lease): \(reason)"))
        }
        asked[lease]?.inject = nil
      case .exit: break
      }
    }
  }

  // MARK: Requests

  func answer(_ id: Int, _ request: WireRequest) {
    if hasSaidHello, !takeLock() {
      return wire.reply(id, .refusal("another controller has this host"))
    }
    switch request {
    case .hello:
      hasSaidHello = true
      guard takeLock() else { return wire.reply(id, .refusal("another run has this host")) }
      wire.reply(id, .welcome(boot: host.boot), isEssential: true)
    case .clock: wire.reply(id, .clock(host.reading))
    case .survey:
      aside { [self] in wire.reply(id, .survey(running: simulation.course.running[host.name] ?? [])) }
    case .check(_, let order):
      let cuts = simulation.traits(of: order).cuts(host.controlPath)
      aside { [self] in
        wire.reply(
          id, .checked(cutsControlPath: cuts, missing: simulation.adversary.missing(on: host)))
      }
    case .state:
      aside { [self] in
        let lines = ["link eth0", "link eth1"] + host.active.keys.sorted().map { "fault \($0)" }
        wire.reply(
          id,
          .state(
            HostState(boot: host.boot, lines: lines.map { HostState.Line(.network, of: ["eth0"], $0) })))
      }
    case .look: aside { [self] in wire.reply(id, .looked) }
    case .leases:
      wire.reply(
        id,
        .leases(
          host.disk.sorted { $0.key < $1.key }.map { name, record in
            .init(
              lease: name, boot: record.lease.boot, effect: record.effect, ended: record.ended,
              revert: record.revert)
          }))
    case .arm(let lease, let order, let begins, let duration):
      guard hasSaidHello else { return wire.reply(id, .refusal("say hello first")) }
      let traits = simulation.traits(of: order)
      let cuts = traits.cuts(host.controlPath)
      let deadline = host.reading + begins + duration
      asked[lease, default: Asked()].arm = id
      if table.entries[lease] == nil {
        workers[lease] = LeaseActs(
          SimulatedLease(
            name: lease, kind: order.fault, traits: traits,
            takesHost: simulation.catalogue.kind(named: order.fault)?.description.takesHost ?? false,
            boot: host.boot, deadline: deadline, cutsControlPath: cuts),
          in: self)
      }
      feed(.arm(lease: lease, deadline: deadline, cutsControlPath: cuts))
    case .inject(let lease):
      asked[lease, default: Asked()].inject = id
      feed(.inject(lease: lease))
    case .revert(let lease):
      simulation.referee.mustEnd(lease, because: "the controller asked for it", on: host, known: self)
      if table.entries[lease] == nil { return revertFromDisk(id, lease) }
      asked[lease, default: Asked()].revert = id
      feed(.revert(lease: lease))
    case .settle(let lease):
      guard host.lockHolder === self else {
        return wire.reply(id, .refusal("may still be held by another session"))
      }
      aside { [self] in
        guard let record = host.disk[lease], record.revert != nil, !record.isInDoubt else {
          return wire.reply(id, .refusal("isn't known to be lifted"))
        }
        host.disk[lease] = nil
        wire.reply(id, .done)
      }
    }
  }

  private func aside(_ act: @escaping () -> Void) {
    after(.milliseconds(simulation.number(in: 1...5)), act)
  }

  private func takeLock() -> Bool {
    if host.isTaken {
      hasSaidHello = false
      return false
    }
    if let holder = host.lockHolder {
      if holder !== self {
        if holder.supersededAt == nil { simulation.count(.takeover) }
        simulation.after(Nanoseconds(500_000)) { [weak holder] in
          holder?.enter { [weak holder] in holder?.superseded() }
        }
      }
    } else {
      host.lockHolder = self
    }
    return true
  }

  private func superseded() {
    if supersededAt == nil {
      supersededAt = simulation.now
      simulation.note("\(host.name): session \(wire.generation) is superseded")
    }
    feed(.superseded)
  }

  func inputEnded() {
    guard inputEndedAt == nil else { return }
    simulation.note("\(host.name): the input of session \(wire.generation) ends")
    revertAdopted { [self] in
      inputEndedAt = simulation.now
      for (lease, entry) in table.entries.sorted(by: { $0.key < $1.key })
      where !entry.cutsControlPath && supersededAt == nil {
        simulation.referee.mustEnd(lease, because: "the agent's stdin ended", on: host, known: self)
      }
      feed(.inputEnded)
    }
  }

  /// Leases of an earlier session of the run that this one has taken over end with it.
  private func revertAdopted(then: @escaping () -> Void) {
    guard host.lockHolder === self else { return then() }
    var left = host.disk.values.filter {
      table.entries[$0.lease.name] == nil && !$0.lease.cutsControlPath
    }
    .map(\.lease).sorted { $0.name > $1.name }
    func next() {
      guard let lease = left.popLast() else { return then() }
      simulation.referee.mayEnd(lease.name, by: .stdin)
      host.revert(lease, cause: .stdin, in: self) { _ in next() }
    }
    next()
  }

  private func revertFromDisk(_ id: Int, _ name: String) {
    aside { [self] in
      guard let record = host.disk[name] else {
        return wire.reply(id, .refusal("no such lease"))
      }
      host.revert(record.lease, cause: .controller, in: self) { [self] revert in
        wire.reply(id, revert.map { .reverted($0) } ?? .refusal("device is busy"))
      }
    }
  }

  // MARK: Leases

  private func prepare(_ lease: String) {
    workers[lease]?.arm { [self] worked in
      if worked {
        let watchdog = workers[lease]?.watchdog
        watchdog?.mourners.append { [weak self, weak watchdog] in
          self?.enter { [weak self] in
            guard let self, let watchdog, workers[lease]?.watchdog === watchdog else { return }
            simulation.referee.mustEnd(lease, because: "its watchdog ended", on: host, known: self)
            feed(.watchdogEnded(lease: lease))
          }
        }
        if let id = asked[lease]?.arm { wire.reply(id, .armed) }
      } else if let id = asked[lease]?.arm {
        wire.reply(id, .refusal("lease \(lease): could not be taken"))
      }
      asked[lease]?.arm = nil
      if !worked { simulation.referee.mayEnd(lease, by: .agent) }
      feed(.armed(lease: lease, ok: worked))
      if worked, watchdogIsGone(lease) {
        simulation.referee.mustEnd(lease, because: "its watchdog ended", on: host, known: self)
        feed(.watchdogEnded(lease: lease))
      }
    }
  }

  private func watchdogIsGone(_ lease: String) -> Bool {
    workers[lease]?.watchdog.map { !$0.isAlive } ?? false
  }

  func injected(_ lease: String, _ effect: Effect?) {
    if let id = asked[lease]?.inject {
      wire.reply(id, effect.map { .effective($0) } ?? .refusal("lease \(lease): its effect was not seen"))
      asked[lease]?.inject = nil
    }
    if effect == nil {
      simulation.referee.mustEnd(lease, because: "its injection failed", on: host, known: self)
    }
    feed(.injected(lease: lease, ok: effect != nil))
  }

  func ended(_ lease: String, _ end: EarlyEnd) { wire.notify(.ended(lease: lease, end)) }

  func reverted(_ lease: String, _ revert: Revert?) {
    guard let revert else {
      wire.notify(.stuck(lease: lease))
      return feed(.reverted(lease: lease, ok: false))
    }
    if let id = asked[lease]?.revert {
      wire.reply(id, .reverted(revert))
    } else {
      wire.notify(.reverted(lease: lease, revert))
    }
    simulation.referee.letGo(lease, by: "its agent", on: host)
    // It has nothing left to guard.
    let watchdog = workers[lease]?.watchdog
    workers[lease] = nil
    watchdog?.end()
    asked[lease] = nil
    feed(.reverted(lease: lease, ok: true))
  }
}
