import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// Runs that end early.
@Suite struct AbortTests {
  /// Times in the phases of a rehearsal: 5 s of steady and 1 s of slack, 2 s of arming, 10 s of fault, 3 s of recovery.
  @Test(
    "A signal in any phase reverts every fault and ends the run once",
    arguments: [
      (0, "before any host is dialed"), (10, "in connecting"), (21, "in surveying"), (2000, "steady"),
      (6500, "arming"),
      (8500, "while the fault holds"), (11_000, "while the host is cut off"), (19_500, "in recovery"),
    ] as [(Int64, String)])
  func aSignalRevertsEverything(_ milliseconds: Int64, _ phase: String) {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.milliseconds(milliseconds)) { $0.interrupt() }
    #expect(rehearsal.run() == .aborted("interrupted by SIGINT"), "\(phase)")
    #expect(rehearsal.story.contains("interrupted SIGINT"))
    #expect(rehearsal.activeAtEnd == [])
    #expect(rehearsal.endings == 1)
    #expect(rehearsal.endedAt < .seconds(120), "it took until \(rehearsal.endedAt)")
  }

  @Test("A signal during the audit doesn't stop the audit")
  func aSignalInTheAuditLetsItEnd() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.seconds(10)) { rehearsal in
      for host in rehearsal.simulation.hosts {
        rehearsal.lose("state", to: host.name)
      }
    }
    rehearsal.at(.seconds(40)) { $0.interrupt(by: "SIGTERM") }
    #expect(rehearsal.run() == .aborted("interrupted by SIGTERM"))
    #expect(rehearsal.story.count { $0.hasPrefix("residue") } == 3)
  }

  @Test("Further signals change nothing")
  func repeatedSignals() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    for time in [9000, 9001, 9002, 9500] as [Int64] {
      rehearsal.at(.milliseconds(time)) { $0.interrupt() }
    }
    #expect(rehearsal.run() == .aborted("interrupted by SIGINT"))
    #expect(rehearsal.story.count { $0 == "reverting sim_1 controller" } == 1)
    #expect(rehearsal.story.suffix(6).first == "reverted sim_1 controller")
  }

  @Test("A signal reverts the faults of all steps")
  func everyStepsFaultIsReverted() {
    let drop = { (name: String, host: String) in
      Step(
        name: name, trigger: .at(.zero), fault: "link.drop", target: .link(.named(host), network: "internal"),
        duration: .seconds(100))
    }
    var scenario = Scenario.rehearsal([
      drop("one", "dauntless"), drop("two", "excelsior"), drop("three", "falco"),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    rehearsal.keepPaths()
    rehearsal.at(.seconds(12)) { $0.interrupt() }
    #expect(rehearsal.run() == .aborted("interrupted by SIGINT"))
    #expect(rehearsal.story.count { $0.hasPrefix("reverted") } == 3)
    #expect(rehearsal.endedAt < .seconds(14))
  }

  @Test("An aborted run waits for the deadline of a fault on a host that it can't reach")
  func anAbortWithACutOffHostWaitsForItsDeadline() throws {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .named("falco"), seconds: 60)]))
    rehearsal.at(.seconds(14)) { $0.interrupt() }
    #expect(rehearsal.run() == .aborted("interrupted by SIGINT"))
    #expect(rehearsal.story.contains("reverted sim_1 deadline"))
    #expect(try #require(rehearsal.time(of: "reverted sim_1 deadline")) > .seconds(68))
  }

  // MARK: Guards

  @Test("A guard on hosts that are down aborts the run")
  func aGuardOnHostsTrips() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .exceeds(.hostsDown, 1))]
    let rehearsal = Rehearsal(scenario)
    rehearsal.at(.seconds(6)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(30)) { $0.host("excelsior").mendCable() }
    #expect(rehearsal.run() == .aborted("guard: hosts-down > 1"))
    #expect(rehearsal.story.contains("guard hosts-down > 1"))
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test("A guard on hosts doesn't count the host that the fault itself takes down")
  func theFaultsOwnHostDoesNotTripIt() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .exceeds(.hostsDown, 1))]
    #expect(Rehearsal(scenario).run() == .completed)
  }

  @Test("A guard on a probe trips when it has failed for longer than the limit")
  func aGuardOnAProbeTripsOnceItHasFailedForLonger() throws {
    var scenario = Scenario.rehearsal([.unplug(seconds: 60)])
    scenario.guards = [.init(when: .down(probe: "website", longerThan: .seconds(5)))]
    let rehearsal = Rehearsal(scenario)
    rehearsal.website = { $0.now > .seconds(10) ? .fail : .ok }
    #expect(rehearsal.run() == .aborted("guard: website down > 5s"))
    let time = try #require(rehearsal.time(of: "guard website down > 5s"))
    #expect(time > .seconds(15) && time < .seconds(16))
  }

  @Test(
    "A guard on storage aborts the run when the view reports too large a value",
    arguments: [
      (
        Condition.exceeds(.bricksDown, 0),
        StorageState(bricksOnline: 2, bricks: 3, peersConnected: 3, peers: 3)
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
    let rehearsal = Rehearsal(scenario)
    rehearsal.storage = { rehearsal in
      rehearsal.now > .seconds(12)
        ? state : StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
    }
    #expect(rehearsal.run() == .aborted("guard: \(condition)"))
  }

  @Test("An unknown belief trips no guard")
  func unknownTripsNoGuard() {
    var scenario = Scenario.rehearsal(views: ["storage", "manager"])
    scenario.guards = [
      .init(when: .sees(view: "storage", object: "brick", state: .down)),
      .init(when: .sees(view: "manager", object: "host", state: .down)),
    ]
    let rehearsal = Rehearsal(scenario)
    rehearsal.storage = { rehearsal in
      let whole = StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
      return rehearsal.story.contains("phase faults") ? StorageState(unknown: "no answer", bricks: 3) : whole
    }
    rehearsal.manager = { rehearsal in
      rehearsal.story.contains("phase faults")
        ? ManagerState(unknown: "no answer", nodes: ["falco": "offline"])
        : ManagerState(quorate: true, nodes: ["falco": "online"])
    }
    #expect(rehearsal.run() == .completed)
    #expect(!rehearsal.story.contains { $0.hasPrefix("guard") })
  }

  @Test("A guard trips in the recovery phase too")
  func aGuardInRecoveryTrips() {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .sees(view: "manager", object: "web", state: .down))]
    let rehearsal = Rehearsal(scenario)
    rehearsal.manager = { rehearsal in
      var state = rehearsal.managerByTruth
      if rehearsal.story.contains("phase recovery") { state.resources["web"]?.blocked = true }
      return state
    }
    #expect(rehearsal.run() == .aborted("guard: manager sees web down"))
  }
}
