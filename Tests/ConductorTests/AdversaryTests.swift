import Journal
import Scenario
import Testing

@testable import Conductor

/// Thousands of runs in which everything may go wrong: messages lost, doubled and late, hosts lost and regained,
/// reverts that never work, signals, restless views. What must hold whatever happens is checked in each.
@Suite struct AdversaryTests {
  private static let perCase = 300

  @Test(arguments: 0..<10)
  func whateverHappens(_ part: Int) {
    for index in 0..<Self.perCase {
      let seed = UInt64(part * Self.perCase + index + 1)
      if let failure = Self.failure(of: Self.play(seed: seed)) {
        Issue.record("seed \(seed): \(failure)")
        return
      }
    }
  }

  /// The adversary must neither spare the runs nor smother them: every way to end is met, and most runs come to a fault.
  @Test func everyEndingIsMet() {
    var endings: [String: Int] = [:]
    var hit = 0
    for seed in 1...300 as ClosedRange<UInt64> {
      let world = Self.play(seed: seed)
      switch world.ending {
      case .completed: endings["completed", default: 0] += 1
      case .aborted: endings["aborted", default: 0] += 1
      case .refused: endings["refused", default: 0] += 1
      case .leftBehind: endings["left behind", default: 0] += 1
      case nil: endings["none", default: 0] += 1
      }
      if !world.requested.isEmpty { hit += 1 }
    }
    #expect(Set(endings.keys) == ["completed", "aborted", "refused", "left behind"])
    #expect(endings.values.allSatisfy { $0 >= 5 }, "\(endings)")
    #expect(hit > 150, "\(hit) of 300 came to a fault")
  }

  /// One run to its end.
  private static func play(seed: UInt64) -> World {
    var random = SeededGenerator(seed: seed &* 7919)
    let world = World(scenario(&random), seed: seed)
    world.pace = .milliseconds([250, 500, 1000].randomElement(using: &random) ?? 500)
    stir(world, &random)
    world.run(until: .seconds(2500))
    return world
  }

  /// What a run did that must never be; nil where all held.
  private static func failure(of world: World) -> String? {
    let ending = world.ending
    if let first = world.faults.first { return first }
    if world.endings != 1 { return "\(world.endings) endings until \(world.now)" }
    if let unnamed = world.standing.first(where: { !isNamed($0, ending) }) {
      return "\(ending as Any), and \(unnamed) still holds"
    }
    if case .refused = ending, !world.requested.isEmpty { return "refused after a fault" }
    if case .leftBehind(let what) = ending, what.isEmpty { return "left behind, and nothing named" }
    return nil
  }

  /// Whether the ending names a lease that still holds: `falco 3f9a_1`.
  private static func isNamed(_ lease: String, _ ending: Ending?) -> Bool {
    guard case .leftBehind(let what) = ending, let name = lease.split(separator: " ").last else {
      return false
    }
    return what.contains { $0.contains("lease \(name):") }
  }

  private static func scenario(_ random: inout SeededGenerator) -> Scenario {
    func pick<T>(_ values: [T], _ random: inout SeededGenerator) -> T {
      values[Int.random(in: 0..<values.count, using: &random)]
    }
    var steps: [Step] = []
    for number in 1...Int.random(in: 1...3, using: &random) {
      let host: HostSelector = pick(
        [.named("dauntless"), .named("excelsior"), .named("falco"), .any, .hostOf("web")], &random)
      var triggers: [Step.Trigger] = [
        .at(.seconds(Int64.random(in: 0...20, using: &random))),
        .when(.sees(view: "manager", object: pick(["host", "falco", "web"], &random), state: .down)),
        .when(.exceeds(.hostsDown, 0)),
      ]
      if number > 1 { triggers.append(.after(step: "step-\(number - 1)", delay: .seconds(Int64(number)))) }
      let (fault, target): (String, Target) = pick(
        [
          ("host.unplug", .host(host)), ("link.drop", .link(host, network: "internal")),
          ("vm.freeze", .vm("web")),
        ], &random)
      steps.append(
        Step(
          name: "step-\(number)", trigger: number == 1 ? triggers[0] : pick(triggers, &random), fault: fault,
          target: target, duration: .seconds(Int64.random(in: 1...15, using: &random))))
    }
    var scenario = Scenario.rehearsal(steps)
    scenario.steady.duration = .seconds(2)
    scenario.recovery = .init(stable: .seconds(2), noProgress: .seconds(10), cap: .seconds(30))
    scenario.trials = pick([1, 1, 2], &random)
    scenario.beyondQuorum = pick([true, true, false], &random)
    if pick([true, false, false], &random) { scenario.guards = [.init(when: .exceeds(.hostsDown, 1))] }
    return scenario
  }

  /// Plants what will go wrong.
  private static func stir(_ world: World, _ random: inout SeededGenerator) {
    func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
    func moment(_ limit: Int64 = 60_000) -> Nanoseconds {
      .milliseconds(Int64.random(in: 0..<limit, using: &random))
    }
    if chance(0.7) {
      // The beginning is calm, or few runs would come to their faults.
      let weather = World.Weather(
        lost: chance(0.5) ? Double.random(in: 0...0.3, using: &random) : 0,
        doubled: chance(0.5) ? Double.random(in: 0...0.3, using: &random) : 0,
        delay: chance(0.5) ? 3000 : 50)
      world.at(chance(0.1) ? .zero : .seconds(1)) { $0.weather = weather }
    }
    for host in world.fleet.hosts.map(\.name) {
      if chance(0.3) { world.hosts[host]?.pathOverLinks = false }
      for _ in 0..<(chance(0.3) ? Int.random(in: 1...3, using: &random) : 0) {
        let begin = moment()
        let end = begin + moment(20_000)
        let endsSession = chance(0.5)
        world.at(begin) { world in
          world.cut(host)
          if endsSession { world.endSession(of: host) }
        }
        world.at(end) { $0.mend(host) }
      }
      if chance(0.03) { world.at(moment()) { $0.hosts[host]?.isDead = true } }
      if chance(0.03) { world.hosts[host]?.refusesRun = "another run has this host" }
      if chance(0.03) { world.hosts[host]?.missing = ["something"] }
      if chance(0.05) { world.hosts[host]?.refusesArm = "no" }
      if chance(0.05) { world.hosts[host]?.refusesInject = "no" }
      if chance(0.05) { world.hosts[host]?.ignoresArm = true }
      if chance(0.05) {
        world.hosts[host]?.stuck = "device is busy"
        if chance(0.5) { world.at(moment(120_000)) { $0.hosts[host]?.stuck = nil } }
      }
    }
    if chance(0.2) { world.at(moment()) { $0.tell(.interrupted(signal: "SIGTERM")) } }
    if chance(0.3) {
      let from = Nanoseconds.seconds(4) + moment()
      let until = from + moment()
      world.website = { $0.now >= from && $0.now < until ? .fail : .ok }
    }
    if chance(0.1) {
      world.manager = { world in
        var state = world.managerByTruth
        if world.now > .seconds(6) { state.resources["web"]?.nodes = ["host-\(world.now.count)"] }
        return state
      }
    }
    world.answersAudit = !chance(0.1)
  }
}
