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
    self.catalogue = catalogue
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
    self.catalogue = catalogue
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
      let host = SimulatedHost(
        host.name, of: self, clock: DriftingClock(began: .zero, offset: offset, drift: drift))
      host.running = course.running[host.name] ?? []
      hosts.append(host)
    }
  }

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
  }

  private func recover() {
    note("murphy recover")
    weather = .calm
    for host in hosts {
      host.undoWorks = true
      host.undoWorksSince = now
      host.diskWorks = true
      guard host.isUp else { continue }
      let process = RecoverProcess(on: host)
      process.begin()
    }
    pass(until: now + .seconds(5)) { false }
    referee.judgeAfterRecover()
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

  /// The traits of a fault that the conductor requests.
  func traits(of spec: FaultSpec) -> FaultTraits {
    do {
      guard let kind = catalogue.kind(named: spec.fault) else {
        preconditionFailure("no fault \(spec.fault)")
      }
      return try kind.traits(spec)
    } catch {
      preconditionFailure("\(spec.fault): \(error)")
    }
  }

  /// The hosts that count as lost by a fault that the conductor requests.
  func takes(of spec: FaultSpec, on host: String) -> Set<String> {
    for step in course.scenario.timeline {
      do throws(StepRefused) {
        let assignments = try catalogue.assignments(
          for: step, on: course.fleet.host(host), in: course.fleet)
        let asked = assignments.first { $0.site.name == host && $0.spec == spec }
        if let asked { return asked.takes }
      } catch {
        // This is a fault of another step, which this host can't have.
        continue
      }
    }
    return []
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
