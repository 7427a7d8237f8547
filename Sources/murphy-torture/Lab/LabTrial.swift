import Agent
import AgentProtocol
import Conductor
import Glibc
import Journal
import Linux
import Scenario
import Synchronization

/// One kill on one host of a run that may have other kills on other hosts.
final class LabTrial: Sendable {
  let one: LabCase
  let host: TorturedLabHost
  private let run: LabRun
  private let hold: Int64
  private let random: Mutex<SeededGenerator>
  private let controllerWasHit: WaitingBox<Mutex<Bool>>

  struct Outcome: Sendable {
    var result: LabResult
    /// The processes that were stopped or killed, and their child processes.
    var victims: [ProcessIdentity] = []
    /// Whether the fault was still active at the time limit.
    var isStillThere = false
    /// Whether the lease's agent or watchdog could act then.
    var aProcessCould = false
    /// Whether the lease is in doubt: an act was started and its end was not observed. If so, the watchdog, or an agent
    /// that continues, repeats the undo for 35 s, and logs the revert later.
    var isDoubtful = false
    var lease: LeaseOnDisk?
    /// When the first signal was sent, on CLOCK_BOOTTIME.
    var struck: Int64 = 0
  }

  /// - Parameter hold: the fault's duration, in nanoseconds.
  init(
    _ one: LabCase, on host: TorturedLabHost, in run: LabRun, hold: Int64, random: SeededGenerator,
    controllerWasHit: WaitingBox<Mutex<Bool>>
  ) {
    self.one = one
    self.host = host
    self.run = run
    self.hold = hold
    self.random = Mutex(random)
    self.controllerWasHit = controllerWasHit
  }

  /// Whether another host of the run has struck the controller. If so, this host's moment is now.
  private var isDue: Bool { one.victims.includeController && controllerWasHit.value.withLock { $0 } }

  private func pause(_ range: Range<Int64>) { pause(until: Clock.boottime.now + drawn(range)) }

  private func drawn(_ range: Range<Int64>) -> Int64 {
    random.withLock { Int64.random(in: range, using: &$0) }
  }

  /// - Parameter boottime: on CLOCK_BOOTTIME.
  private func pause(until boottime: Int64) {
    while !isDue {
      let left = boottime - Clock.boottime.now
      if left <= 0 { return }
      usleep(UInt32(min(left / 1000 + 1, 200)))
    }
  }

  /// Waits for the moment, strikes, and observes until the fault is reverted or its time is over.
  func perform() throws -> Outcome {
    let eyes = try HostEyes(host, for: one.fault)
    var outcome = Outcome(
      result: LabResult(
        fault: one.fault.title, host: host.name, who: one.victims.rawValue, how: one.manner.rawValue,
        moment: "",
        aimed: one.moment.rawValue, link: "nothing", kills: 0))
    var agent: SeenProcess?
    _ = waitUntil(within: 15_000, every: 20_000) {
      agent = host.murphys().first { $0.isAgent }
      return agent != nil || !run.isRunning
    }
    var lease: LeaseOnDisk?
    guard let agent, let tag = run.tag, try waitForMoment(tag, eyes, &lease) else {
      outcome.result.moment = "none"
      outcome.result.notes.append("the moment never came: \(run.lastWords)")
      return outcome
    }
    hit(agent, tag, eyes, &lease, &outcome)
    let struck = outcome.struck
    if lease == nil {
      // The lease was being written.
      _ = waitUntil(within: 1500) {
        lease = LeaseOnDisk(ofRun: tag, in: host.leases)
        return lease != nil
      }
    }
    outcome.lease = lease
    guard let lease else {
      if try eyes.seesFault() { outcome.result.residue.append("a fault without a lease on disk") }
      return outcome
    }
    try lookOn(lease, eyes, since: struck, &outcome)
    outcome.aProcessCould =
      agent.identity.isActive
      || host.murphys().contains { ($0.isWatchdog || $0.isPerformer) && $0.identity.isActive }
    let log = lease.log()
    outcome.isDoubtful =
      one.fault.isHypervisors && log.isInjecting && !log.isEffective && log.revert == nil
    return outcome
  }

  private func waitForMoment(_ tag: String, _ eyes: HostEyes, _ lease: inout LeaseOnDisk?) throws -> Bool {
    guard waitUntil(within: 20_000, { run.hasChosen(host.name) || !run.isRunning || isDue }),
      isDue || run.hasChosen(host.name)
    else { return false }
    if one.moment == .beforeLease {
      pause(0..<3_000_000)
      return true
    }
    var found: LeaseOnDisk?
    _ = waitUntil(within: 5000) {
      found = LeaseOnDisk(ofRun: tag, in: host.leases)
      return found != nil || isDue
    }
    lease = found
    guard let found else { return isDue }
    let patience = 8000
    switch one.moment {
    case .beforeLease, .over: return true
    case .beforeInjection:
      pause(0..<1_900_000_000)
      return true
    case .beforeEffect:
      guard waitUntil(within: patience, every: 20, { found.log().isInjecting || isDue }) else { return false }
      return true
    case .holding:
      guard waitUntil(within: patience, { found.log().isEffective || isDue }) else { return false }
      pause(0..<hold - 300_000_000)
      return true
    case .reverting, .beforeNote:
      pause(until: found.deadline + drawn(one.moment == .reverting ? 0..<4_000_000 : 1_000_000..<7_000_000))
      return true
    }
  }

  private func hit(
    _ agent: SeenProcess, _ tag: String, _ eyes: HostEyes, _ lease: inout LeaseOnDisk?,
    _ outcome: inout Outcome
  ) {
    var targets: [ProcessIdentity] = []
    if one.victims.includeAgent { targets.append(agent.identity) }
    if one.victims.includeWatchdog {
      targets += SeenProcess.children(of: agent.pid).filter(\.isWatchdog).map(\.identity)
    }
    if one.victims == .ssh { targets += run.connections(to: host.name).map(\.identity) }
    if one.victims.includeController {
      // The first host to strike the controller does it for all hosts of the run.
      let isFirst = controllerWasHit.value.withLock { wasHit in
        defer { wasHit = true }
        return !wasHit
      }
      if isFirst { targets.append(run.controller) }
    }
    let order = random.withLock { targets.shuffled(using: &$0) }
    if lease == nil { lease = LeaseOnDisk(ofRun: tag, in: host.leases) }
    let before = moment(lease, eyes)
    outcome.struck = Clock.boottime.now
    let number = one.manner == .kill ? SIGKILL : SIGSTOP
    for target in order where (try? target.signal(number)) == true { outcome.result.kills += 1 }
    outcome.victims = order
    outcome.result.moment = before.rawValue
    let after = moment(lease ?? LeaseOnDisk(ofRun: tag, in: host.leases), eyes)
    if after != before { outcome.result.notes.append("right after the signal: \(after.rawValue)") }
  }

  /// The lease's moment according to its files. Between its deadline and the logged end, it is determined by outside
  /// observation.
  private func moment(_ lease: LeaseOnDisk?, _ eyes: HostEyes) -> LabMoment {
    guard let lease else { return .beforeLease }
    let log = lease.log()
    if log.revert != nil { return .over }
    if !log.isInjecting { return .beforeInjection }
    if Clock.boottime.now < lease.deadline { return log.isEffective ? .holding : .beforeEffect }
    return (try? eyes.seesFault()) == false ? .beforeNote : .reverting
  }

  /// Whether agent and watchdog are dead or stopped, and a living controller may still reach the host.
  private func mayControllerCome(_ now: Int64, _ lease: LeaseOnDisk) -> Bool {
    one.victims == .agentAndWatchdog && now < lease.deadline + LabGrace.ofController && run.isRunning
      && !host.murphys().contains { $0.isWatchdog && $0.identity.isActive }
  }

  /// Observes until the fault is gone and its deadline is past, or the grace time is over.
  private func lookOn(_ lease: LeaseOnDisk, _ eyes: HostEyes, since struck: Int64, _ outcome: inout Outcome)
    throws
  {
    var isThere = try eyes.seesFault()
    var reverted: Int64?
    while true {
      let now = Clock.boottime.now
      if isThere, now > lease.deadline + LabGrace.ofDeadline, !mayControllerCome(now, lease) { break }
      if !isThere, now > lease.deadline + 300_000_000 { break }
      // The intervals are short only while an event is near, since other cases need the machine too.
      usleep(isThere ? 500 : 5000)
      let isThereNow = try eyes.seesFault()
      if isThere, !isThereNow { reverted = Clock.boottime.now }
      if !isThere, isThereNow { reverted = nil }
      isThere = isThereNow
    }
    outcome.isStillThere = isThere
    if let reverted {
      if reverted > lease.deadline + LabGrace.ofDeadline {
        outcome.result.notes.append(
          "reverted after the grace: agent and watchdog were out, and the controller came")
      }
      if reverted > lease.deadline { outcome.result.lateMs = Double(reverted - lease.deadline) / 1_000_000 }
      outcome.result.afterKillMs = Double(reverted - struck) / 1_000_000
    }
    if let revert = lease.log().revert {
      if reverted != nil || outcome.result.moment == LabMoment.over.rawValue || lease.log().isEffective {
        outcome.result.link = revert.cause.rawValue
      }
    } else if reverted != nil {
      // A process that undoes an act in doubt logs its revert later.
      let watchdog = host.murphys().contains { $0.isWatchdog && $0.identity.isActive }
      outcome.result.link =
        watchdog
        ? "watchdog"
        : one.fault.isRevertedByKernel ? "kernel" : one.fault.isPerformed ? "process" : LabResult.unnoted
    }
  }
}
