import AgentProtocol
import Journal
import Leases
import Scenario

/// An agent's session: performs the real `SessionCourse` on a simulated host, and answers requests that concern no
/// lease.
final class AgentSession: SimulatedProcess {
  let wire: Wire
  private var course = SessionCourse()
  private(set) var workers: [String: SimulatedWorker] = [:]
  private var asked: [String: SimulatedLease] = [:]
  private var timerAt: Nanoseconds?
  private var firedAt = Nanoseconds.zero
  private var timesFired = 0
  private var inputIsOver = false
  private(set) var supersededAt: Nanoseconds?
  /// Whether a newer session has signalled. This process handles the signal as soon as it runs.
  private var isSignalled = false

  init(on host: SimulatedHost, over wire: Wire) {
    self.wire = wire
    super.init(on: host)
    host.sessions.append(self)
  }

  override func end() {
    guard isAlive else { return }
    if host.lockHolder === self { host.lockHolder = nil }
    host.sessions.removeAll { $0 === self }
    super.end()
    wire.sessionEnded()
  }

  // MARK: The course

  func handle(_ event: SessionCourse.Event) {
    let effects = course.handle(event, at: host.reading)
    var hasEnded = false
    for effect in effects {
      if case .exit = effect { hasEnded = true } else { perform(effect) }
    }
    if case .inputEnded = event { noteInputEnd() }
    if hasEnded {
      for lease in workers.keys.sorted() {
        simulation.referee.released(lease, by: "its agent, which ends", on: host)
      }
      return end()
    }
    setTimer()
  }

  private func perform(_ effect: SessionCourse.Effect) {
    switch effect {
    case .send(let line): wire.send(line)
    case .prepare(let lease):
      guard let terms = asked[lease] else { return }
      let worker = SimulatedWorker(terms, in: self)
      workers[lease] = worker
      worker.arm()
    case .inject(let lease, _): workers[lease]?.inject()
    case .revert(let lease, let cause): workers[lease]?.revert(cause)
    case .revertFromDisk(let id, let lease): revertFromDisk(id, lease)
    case .forget(let id, let lease):
      aside { [self] in
        guard host.disk[lease]?.status.isKnownToBeOver != false else {
          return refuse(id, .notReverted(lease: lease))
        }
        host.disk[lease] = nil
        wire.send(.reply(id: id, .done))
      }
    case .followWatchdog(let lease): followWatchdog(of: lease)
    case .release(let lease):
      guard let worker = workers.removeValue(forKey: lease) else { return }
      simulation.referee.released(lease, by: "its agent", on: host)
      asked[lease] = nil
      // The watchdog has no lease to guard any more.
      worker.watchdog?.end()
    case .revertAdopted: revertAdopted()
    case .exit: break
    }
  }

  private func setTimer() {
    guard let due = course.nextDue else { return }
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
    handle(.tick)
  }

  // MARK: Requests

  func answer(_ line: RequestLine) {
    let id = line.id
    if let run = course.run, !takeLock(for: run) { return refuse(id, .hostInUse(run: nil)) }
    switch line.request {
    case .hello(let run, _):
      if let refusal = host.refusal { return refuse(id, refusal) }
      course.begin(run)
      guard takeLock(for: run) else { return refuse(id, .hostInUse(run: nil)) }
      let welcome = Welcome(version: "1", boot: host.boot, foreignLeases: host.foreignLeases)
      wire.send(.reply(id: id, .welcome(welcome)))
    case .clock: wire.send(.reply(id: id, .clock(host.reading)))
    case .survey:
      answerAside(id) { [self] in
        .survey(fingerprint: host.fingerprint, running: host.running)
      }
    case .check(let order, _):
      let traits = simulation.assignment(of: order, on: host.name).traits
      let cuts = traits.cuts(host.controlPath)
      func answer(_ obstacle: String?) {
        answerAside(id) { [self] in
          let missing = host.missing + simulation.adversary.missing(on: host)
          return .checked(cutsControlPath: cuts, missing: missing + [obstacle].compactMap { $0 })
        }
      }
      guard let bmc = simulation.power(by: order, traits)?.bmc else { return answer(nil) }
      bmc.query(by: self) { answer(bmc.obstacle(by: $0)) }
    case .state(let leases):
      answerAside(id) { [self] in
        host.thaw(leases)
        return .state(host.stateNow)
      }
    case .query: answerAside(id) { .queried([]) }
    case .checkFiles: answerAside(id) { .checked(cutsControlPath: false, missing: []) }
    case .records: answerAside(id) { .records(RecordsFound(present: [1...10])) }
    case .leases:
      let statuses = host.disk.sorted { $0.key < $1.key }.map(\.value.status)
      wire.send(.reply(id: id, .leases(statuses, isComplete: course.hasAllRecords)))
    case .arm(let lease, let order, let begins, let duration):
      noteSupersession()
      if let refusal = course.refusal(ofArming: lease) { return refuse(id, refusal) }
      let assignment = simulation.assignment(of: order, on: host.name)
      let traits = assignment.traits
      let deadline = host.reading + begins + duration
      let cuts = traits.cuts(host.controlPath)
      let power = simulation.power(by: order, traits)
      asked[lease] = SimulatedLease(
        name: lease, kind: order.fault, traits: traits,
        takes: assignment.takes.union(power.map { [$0.bmc.host.name] } ?? []), boot: host.boot,
        deadline: deadline, cutsControlPath: cuts, power: power)
      handle(.arm(id: id, lease: lease, deadline: deadline, cutsControlPath: cuts))
    case .inject(let lease): handle(.inject(id: id, lease: lease, received: host.reading))
    case .revert(let lease):
      simulation.referee.mustEnd(lease, because: .controllerAsked, on: host, known: self)
      handle(.revert(id: id, lease: lease))
    case .forget(let lease): handle(.forget(id: id, lease: lease))
    case .thaw(let leases):
      answerAside(id) { [self] in
        host.thaw(leases)
        return .done
      }
    case .watchDomains: wire.send(.reply(id: id, .done))
    case .admission: refuse(id, .failed(reason: "not requested in a run"))
    }
  }

  private func refuse(_ id: Int, _ refusal: Refusal) { wire.send(.refusal(id: id, refusal)) }

  private func answerAside(_ id: Int, _ answer: @escaping () -> Reply) {
    aside { [self] in wire.send(.reply(id: id, answer())) }
  }

  private func aside(_ act: @escaping () -> Void) {
    after(.milliseconds(simulation.number(in: 1...5)), act)
  }

  private func takeLock(for run: String) -> Bool {
    if course.holdsLock { return true }
    let attempt: SessionCourse.LockAttempt
    if host.isTaken {
      attempt = .held(byRun: "another")
    } else if let holder = host.lockHolder, holder !== self {
      attempt = .held(byRun: run)
    } else {
      host.lockHolder = self
      attempt = .taken
    }
    switch course.handle(attempt) {
    case .own: return true
    case .refuse: return false
    case .supersede:
      if host.lockHolder?.supersededAt == nil { simulation.count(.takeover) }
      simulation.after(Nanoseconds(500_000)) { [weak holder = host.lockHolder] in
        holder?.isSignalled = true
        holder?.enter { [weak holder] in holder?.noteSupersession() }
      }
      return true
    }
  }

  private func noteSupersession() {
    guard isSignalled else { return }
    isSignalled = false
    if supersededAt == nil {
      supersededAt = simulation.now
      simulation.note("\(host.name): session \(wire.generation) is superseded")
    }
    handle(.superseded)
    for lease in course.table.entries.keys.sorted() where host.disk[lease]?.status.isKnownToBeOver == true {
      handle(.revertLogged(lease: lease))
    }
  }

  func inputEnded() {
    guard !inputIsOver else { return }
    inputIsOver = true
    simulation.note("\(host.name): the input of session \(wire.generation) ends")
    handle(.inputEnded)
  }

  private func noteInputEnd() {
    for (lease, entry) in course.table.entries.sorted(by: { $0.key < $1.key })
    where !entry.cutsControlPath && supersededAt == nil {
      simulation.referee.mustEnd(lease, because: .inputEnded, on: host, known: self)
    }
  }

  // MARK: Leases of earlier sessions

  private func revertAdopted() {
    var left = host.disk.values.map(\.lease)
      .filter { course.adopts($0.name, of: course.run ?? "", cutsControlPath: $0.cutsControlPath) }
      .sorted { $0.name > $1.name }
    func next() {
      guard let lease = left.popLast() else { return handle(.adoptedReverted) }
      simulation.referee.mayEnd(lease.name, by: .stdin)
      host.revert(lease, cause: .stdin, in: self) { _ in next() }
    }
    next()
  }

  private func revertFromDisk(_ id: Int, _ name: String) {
    aside { [self] in
      guard let record = host.disk[name] else { return refuse(id, .noSuchLease(lease: name)) }
      host.revert(record.lease, cause: .controller, in: self) { [self] revert in
        if let revert, revert.residue.isEmpty {
          wire.send(.reply(id: id, .reverted(revert)))
        } else {
          refuse(id, .failed(reason: "device is busy"))
        }
      }
    }
  }

  // MARK: Workers

  private func followWatchdog(of lease: String) {
    guard let watchdog = workers[lease]?.watchdog else { return }
    func ended() {
      guard workers[lease]?.watchdog === watchdog else { return }
      simulation.referee.mustEnd(lease, because: .watchdogEnded, on: host, known: self)
      handle(.watchdogEnded(lease: lease))
    }
    if watchdog.isAlive {
      watchdog.mourners.append { [weak self] in self?.enter(ended) }
    } else {
      after(.zero, ended)
    }
  }

  func report(_ lease: String, _ report: InjectionCourse.Report) {
    switch report {
    case .armed(.some): simulation.referee.mayEnd(lease, by: .agent)
    case .injected(.failure):
      simulation.referee.mustEnd(lease, because: .injectionFailed, on: host, known: self)
    case .armed(nil), .injected(.success): break
    }
    handle(.worker(lease: lease, report))
  }
}
