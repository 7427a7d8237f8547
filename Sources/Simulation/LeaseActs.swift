import Leases
import AgentProtocol
import Journal
import Scenario

/// The acts on one lease, as `LeaseWorker` does them: one queue forward, one backward, and each act a step at which
/// the adversary may strike.
final class LeaseActs {
  private let lease: SimulatedLease
  private unowned let session: AgentSession
  private var host: SimulatedHost { session.host }
  private var simulation: Simulation { session.simulation }
  private var isOnDisk = false
  private var canInject = false
  /// Whether an act that came late is not known to be undone.
  private var isInDoubt = false
  private(set) var watchdog: WatchdogProcess?
  private var isBusyForward = false
  private var waitingForward: [() -> Void] = []
  private var isBusyBackward = false
  private var waitingBackward: [() -> Void] = []
  /// When its effect was last seen, while it is observed.
  private(set) var lastActive: Nanoseconds?
  private var lastLook: LastLook?
  private var timesInjected = 0
  private var timesReverted = 0
  /// When an act that was under way ended last; nil while one is.
  private(set) var freeSince: Nanoseconds?

  init(_ lease: SimulatedLease, in session: AgentSession) {
    self.lease = lease
    self.session = session
    freeSince = session.simulation.now
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

  private func strike(_ step: Happened) {
    simulation.adversary.mayStrike(step, lease: lease.name, on: host, in: session)
  }

  private func after(_ milliseconds: ClosedRange<Int64>, _ act: @escaping () -> Void) {
    session.after(
      Nanoseconds(
        simulation.number(in: milliseconds.lowerBound * 100_000...milliseconds.upperBound * 1_000_000)), act)
  }

  /// Snapshot, lease on disk, watchdog, preparation: `then` hears whether all of it worked.
  func arm(then report: @escaping (Bool) -> Void) {
    forward { [self] in
      func finish(_ worked: Bool) {
        endForward()
        report(worked)
      }
      strike(.beforeLease)
      after(1...20) { [self] in
        if simulation.adversary.failsArming(on: host) { return finish(false) }
        strike(.beforeLease)
        after(1...8) { [self] in
          if !host.diskWorks || host.disk[lease.name] != nil {
            simulation.count(.diskRefused)
            return finish(false)
          }
          host.disk[lease.name] = LeaseRecord(lease: lease)
          isOnDisk = true
          simulation.referee.leaseWritten(lease, on: host)
          strike(.arming)
          after(2...15) { [self] in
            if simulation.adversary.failsWatchdog(on: host) { return finish(false) }
            let watchdog = WatchdogProcess(lease, of: session, on: host)
            self.watchdog = watchdog
            host.watchdogs.append(watchdog)
            strike(.arming)
            after(1...5) { [self] in
              canInject = true
              strike(.armed)
              session.enter { finish(true) }
            }
          }
        }
      }
    }
  }

  /// Lets the fault go and sees its effect; the session hears of it.
  func inject() {
    timesInjected += 1
    simulation.referee.letGoOnce(
      lease.name, isArmed: canInject, times: timesInjected, reverts: timesReverted, on: host)
    forward { [self] in
      guard canInject, isOnDisk else { return end(nil) }
      if isOver { return undoLate() }
      let lifetime = lease.deadline - host.reading
      guard host.diskWorks else {
        simulation.count(.diskRefused)
        return end(nil)
      }
      host.disk[lease.name]?.notes.append(.init(kind: .injecting))
      strike(.injecting)
      session.enter { [self] in act(lifetime) }
    }
  }

  private func act(_ lifetime: Nanoseconds) {
    if simulation.adversary.failsInjection(on: host) {
      simulation.count(.injectFailed)
      return after(1...3) { [self] in isOver ? undoLate() : end(nil) }
    }
    let lease = lease
    let host = host
    if lease.traits.isByDaemon, let hang = simulation.adversary.hang(on: host) {
      simulation.count(.hung)
      simulation.note("\(host.name): \(lease.name) hangs for \(hang.span.inSeconds) s")
      // What a hypervisor was asked for it does, though who asked has died.
      let boot = host.boot
      let effect = hang.actsAtOnce ? Nanoseconds.milliseconds(2) : hang.span
      simulation.after(effect) {
        if host.boot == boot, host.isUp { host.activate(lease, lifetime: lifetime) }
      }
      session.after(hang.span + .milliseconds(1)) { [self] in see() }
    } else {
      after(1...2) { [self] in
        host.activate(lease, lifetime: lifetime)
        strike(.injecting)
        session.enter { [self] in see() }
      }
    }
  }

  private func see() {
    let seen = !simulation.adversary.hidesEffect(on: host)
    session.after(seen ? Nanoseconds(simulation.number(in: 200_000...3_000_000)) : .seconds(5)) { [self] in
      let effect = Effect(at: host.reading, took: .milliseconds(1), evidence: "seen")
      strike(.injecting)
      session.enter { [self] in
        if isOver { return undoLate() }
        guard seen, host.active[lease.name] != nil else { return end(nil) }
        lastActive = effect.at
        observe()
        // After the report, so that the disk isn't part of the time to effect.
        end(effect)
        host.append(.effective(effect), of: lease.name, by: session) {}
      }
    }
  }

  /// Looks every quarter of a second until a revert begins: `EffectObserver`, without what wakes it earlier.
  private func observe() {
    session.after(.milliseconds(250)) { [self] in
      guard let before = lastActive else { return }
      if host.active[lease.name] != nil {
        lastActive = host.reading
        return observe()
      }
      lastActive = nil
      if isOver || host.disk[lease.name]?.lastLook != nil { return }
      let end = EarlyEnd(
        lastActive: before, firstEnded: host.reading, boot: host.boot, cause: .others, reason: "seen")
      session.ended(lease.name, end)
      host.noteUnsynced(.ended(end), of: lease.name)
    }
  }

  private var isOver: Bool { host.reading >= lease.deadline || host.disk[lease.name]?.revert != nil }

  /// Its lease is over: it is undone whatever was noted.
  private func undoLate() {
    host.undo(lease, by: .agent, in: session) { [self] worked in
      isInDoubt = !worked
      end(nil)
    }
  }

  private func end(_ effect: Effect?) {
    endForward()
    session.injected(lease.name, effect)
  }

  /// Undoes the fault; the session hears of it. With nothing on disk there is nothing to undo.
  func revert(_ cause: RevertCause) {
    timesReverted += 1
    if isBusyBackward { return waitingBackward.append { [self] in revertNow(cause) } }
    revertNow(cause)
  }

  private func revertNow(_ cause: RevertCause) {
    isBusyBackward = true
    func finish(_ revert: Revert?) {
      isBusyBackward = false
      session.reverted(lease.name, revert)
      if !waitingBackward.isEmpty { waitingBackward.removeFirst()() }
    }
    let seen = lastActive
    lastActive = nil
    guard isOnDisk else {
      return finish(Revert(at: host.reading, cause: cause, residue: [], boot: host.boot))
    }
    lastLook = lastLook ?? host.lookLast(at: lease, seen: seen)
    guard isInDoubt else {
      return host.revert(lease, cause: cause, after: lastLook, in: session, then: finish)
    }
    host.undo(lease, by: .agent, in: session) { [self] worked in
      guard worked else { return finish(nil) }
      isInDoubt = false
      host.revert(lease, cause: cause, after: lastLook, in: session, then: finish)
    }
  }
}
