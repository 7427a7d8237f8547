import Leases
import Conductor
import Journal
import Scenario

/// One run in virtual time: the real `Conductor`, and on each host the real `LeaseTable`, with a seeded adversary that
/// kills and cuts. The same seed gives the same run, byte for byte.
package final class Simulation {
  /// The random generator for all decisions.
  package let seed: UInt64
  let catalogue: FaultCatalogue
  var random: SeededGenerator
  private(set) var now = Nanoseconds.zero
  private var queue = EventQueue()
  private(set) var hosts: [SimulatedHost] = []
  /// The possible places of leases: the hosts, and the controller's machine if a step needs it.
  private(set) var sites: [SimulatedHost] = []
  /// Every assignment that a step may have.
  private var assignments: [Assignment] = []
  let course: Course
  var platform = SimulatedPlatform()
  /// Whether only a script decides the failures. Then there is no chance and no adversary, and every act takes its
  /// shortest time.
  let isScripted: Bool
  var weather = Weather.calm {
    didSet { if !weather.isCalm || !oldValue.isCalm { calmSince = now } }
  }
  /// Since when messages arrive as on a quiet network.
  private(set) var calmSince = Nanoseconds.zero
  /// Keeps every process until the end, since an act that was in progress when its process died may still refer to it.
  var processes: [SimulatedProcess] = []
  private var tally: [Happened: Int] = [:]
  private let trace: ((String) -> Void)?
  private(set) lazy var controller = Controller(of: self)
  private(set) lazy var referee = Referee(of: self)
  private(set) lazy var adversary = Adversary(of: self)

  /// A run that has not been played.
  ///
  /// - Parameter trace: called with a line for each event.
  package init(seed: UInt64, catalogue: FaultCatalogue, trace: ((String) -> Void)? = nil) {
    self.seed = seed
    self.catalogue = catalogue.remembering(isOfCourse: true)
    self.trace = trace
    isScripted = false
    random = SeededGenerator(seed: seed)
    course = Course(of: catalogue, using: &random)
    addHosts()
  }

  /// A run of a course in which only a script decides the failures. The seed decides the choices that the scenario
  /// leaves open.
  init(scripted course: Course, seed: UInt64, catalogue: FaultCatalogue) {
    self.seed = seed
    self.catalogue = catalogue.remembering(isOfCourse: false)
    self.course = course
    trace = nil
    isScripted = true
    random = SeededGenerator(seed: seed)
    addHosts()
  }

  private func addHosts() {
    for host in course.fleet.hosts {
      let drift = number(in: -49...49)
      let offset = Nanoseconds.milliseconds(number(in: 100...1_000_000_000))
      let simulated = SimulatedHost(
        host.name, of: self, clock: DriftingClock(began: .zero, offset: offset, drift: drift),
        bmc: host.bmc?.name)
      simulated.running = course.running[host.name] ?? []
      hosts.append(simulated)
    }
    assignments = course.scenario.timeline.flatMap {
      $0.possibleAssignments(in: course.fleet, of: catalogue)
    }
    sites = hosts
    if assignments.contains(where: { $0.site == .controller }) {
      // Its clock is the clock of the run, which began before the run.
      sites.append(
        SimulatedHost(
          Site.controller.name, of: self,
          clock: DriftingClock(began: .zero, offset: .milliseconds(number(in: 100...1_000_000_000)), drift: 0)
        ))
    }
  }

  /// The controller's machine, if leases are there.
  var controllerSite: SimulatedHost? { sites.count > hosts.count ? sites.last : nil }

  /// A site by its name.
  func site(_ name: String) -> SimulatedHost? { sites.first { $0.name == name } }

  /// The result of a run.
  package struct Outcome: Sendable {
    /// The first broken invariant, if any.
    package var breach: Breach?
    /// How the run ended; nil if the controller died first.
    package var ending: Ending?
    /// The events, counted.
    package var tally: [Happened: Int]
    /// The journal of the run.
    package var journal: [Entry]
    /// The samples of its prober.
    package var samples: [Sample]
  }

  /// Plays the run until every lease has ended, then `recover`, and judges the result.
  package func run() -> Outcome {
    if !isScripted { adversary.plan() }
    controller.perform()
    if referee.breach == nil { outliveLeases() }
    if referee.breach == nil { recover() }
    if tally[.fault] != nil { count(.runWithFault) }
    return Outcome(
      breach: referee.breach, ending: controller.ending, tally: tally, journal: controller.journal,
      samples: controller.samples)
  }

  /// The controller is gone, so the hosts revert the other faults by themselves.
  private func outliveLeases() {
    let end = max(now, referee.lastDeadline) + .seconds(50)
    pass(until: end) { false }
    referee.judgeAfterLeases()
  }

  /// A person calls `murphy recover`. It is called again for a site that it names as not known to be clean: the undo
  /// failed there, or the host didn't answer and has booted since.
  private func recover() {
    weather = .calm
    for host in sites {
      host.undoWorks = true
      host.undoWorksSince = now
      host.diskWorks = true
      host.bmc?.refusal = nil
      host.bmc?.isSilent = false
    }
    var left = sites
    for _ in 1...3 where left.contains(where: \.isUp) {
      note("murphy recover")
      let processes = left.filter(\.isUp).map { RecoverProcess(on: $0) }
      for process in processes { process.begin() }
      // A board needs more time than a kernel.
      pass(until: now + (controllerSite == nil ? .seconds(5) : .seconds(60))) { false }
      // Not key paths: Swift 6.3.1 crashes on them here in a build of all files.
      let clean = processes.filter { $0.isClean }.map { $0.host }
      referee.judgeAfterRecover(of: clean)
      left.removeAll { host in clean.contains { $0 === host } }
    }
    referee.judgeAfterRecover(of: left)
  }

  // MARK: Time

  func at(_ time: Nanoseconds, _ act: @escaping () -> Void) { queue.add(at: max(time, now), act) }
  func after(_ span: Nanoseconds, _ act: @escaping () -> Void) { queue.add(at: now + span, act) }

  /// Lets time pass until a given time, until a condition is true, or until an invariant is broken.
  func pass(until end: Nanoseconds, orUntil holds: () -> Bool) {
    while referee.breach == nil, !holds() {
      guard let due = queue.nextDue, due <= end, let next = queue.takeNext() else {
        now = max(now, end)
        return
      }
      now = next.time
      next.act()
    }
  }

  /// The traits of a fault that the conductor requests from a site.
  func assignment(of spec: FaultSpec, on site: String) -> Assignment {
    guard let asked = assignments.first(where: { $0.site.name == site && $0.spec == spec }) else {
      preconditionFailure("\(spec.fault) is requested from \(site), but no step requests it")
    }
    return asked
  }

  /// The request of a fault to a BMC. Nil if it touches none.
  func power(by spec: FaultSpec, _ traits: FaultTraits) -> PowerChange? {
    guard let address = traits.footprint.names(of: .bmc).first,
      let bmc = hosts.compactMap(\.bmc).first(where: { $0.address == address })
    else { return nil }
    // A lockout changes no power. It is simulated like the faults that outlive a boot of their site.
    if spec.fault == "bmc.lockout" { return nil }
    guard case .object(let order) = spec.order else { preconditionFailure("\(spec.fault) has no order") }
    // An interrupt has no mode. The kernel panics, and the host boots.
    if spec.fault == "host.panic" { return PowerChange(bmc: bmc, request: .reset) }
    guard case .string(let mode)? = order["mode"], let request = SimulatedBMC.Request(rawValue: mode)
    else { preconditionFailure("\(spec.fault) touches a BMC, but has no mode that a BMC has") }
    return PowerChange(bmc: bmc, request: request)
  }

  // MARK: Chance

  func chance(_ share: Double) -> Bool {
    share > 0 && !isScripted && Double.random(in: 0..<1, using: &random) < share
  }
  func number(in range: ClosedRange<Int64>) -> Int64 {
    isScripted ? range.lowerBound : Int64.random(in: range, using: &random)
  }
  func number(in range: Range<Int64>) -> Int64 {
    isScripted ? range.lowerBound : Int64.random(in: range, using: &random)
  }

  // MARK: Words

  func count(_ what: Happened) { tally[what, default: 0] += 1 }

  func note(_ text: @autoclosure () -> String) {
    guard let trace else { return }
    let milliseconds = now.count / 1_000_000
    let fraction = String(milliseconds % 1000)
    trace(
      "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) \(text())")
  }
}
