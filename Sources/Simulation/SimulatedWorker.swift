import AgentProtocol
import Journal
import Leases
import Scenario

/// A lease's worker: performs the real `InjectionCourse` and `RevertCourse` in virtual time. The adversary may strike
/// at each act.
final class SimulatedWorker {
  private let lease: SimulatedLease
  private unowned let session: AgentSession
  private var host: SimulatedHost { session.host }
  private var simulation: Simulation { session.simulation }
  private var injection = InjectionCourse()
  private var reverts = RevertCourse()
  private var isOnDisk = false
  private var isArmed = false
  private var failure: RevertCourse.Failure?
  private(set) var watchdog: WatchdogProcess?
  private var isBusyForward = false
  private var waitingForward: [() -> Void] = []
  private var isBusyBackward = false
  private var waitingBackward: [() -> Void] = []
  /// When its effect was last observed, while it is observed.
  private(set) var lastActive: Nanoseconds?
  /// The time of the request to inject.
  private var received = Nanoseconds.zero
  private var timesInjected = 0
  private var timesReverted = 0
  /// When the last act ended; nil while one is in progress.
  private(set) var freeSince: Nanoseconds?

  init(_ lease: SimulatedLease, in session: AgentSession) {
    self.lease = lease
    self.session = session
    freeSince = session.simulation.now
  }

  private func strike(_ step: Happened) {
    simulation.adversary.mayStrike(step, lease: lease.name, on: host, in: session)
  }

  private func after(_ milliseconds: ClosedRange<Int64>, _ act: @escaping () -> Void) {
    session.after(
      Nanoseconds(
        simulation.number(in: milliseconds.lowerBound * 100_000...milliseconds.upperBound * 1_000_000)), act)
  }

  // MARK: Forward

  func arm() { forward { [self] in perform(injection.arm()) } }

  func inject() {
    timesInjected += 1
    received = host.reading
    simulation.referee.injectedOnce(
      lease.name, isArmed: isArmed, times: timesInjected, reverts: timesReverted, on: host)
    forward { [self] in
      // A queue's thread may start late.
      session.after(Nanoseconds(simulation.number(in: 10_000...300_000))) { [self] in
        strike(.armed)
        session.enter { [self] in perform(injection.inject()) }
      }
    }
  }

  private func forward(_ act: @escaping () -> Void) {
    if isBusyForward { return waitingForward.append(act) }
    isBusyForward = true
    freeSince = nil
    act()
  }

  private func endForward() {
    isBusyForward = false
    freeSince = simulation.now
    if !waitingForward.isEmpty { forward(waitingForward.removeFirst()) }
  }

  private func goOn(_ event: InjectionCourse.Event) { perform(injection.handle(event)) }

  private func perform(_ act: InjectionCourse.Act) {
    switch act {
    case .record: record()
    case .startWatchdog:
      after(2...15) { [self] in
        if simulation.adversary.failsWatchdog(on: host) { return goOn(.failed("no watchdog")) }
        let watchdog = WatchdogProcess(lease, of: session, on: host)
        self.watchdog = watchdog
        host.watchdogs.append(watchdog)
        strike(.arming)
        session.enter { [self] in goOn(.done) }
      }
    case .prepare:
      after(1...5) { [self] in
        isArmed = watchdog != nil
        strike(.armed)
        session.enter { [self] in goOn(.done) }
      }
    case .readLease:
      let record = host.disk[lease.name]
      goOn(
        .lease(
          isOver: lease.terms.isOver(at: host.reading, record?.status, isOnDisk: record != nil)))
    case .announce:
      simulation.referee.announces(lease, on: host)
      guard host.diskWorks else {
        simulation.count(.diskRefused)
        return goOn(.failed("the disk refuses"))
      }
      host.disk[lease.name]?.notes.append(.init(kind: .injecting))
      strike(.injecting)
      session.enter { [self] in goOn(.done) }
    case .inject: injectNow()
    case .awaitEffect: awaitEffect()
    case .observe(let effect):
      lastActive = effect.at
      observe()
      goOn(.done)
    case .undo:
      host.undo(lease, by: .agent, in: session) { [self] residue in
        goOn(residue.map { .undone(residue: $0) } ?? .failed("device is busy"))
      }
    case .report(let report):
      failure = RevertCourse.Failure(
        report, isInDoubt: injection.isInDoubt, isByDaemon: lease.terms.isByDaemon)
      session.report(lease.name, report)
      goOn(.done)
    case .note(let effect):
      host.append(.effective(effect), of: lease.name, by: session) { [self] in goOn(.done) }
    case .rest: endForward()
    }
  }

  private func record() {
    strike(.beforeLease)
    guard let bmc = lease.power?.bmc else { return recordNow() }
    bmc.query(by: session) { [self] answer in
      if let reason = bmc.obstacle(by: answer) { return goOn(.failed(reason)) }
      recordNow()
    }
  }

  private func recordNow() {
    after(1...20) { [self] in
      if simulation.adversary.failsArming(on: host) { return goOn(.failed("no snapshot")) }
      strike(.beforeLease)
      after(1...8) { [self] in
        if !host.diskWorks || host.disk[lease.name] != nil {
          simulation.count(.diskRefused)
          return goOn(.failed("the disk refuses"))
        }
        host.disk[lease.name] = LeaseRecord(lease: lease)
        isOnDisk = true
        simulation.referee.leaseWritten(lease, on: host)
        strike(.arming)
        session.enter { [self] in goOn(.done) }
      }
    }
  }

  private func injectNow() {
    let lifetime = lease.deadline - host.reading
    if lifetime <= .zero { return goOn(.failed("over")) }
    if !host.injectionWorks || simulation.adversary.failsInjection(on: host) {
      simulation.count(.injectFailed)
      return after(1...3) { [self] in goOn(.failed("refused")) }
    }
    let lease = lease
    let host = host
    if let power = lease.power { return change(power, lifetime: lifetime) }
    if lease.traits.isByDaemon, let hang = simulation.adversary.hang(on: host) {
      simulation.count(.hung)
      simulation.note("\(host.name): \(lease.name) hangs for \(hang.span.inSeconds) s")
      // A hypervisor performs the act even if the process that requested it has died.
      let boot = host.boot
      simulation.after(hang.actsAtOnce ? .milliseconds(2) : hang.span) {
        if host.boot == boot, host.isUp { host.activate(lease, lifetime: lifetime) }
      }
      session.after(hang.span + .milliseconds(1)) { [self] in goOn(.done) }
    } else {
      after(1...2) { [self] in
        host.activate(lease, lifetime: lifetime)
        strike(.injecting)
        session.enter { [self] in goOn(.done) }
      }
    }
  }

  /// Requests a change of power from a BMC, if the fault needs one.
  private func change(_ power: PowerChange, lifetime: Nanoseconds) {
    let lease = lease
    let host = host
    power.bmc.query(by: session) { [self] answer in
      if let reason = power.bmc.obstacle(by: answer) { return goOn(.failed(reason)) }
      simulation.count(power.isHeld ? .switchedOff : .rebooted)
      power.bmc.send(
        power.request, by: session, done: { host.activate(lease, lifetime: lifetime) }
      ) { [self] failure in
        strike(.injecting)
        session.enter { [self] in goOn(failure.map { .failed($0) } ?? .done) }
      }
    }
  }

  private func awaitEffect() {
    let isSeen = !simulation.adversary.hidesEffect(on: host)
    if let power = lease.power {
      return awaitChange(power, isSeen: isSeen, until: simulation.now + .seconds(20))
    }
    let span = isSeen ? Nanoseconds(simulation.number(in: 200_000...3_000_000)) : .seconds(5)
    session.after(span) { [self] in
      let effect = Effect(at: host.reading, took: .milliseconds(1), evidence: "seen")
      let isActive = isSeen && host.active[lease.name] != nil
      strike(.injecting)
      session.enter { [self] in goOn(isActive ? .effective(effect) : .failed("not active")) }
    }
  }

  /// Queries a BMC until it shows the effect.
  private func awaitChange(_ power: PowerChange, isSeen: Bool, until end: Nanoseconds) {
    power.bmc.query(by: session) { [self] answer in
      strike(.injecting)
      session.enter { [self] in
        if isSeen, case .power(let isOn) = answer, power.isActive(whileOn: isOn) {
          goOn(
            .effective(Effect(at: host.reading, took: host.reading - received, evidence: "the BMC shows it")))
        } else if simulation.now > end {
          goOn(.failed("not active"))
        } else {
          session.after(.milliseconds(100)) { [self] in awaitChange(power, isSeen: isSeen, until: end) }
        }
      }
    }
  }

  /// Observes the effect every quarter of a second until a revert begins. This is `EffectObserver` without the events
  /// that wake it earlier.
  private func observe() {
    session.after(lease.power == nil ? .milliseconds(250) : .seconds(2)) { [self] in
      guard let before = lastActive else { return }
      switch host.isActive(lease) {
      case nil: return observe()
      case true?:
        lastActive = host.reading
        return observe()
      case false?: break
      }
      lastActive = nil
      let record = host.disk[lease.name]
      if lease.terms.isOver(at: host.reading, record?.status, isOnDisk: record != nil)
        || record?.lastObservation != nil
      {
        return
      }
      let end = EarlyEnd(
        lastActive: before, firstEnded: host.reading, boot: host.boot, cause: .others, reason: "seen")
      host.noteAtOnce(.ended(end), of: lease.name)
      session.handle(.ended(lease: lease.name, end))
    }
  }

  // MARK: Backward

  func revert(_ cause: RevertCause) {
    timesReverted += 1
    if isBusyBackward { return waitingBackward.append { [self] in revertNow(cause) } }
    revertNow(cause)
  }

  private func revertNow(_ cause: RevertCause) {
    isBusyBackward = true
    let seen = lastActive
    lastActive = nil
    if let failure { reverts.take(failure) }
    failure = nil
    let nothing =
      isOnDisk ? nil : Revert(at: host.reading, cause: cause, residue: [], boot: host.boot)
    perform(reverts.begin(cause, nothing: nothing), seen: seen)
  }

  private func perform(_ act: RevertCourse.Act, seen: Nanoseconds?) {
    func goOn(_ event: RevertCourse.Event) { perform(reverts.handle(event), seen: seen) }
    switch act {
    case .observe: goOn(.observed(host.observeLast(at: lease, seen: seen)))
    case .undo:
      host.undo(lease, by: .agent, in: session) {
        goOn($0.map { .undone(residue: $0) } ?? .failed("device is busy"))
      }
    case .pause(let span): session.after(span) { goOn(.paused) }
    case .note: host.append(.injectionEnded, of: lease.name, by: session) { goOn(.noted) }
    case .revert(let cause, let observation):
      host.revert(lease, cause: cause, after: observation, in: session) {
        goOn($0.map { .reverted($0) } ?? .failed("device is busy"))
      }
    case .report(let result):
      isBusyBackward = false
      session.handle(.reverted(lease: lease.name, result))
      if !waitingBackward.isEmpty { waitingBackward.removeFirst()() }
    }
  }
}
