import Leases
import AgentProtocol
import Journal
import Scenario

/// A host: its clock, its disk, the state of its kernel, its processes, its power, and the path to it. The machine of
/// the controller is also one, if it has leases.
final class SimulatedHost {
  /// A fault that is active in the kernel or the hypervisor.
  struct Active {
    var lease: SimulatedLease
    var since: Nanoseconds
    /// Whether it began after its lease had ended.
    var isLate: Bool
  }

  /// The process that holds a lease's lock file. The lock is free when that process has died.
  final class LeaseLock {
    let process: SimulatedProcess
    init(_ process: SimulatedProcess) { self.process = process }
  }

  let name: String
  unowned let simulation: Simulation
  var clock: DriftingClock
  private var boots = 1
  /// The identity of its kernel's boot.
  var boot: String { "\(boots)" }
  private(set) var isUp = true { didSet { simulation.controller.truthChanged() } }
  /// Whether it answers, according to the controller, and since when it does or doesn't.
  var isServed = false
  var servedOrNotSince: Nanoseconds?
  /// Whether it is the controller's machine.
  let isController: Bool
  /// Its board management controller, if it has one.
  private(set) var bmc: SimulatedBMC?
  /// Whether another controller has taken the host.
  var isTaken = false
  var controlPath = ControlPath(links: ["eth0"], port: 22)
  /// The domains that it runs.
  var running: [String] = []
  /// Why it refuses the run, if it does.
  var refusal: Refusal?
  /// The fingerprint in its survey.
  var fingerprint: [String: String] = [:]
  /// The missing requirements for any fault.
  var missing: [String] = []
  /// The leases of other runs on its disk.
  var foreignLeases: [LeaseStatus] = []
  /// Its state without the effects of faults.
  var state = HostState(
    boot: "1", lines: ["eth0", "eth1"].map { HostState.Line(.network, of: [$0], "link \($0) up") })
  /// The suspended domains that were migrated here, by the lease that suspended them.
  var orphans: [String: String] = [:]
  /// Decides which requests to the host, and which lines of its agents, are lost, independent of the weather.
  var losesRequest: (Request) -> Bool = { _ in false }
  var losesLine: (AgentLine) -> Bool = { _ in false }
  /// Whether injections succeed.
  var injectionWorks = true

  /// The leases by name. They survive crashes.
  var disk: [String: LeaseRecord] = [:]
  var diskWorks = true { didSet { if !diskWorks { diskHasFailed = true } } }
  private(set) var diskHasFailed = false
  /// The times at which its boots ended.
  private(set) var bootsEnded: [Nanoseconds] = []
  /// The times at which its connection was lost, for boots that ended later.
  private(set) var lostBeforeBootsEnd: [Nanoseconds] = []
  var hasLostPower: Bool { !bootsEnded.isEmpty }
  /// The power cuts of the mains, which a BMC needs too.
  private var outages = 0
  var hasMains: Bool { outages == 0 }
  private var bootAttempts = 0
  var undoWorks = true
  /// Whether a process here was stopped, or an act hung or failed, so that a revert may need a repetition.
  var isTroubled = false
  /// Since when undos succeed.
  var undoWorksSince = Nanoseconds.zero
  var leaseLocks: [String: LeaseLock] = [:]
  /// The session that holds the host lock for the run.
  var lockHolder: AgentSession?

  private(set) var active: [String: Active] = [:] { didSet { simulation.controller.truthChanged() } }
  var sessions: [AgentSession] = []
  var watchdogs: [WatchdogProcess] = []

  private var cables = 0
  private var held: [() -> Void] = []
  /// The time since which messages pass.
  private(set) var passesSince = Nanoseconds.zero
  /// Until when the messages of a restored path are in transit. TCP delivers them before all newer ones.
  private(set) var delivering = Nanoseconds.zero

  /// - Parameter bmc: the address of its BMC.
  init(_ name: String, of simulation: Simulation, clock: DriftingClock, bmc: String? = nil) {
    self.name = name
    self.simulation = simulation
    self.clock = clock
    isController = name == Site.controller.name
    if isController { controlPath.links = [] }
    self.bmc = bmc.map { SimulatedBMC(of: self, address: $0) }
  }

  /// CLOCK_BOOTTIME and CLOCK_MONOTONIC are equal, since these machines are never suspended.
  var reading: Nanoseconds { clock.reading(at: simulation.now) }

  // MARK: Kernel

  /// The fault takes effect. If the kernel can revert it, its timeout begins.
  func activate(_ lease: SimulatedLease, lifetime: Nanoseconds) {
    simulation.note("\(name): \(lease.name) \(lease.kind) takes effect")
    // After a reboot no fault is active, but a host may have no power.
    if lease.power?.isHeld != false {
      active[lease.name] = Active(
        lease: lease, since: simulation.now, isLate: lease.deadline <= reading)
    }
    simulation.referee.activated(lease, on: self)
    if lease.traits.confirmation == .byBoot(of: name) {
      // Its process waits a second, so that its report leaves the host. A revert ends the process before.
      let activated = simulation.now
      simulation.after(.seconds(1)) { [self] in
        guard isUp, active[lease.name]?.since == activated else { return }
        simulation.count(.rebooted)
        stopRunning()
        boot()
      }
    }
    if lease.isRevertedByKernel {
      let activated = simulation.now
      let end = clock.time(of: reading + lifetime + KernelRevert.grace)
      simulation.at(end) { [self] in
        if active[lease.name]?.since == activated { deactivate(lease.name, by: .kernel) }
      }
    }
  }

  /// The fault is gone, by an undo, by the kernel or by the end of the boot.
  func deactivate(_ lease: String, by cause: RevertCause?) {
    guard let gone = active.removeValue(forKey: lease) else { return }
    simulation.note("\(name): \(lease) is gone, by \(cause?.rawValue ?? "the power")")
    simulation.referee.ended(gone, on: self, by: cause)
    if gone.lease.cutsControlPath { pathChanged() }
  }

  /// Another program on the host, or a person at the power button, ends a fault.
  func endByOthers() {
    guard isUp, let lease = active.values.map(\.lease).min(by: { $0.name < $1.name }) else { return }
    simulation.count(.endedByOthers)
    guard let bmc = lease.power?.bmc else { return endedByOthers(lease.name) }
    bmc.switchOnByHand()
    switchedOn(bmc)
  }

  private func endedByOthers(_ lease: String) {
    guard let gone = active.removeValue(forKey: lease) else { return }
    simulation.note("\(name): others end \(lease)")
    simulation.referee.endedByOthers(gone, on: self)
    if gone.lease.cutsControlPath { pathChanged() }
  }

  /// Whether a fault is active, by its own check. Nil if the check fails.
  func isActive(_ lease: SimulatedLease) -> Bool? {
    guard let power = lease.power else { return active[lease.name] != nil }
    return power.bmc.answers ? power.isActive(whileOn: power.bmc.isOn) : nil
  }

  /// Whether an undo of a fault would succeed.
  func canUndo(_ lease: SimulatedLease) -> Bool { lease.power?.bmc.actsSoon ?? undoWorks }

  /// The time since which it would succeed.
  func undoWorksSince(_ lease: SimulatedLease) -> Nanoseconds {
    lease.power?.bmc.answersSince ?? undoWorksSince
  }

  /// The undo of a lease has switched a host's power on. This ended every other lease that had switched it off.
  func switchedOn(by lease: SimulatedLease, _ cause: RevertCause) {
    deactivate(lease.name, by: cause)
    if let bmc = lease.power?.bmc { switchedOn(bmc) }
  }

  /// A BMC has switched its host's power on. This ended every lease that had switched it off.
  func switchedOn(_ bmc: SimulatedBMC) {
    for lease in active.values.map(\.lease).sorted(by: { $0.name < $1.name }) where lease.power?.bmc === bmc {
      endedByOthers(lease.name)
    }
  }

  // MARK: State

  /// Its present state.
  var stateNow: HostState {
    var now = state
    now.lines += active.keys.sorted().map { HostState.Line(.network, of: ["eth0"], "fault \($0)") }
    now.lines += orphans.values.sorted().map {
      HostState.Line(.domains, of: [$0], "domain \($0) paused (user)")
    }
    return now
  }

  /// Resumes the domains that arrived here while these leases had suspended them.
  func thaw(_ leases: [String]) {
    for lease in leases {
      simulation.referee.thaws(lease, on: self)
      orphans[lease] = nil
    }
  }

  // Whether the path to the controller is cut.

  /// Whether nothing passes between it and the controller.
  var isCut: Bool { cables > 0 || active.values.contains { $0.lease.cutsControlPath } }

  func cutCable() { cables += 1 }

  func mendCable() {
    cables -= 1
    pathChanged()
  }

  private func pathChanged() {
    guard !isCut else { return }
    passesSince = simulation.now
    let waiting = held
    held = []
    if waiting.isEmpty { return }
    delivering = simulation.now + .milliseconds(5)
    for act in waiting { simulation.at(delivering, act) }
  }

  /// Delays a message until the path is restored, as TCP does.
  func hold(_ act: @escaping () -> Void) {
    simulation.count(.messageHeld)
    held.append(act)
  }

  // MARK: Power

  /// The mains fail. The host boots again after some time, if its BMC permits it.
  func losePower(for span: Nanoseconds) {
    guard isUp else { return }
    outages += 1
    bmc?.answersChanged()
    stopRunning()
    simulation.after(span) { [self] in
      outages -= 1
      bmc?.answersChanged()
      boot(after: .zero)
    }
  }

  /// The boot ends immediately. The disk keeps only data that was synced.
  func stopRunning() {
    // A host that was booting starts its boot again.
    bootAttempts += 1
    guard isUp else { return }
    simulation.note("\(name): loses power")
    if isController { simulation.controller.die() }
    isUp = false
    bootsEnded.append(simulation.now)
    if !isServed, let servedOrNotSince { lostBeforeBootsEnd.append(servedOrNotSince) }
    running = []
    for session in sessions { session.end() }
    for watchdog in watchdogs { watchdog.end() }
    sessions = []
    watchdogs = []
    lockHolder = nil
    leaseLocks = [:]
    held = []
    for lease in active.values.map(\.lease).sorted(by: { $0.name < $1.name }) where !lease.outlivesBoot {
      deactivate(lease.name, by: nil)
    }
    for name in disk.keys.sorted() {
      disk[name]?.notes.removeAll { note in
        let isLost = !note.isDurable && simulation.chance(0.5)
        if isLost { simulation.count(.writeCut) }
        return isLost
      }
    }
  }

  /// The host boots, if it has power then.
  func boot(after span: Nanoseconds? = nil) {
    bootAttempts += 1
    let attempt = bootAttempts
    simulation.after(span ?? .milliseconds(simulation.number(in: 3000...20_000))) { [self] in
      guard attempt == bootAttempts, !isUp, hasMains, bmc?.isOn != false else { return }
      isUp = true
      boots += 1
      state.boot = boot
      clock.began = simulation.now
      clock.offset = .milliseconds(simulation.number(in: 100...3000))
      passesSince = simulation.now
      simulation.note("\(name): has booted")
      simulation.controller.booted(self)
    }
  }

  // MARK: Disk

  /// Appends to a lease's log in no time, if the disk accepts it.
  ///
  /// - Parameter isDurable: whether the entry survives a power cut.
  func noteAtOnce(_ kind: LeaseHappening, of lease: String, isDurable: Bool = false) {
    guard disk[lease] != nil else { return }
    guard diskWorks else { return simulation.count(.diskRefused) }
    disk[lease]?.notes.append(.init(kind: kind, isDurable: isDurable))
  }

  /// Appends to a lease's log; true if the disk accepts it. The entry survives a power cut when `then` has been called.
  func append(
    _ kind: LeaseHappening, of lease: String, by process: SimulatedProcess,
    then: @escaping () -> Void
  ) {
    guard disk[lease] != nil else { return then() }
    guard diskWorks else {
      simulation.count(.diskRefused)
      return then()
    }
    let index = disk[lease]?.notes.count ?? 0
    disk[lease]?.notes.append(.init(kind: kind))
    let boot = boot
    process.after(.milliseconds(simulation.number(in: 1...4))) { [self] in
      if boot == self.boot, index < disk[lease]?.notes.count ?? 0 {
        disk[lease]?.notes[index].isDurable = true
      }
      then()
    }
  }
}
