import Journal
import Leases
import AgentProtocol
import Scenario

/// The failures of a run, decided by its seed: some at random times, some at the steps of the acts on leases.
final class Adversary {
  private unowned let simulation: Simulation
  /// The probability of a strike at each step of an act on a lease.
  private var strikeRate = 0.0
  private var strikesLeft = 0
  /// The probability that the controller dies at one of its commands.
  private var deathRate = 0.0
  private var armingFailures = 0.0
  private var watchdogFailures = 0.0
  private var injectionFailures = 0.0
  private var hiddenEffects = 0.0
  private var hangs = 0.0
  private var lacks = 0.0
  private var halfCycles = 0.0

  init(of simulation: Simulation) { self.simulation = simulation }

  /// Schedules the failures.
  func plan() {
    func chance(_ share: Double) -> Bool { simulation.chance(share) }
    func share(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &simulation.random) }
    func moment(_ range: ClosedRange<Int64> = 0...25_000) -> Nanoseconds {
      .milliseconds(simulation.number(in: range))
    }
    if chance(0.6) {
      strikeRate = share(0.01...0.12)
      strikesLeft = Int(simulation.number(in: 1...4))
    }
    if chance(0.1) { deathRate = share(0.02...0.2) }
    if chance(0.06) { armingFailures = share(0.1...0.6) }
    if chance(0.04) { watchdogFailures = share(0.1...0.6) }
    if chance(0.06) { injectionFailures = share(0.1...0.6) }
    if chance(0.06) { hiddenEffects = share(0.1...0.6) }
    if chance(0.4) { hangs = share(0.2...0.8) }
    if chance(0.02) { lacks = 0.2 }
    simulation.platform.answersAudit = !chance(0.03)
    if chance(0.05) { makeManagerRestless() }
    if chance(0.15) {
      let from = Nanoseconds.seconds(2) + moment()
      let outage = from..<(from + moment())
      simulation.platform.service = { (outage.contains($0) ? .fail : .ok, .milliseconds(1)) }
    }
    if chance(0.5) {
      // No failure happens at the beginning, so that most runs reach their faults.
      let weather = Weather(
        lost: chance(0.5) ? share(0...0.25) : 0, doubled: chance(0.5) ? share(0...0.3) : 0,
        delay: chance(0.3) ? 1500 : 50, reorders: chance(0.4))
      let begin = chance(0.05) ? Nanoseconds.zero : .milliseconds(2500) + moment(0...4000)
      simulation.at(begin) { [simulation] in simulation.weather = weather }
      if chance(0.8) {
        simulation.at(begin + moment(1000...40_000)) { [simulation] in simulation.weather = .calm }
      }
    }
    for host in simulation.hosts { trouble(host, chance, moment) }
    if let site = simulation.controllerSite { trouble(controller: site, chance, moment) }
    if chance(0.15) {
      simulation.at(moment(2000...25_000)) { [simulation] in simulation.controller.interrupt() }
    }
    if chance(0.08) { simulation.at(moment(2000...25_000)) { [simulation] in simulation.controller.die() } }
    if chance(0.05) {
      let span = moment(500...9000)
      simulation.at(moment(1000...20_000)) { [simulation] in simulation.controller.stop(for: span) }
    }
  }

  /// The manager has a resource on another host at each query.
  private func makeManagerRestless() {
    simulation.platform.manager = { [unowned simulation] truth, _ in
      guard simulation.now > .seconds(6) else { return truth }
      var state = truth
      state.resources["web"]?.nodes = ["host-\(simulation.now.count)"]
      return state
    }
  }

  private func trouble(
    _ host: SimulatedHost, _ chance: (Double) -> Bool, _ moment: (ClosedRange<Int64>) -> Nanoseconds
  ) {
    if chance(0.008) { host.isTaken = true }
    if chance(0.3) { host.controlPath.links = [] }
    for _ in 0..<(chance(0.1) ? 2 : 0) {
      let begin = moment(1000...25_000)
      cutPath(of: host, at: begin, for: moment(200...12_000))
    }
    if chance(0.06) {
      simulation.at(moment(1000...25_000)) { [self] in killConnection(of: host) }
    }
    if chance(0.03) {
      let span = moment(4000...20_000)
      simulation.at(moment(1000...25_000)) { [self] in cutPower(of: host, for: span) }
    }
    if chance(0.008) {
      simulation.at(moment(3000...25_000)) { [self] in cutPower(of: host, for: .seconds(400)) }
    }
    if chance(0.04) {
      let begin = moment(0...20_000)
      simulation.at(begin) { host.diskWorks = false }
      simulation.at(begin + moment(500...20_000)) { host.diskWorks = true }
    }
    if chance(0.1) {
      simulation.at(moment(3000...20_000)) { host.endByOthers() }
    }
    if chance(0.06) {
      breakUndo(on: host, at: moment(0...20_000), for: moment(200...12_000))
    }
  }

  /// The failures if the controller is a site: of its machine, and of the BMCs.
  private func trouble(
    controller site: SimulatedHost, _ chance: (Double) -> Bool,
    _ moment: (ClosedRange<Int64>) -> Nanoseconds
  ) {
    if chance(0.02) { site.isTaken = true }
    if chance(0.1) {
      let span = moment(1000...15_000)
      simulation.at(moment(3000...25_000)) { [self] in cutPower(of: site, for: span) }
    }
    if chance(0.1) {
      let begin = moment(0...20_000)
      simulation.at(begin) { site.diskWorks = false }
      simulation.at(begin + moment(500...20_000)) { site.diskWorks = true }
    }
    if chance(0.2) { simulation.at(moment(3000...20_000)) { site.endByOthers() } }
    if chance(0.1) { halfCycles = 0.5 }
    for bmc in simulation.hosts.compactMap(\.bmc) {
      if chance(0.01) { bmc.refusal = "BMC \(bmc.address): RAKP 2 HMAC is invalid" }
      if chance(0.01) { bmc.switchOffByHand() }
      if chance(0.1) {
        let begin = moment(0...25_000)
        simulation.at(begin) { bmc.isSilent = true }
        simulation.at(begin + moment(200...20_000)) { bmc.isSilent = false }
      }
    }
  }

  func breakUndo(on host: SimulatedHost, at time: Nanoseconds, for span: Nanoseconds) {
    simulation.at(time) {
      host.undoWorks = false
      host.isTroubled = true
    }
    simulation.at(time + span) { [simulation] in
      host.undoWorks = true
      host.undoWorksSince = simulation.now
    }
  }

  // MARK: Strikes

  /// Called at each step of an act on a lease. Here a process may be killed or stopped, or a path may be cut.
  func mayStrike(_ step: Happened, lease: String, on host: SimulatedHost, in process: SimulatedProcess?) {
    guard strikesLeft > 0, host.isUp, simulation.chance(strikeRate) else { return }
    strikesLeft -= 1
    simulation.count(step)
    let session = host.sessions.first { $0.workers[lease] != nil }
    let watchdog = host.watchdogs.first { $0.lease.name == lease }
    let span = Nanoseconds.milliseconds(simulation.number(in: 5...6000))
    switch simulation.number(in: 0..<100) {
    case 0..<24: kill(session, watchdog: nil)
    case 24..<44: kill(nil, watchdog: watchdog)
    case 44..<52: kill(session, watchdog: watchdog)
    case 52..<58:
      simulation.count(.allKilled)
      simulation.controller.die()
      kill(session, watchdog: watchdog)
    case 58..<64: cutPower(of: host, for: span + .seconds(3))
    case 64..<74:
      if let session { stop(session, .agentStopped, for: span) }
    case 74..<80:
      if let watchdog { stop(watchdog, .watchdogStopped, for: span) }
    case 80..<88: killConnection(of: host)
    case 88..<92: simulation.controller.die()
    case 92..<95: simulation.controller.stop(for: span)
    default: cutPath(of: host, at: simulation.now, for: span)
    }
  }

  private func kill(_ session: AgentSession?, watchdog: WatchdogProcess?) {
    if let session, let watchdog {
      simulation.count(.bothKilled)
      simulation.note("\(session.host.name): agent and watchdog of \(watchdog.lease.name) are killed")
      watchdog.end()
      session.end()
    } else if let session {
      simulation.count(.agentKilled)
      simulation.note("\(session.host.name): the agent of session \(session.wire.generation) is killed")
      session.end()
    } else if let watchdog {
      simulation.count(.watchdogKilled)
      simulation.note("\(watchdog.host.name): the watchdog of \(watchdog.lease.name) is killed")
      watchdog.end()
    }
  }

  private func stop(_ process: SimulatedProcess, _ what: Happened, for span: Nanoseconds) {
    simulation.count(what)
    simulation.note("\(process.host.name): \(what.rawValue) for \(span)")
    process.stop(for: span)
  }

  private func cutPower(of host: SimulatedHost, for span: Nanoseconds) {
    guard host.isUp else { return }
    simulation.count(host.isController ? .controllerPowerLost : .powerLost)
    host.losePower(for: span)
  }

  private func killConnection(of host: SimulatedHost) {
    // A pipe ends with the processes at its ends.
    if host.isController { return kill(host.sessions.last, watchdog: nil) }
    guard let wire = simulation.controller.servingWire(of: host.name) else { return }
    simulation.count(.sshKilled)
    if simulation.chance(0.5) {
      simulation.note("\(host.name): the controller's ssh to it is killed")
      wire.kill()
    } else {
      simulation.note("\(host.name): its sshd is killed")
      wire.endAtHost()
    }
  }

  private func cutPath(of host: SimulatedHost, at time: Nanoseconds, for span: Nanoseconds) {
    if host.isController { return simulation.controller.die() }
    simulation.at(time) { [simulation] in
      simulation.count(.pathCut)
      simulation.note("\(host.name): its path is cut for \(span)")
      host.cutCable()
    }
    simulation.at(time + span) { [simulation] in
      simulation.note("\(host.name): its path is restored")
      host.mendCable()
    }
  }

  /// Whether the controller dies before its next command.
  func killsController() -> Bool { simulation.chance(deathRate) }

  // MARK: Failures

  func failsArming(on host: SimulatedHost) -> Bool { simulation.chance(armingFailures) }
  func failsWatchdog(on host: SimulatedHost) -> Bool { simulation.chance(watchdogFailures) }
  func failsInjection(on host: SimulatedHost) -> Bool { simulation.chance(injectionFailures) }
  func hidesEffect(on host: SimulatedHost) -> Bool { simulation.chance(hiddenEffects) }
  func missing(on host: SimulatedHost) -> [String] { simulation.chance(lacks) ? ["something"] : [] }

  /// Whether a BMC cuts the power for a cycle but doesn't restore it.
  func halvesCycle(of host: SimulatedHost) -> Bool { simulation.chance(halfCycles) }

  /// The time for which a BMC doesn't answer after it has accepted a change, and whether it acts at the start or at the
  /// end of this time.
  func hangsBMC() -> (span: Nanoseconds, actsAtOnce: Bool)? {
    guard simulation.chance(hangs / 2) else { return nil }
    return (.milliseconds(simulation.number(in: 10...28_000)), simulation.chance(0.3))
  }

  /// The time after which a BMC executes a change that it has accepted. It answers meanwhile.
  func delaysBMC() -> Nanoseconds? {
    guard simulation.chance(hangs / 2) else { return nil }
    return .milliseconds(simulation.number(in: 1500...30_000))
  }

  /// The time for which a hypervisor hangs, and whether it acts at the start or at the end of this time.
  func hang(on host: SimulatedHost) -> (span: Nanoseconds, actsAtOnce: Bool)? {
    guard simulation.chance(hangs) else { return nil }
    host.isTroubled = true
    let span = Nanoseconds.milliseconds(simulation.number(in: 10...28_000))
    // A busy hypervisor also refuses the undo for some time.
    if simulation.chance(0.3) {
      breakUndo(
        on: host, at: simulation.now + span, for: .milliseconds(simulation.number(in: 5...2500)))
    }
    return (span, simulation.chance(0.3))
  }
}
