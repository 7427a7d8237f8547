import Journal
import Scenario
import Testing

@testable import Conductor

/// Runs that are ended early.
@Suite struct AbortTests {
  /// Times in the phases of a rehearsal: 5 s of steady and 1 s of slack, 2 s of arming, 10 s of fault, 3 s of recovery.
  @Test(
    arguments: [
      (0, "before any host answered"), (3, "in connecting"), (8, "in surveying"), (2000, "steady"),
      (6500, "arming"),
      (8500, "while the fault holds"), (11_000, "while the host is cut off"), (19_500, "in recovery"),
    ] as [(Int64, String)])
  func aSignalRevertsEverything(_ milliseconds: Int64, _ phase: String) {
    let world = World(.rehearsal())
    world.at(.milliseconds(milliseconds)) { $0.report(.interrupted(signal: "SIGINT")) }
    #expect(world.run() == .aborted("interrupted by SIGINT"), "\(phase)")
    #expect(world.story.contains("interrupted SIGINT"))
    #expect(world.active == [])
    #expect(world.endings == 1)
    #expect(world.faults == [])
    #expect(world.now < .seconds(120), "it took until \(world.now)")
  }

  @Test func aSignalInTheAuditLetsItEnd() {
    let world = World(.rehearsal())
    for host in world.fleet.hosts { world.at(.seconds(10)) { $0.hosts[host.name]?.ignoresState = true } }
    world.at(.seconds(40)) { $0.report(.interrupted(signal: "SIGTERM")) }
    #expect(world.run() == .aborted("interrupted by SIGTERM"))
    #expect(world.story.count { $0.hasPrefix("residue") } == 3)
  }

  @Test func impatienceChangesNothing() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    for time in [9000, 9001, 9002, 9500] as [Int64] {
      world.at(.milliseconds(time)) { $0.report(.interrupted(signal: "SIGINT")) }
    }
    #expect(world.run() == .aborted("interrupted by SIGINT"))
    #expect(world.story.count { $0 == "reverting 3f9a_1 controller" } == 1)
    #expect(world.story.suffix(6).first == "reverted 3f9a_1 controller")
  }

  @Test func everyStepsFaultIsReverted() {
    let drop = { (name: String, host: String) in
      Step(
        name: name, trigger: .at(.zero), fault: "link.drop", target: .link(.named(host), network: "internal"),
        duration: .seconds(100))
    }
    var scenario = Scenario.rehearsal([
      drop("one", "dauntless"), drop("two", "excelsior"), drop("three", "falco"),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario)
    for host in world.hosts.values { host.pathOverLinks = false }
    world.at(.seconds(12)) { $0.report(.interrupted(signal: "SIGINT")) }
    #expect(world.run() == .aborted("interrupted by SIGINT"))
    #expect(world.story.count { $0.hasPrefix("reverted") } == 3)
    #expect(world.now < .seconds(14))
  }

  @Test func anAbortWithACutOffHostWaitsForItsDeadline() throws {
    let world = World(.rehearsal([.unplug("cut", .at(.zero), .named("falco"), seconds: 60)]))
    world.at(.seconds(14)) { $0.report(.interrupted(signal: "SIGINT")) }
    #expect(world.run() == .aborted("interrupted by SIGINT"))
    #expect(world.story.contains("reverted 3f9a_1 deadline"))
    #expect(try #require(world.time(of: "reverted 3f9a_1 deadline")) > .seconds(68))
  }

  // MARK: Guards

  @Test func aGuardOnHostsTrips() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .exceeds(.hostsDown, 1))]
    let world = World(scenario)
    world.at(.seconds(6)) { $0.cut("excelsior") }
    world.at(.seconds(30)) { $0.mend("excelsior") }
    #expect(world.run() == .aborted("guard: hosts-down > 1"))
    #expect(world.story.contains("guard hosts-down > 1"))
    #expect(world.active == [])
  }

  @Test func theFaultsOwnHostDoesNotTripIt() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .exceeds(.hostsDown, 1))]
    #expect(World(scenario).run() == .completed)
  }

  @Test func aGuardOnAProbeTripsOnceItHasFailedForLonger() throws {
    var scenario = Scenario.rehearsal([.unplug(seconds: 60)])
    scenario.guards = [.init(when: .down(probe: "website", longerThan: .seconds(5)))]
    let world = World(scenario)
    world.website = { $0.now > .seconds(10) ? .fail : .ok }
    #expect(world.run() == .aborted("guard: website down > 5s"))
    let time = try #require(world.time(of: "guard website down > 5s"))
    #expect(time > .seconds(15) && time < .seconds(16))
  }

  @Test(arguments: [
    (
      Condition.exceeds(.bricksDown, 0), StorageState(bricksOnline: 2, bricks: 3, peersConnected: 3, peers: 3)
    ),
    (
      .exceeds(.healBacklog, 10),
      StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3, healBacklog: 11)
    ),
    (
      .exceeds(.splitBrain, 0),
      StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3, splitBrain: 1)
    ),
    (
      .sees(view: "storage", object: "brick", state: .down),
      StorageState(bricksOnline: 2, bricks: 3, peersConnected: 3, peers: 3)
    ),
    (
      .sees(view: "storage", object: "peer", state: .down),
      StorageState(bricksOnline: 3, bricks: 3, peersConnected: 2, peers: 3)
    ),
  ])
  func aGuardOnStorageTrips(_ condition: Condition, _ state: StorageState) {
    var scenario = Scenario.rehearsal([.unplug(seconds: 60)], views: ["storage"])
    scenario.guards = [.init(when: condition)]
    let world = World(scenario)
    world.storage = { world in
      world.now > .seconds(12) ? state : StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
    }
    #expect(world.run() == .aborted("guard: \(condition)"))
  }

  @Test func whatAViewDoesNotKnowTripsNoGuard() {
    var scenario = Scenario.rehearsal(views: ["storage", "manager"])
    scenario.guards = [
      .init(when: .sees(view: "storage", object: "brick", state: .down)),
      .init(when: .sees(view: "manager", object: "host", state: .down)),
    ]
    let world = World(scenario)
    world.storage = { world in
      let whole = StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
      return world.story.contains("phase faults") ? StorageState(unknown: "no answer", bricks: 3) : whole
    }
    world.manager = { world in
      world.story.contains("phase faults")
        ? ManagerState(unknown: "no answer", nodes: ["falco": "offline"])
        : ManagerState(quorate: true, nodes: ["falco": "online"])
    }
    #expect(world.run() == .completed)
    #expect(!world.story.contains { $0.hasPrefix("guard") })
  }

  @Test func aGuardInRecoveryTrips() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .sees(view: "manager", object: "web", state: .down))]
    let world = World(scenario)
    world.manager = { world in
      var state = world.managerByTruth
      if world.story.contains("phase recovery") { state.resources["web"]?.blocked = true }
      return state
    }
    #expect(world.run() == .aborted("guard: manager sees web down"))
  }
}
