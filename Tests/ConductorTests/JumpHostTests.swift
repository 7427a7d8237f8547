import Journal
import Scenario
import Testing

@testable import Conductor

/// Hosts that ssh reaches through a host of the fleet.
@Suite struct JumpHostTests {
  private static let behind = ["excelsior": ["dauntless"], "falco": ["dauntless"]]

  /// The jump host is cut for ten seconds, and with it the way to the others, which live on.
  private func world(
    _ timeline: [Step], guards: [Condition] = [], reachedThrough: [String: [String]] = behind
  ) -> World {
    var scenario = Scenario.rehearsal(timeline)
    scenario.guards = guards.map(Scenario.Guard.init(when:))
    let world = World(scenario, reachedThrough: reachedThrough)
    let moment = Nanoseconds.seconds(9)
    world.at(moment) { world in for host in ["excelsior", "falco"] { world.cut(host) } }
    world.at(moment + .seconds(16)) { world in for host in ["excelsior", "falco"] { world.mend(host) } }
    return world
  }

  private let cut = Step.unplug("cut", .at(.zero), .named("dauntless"), seconds: 10)

  @Test("What is behind a cut jump host is not counted as down") func guards() {
    let condition = Condition.exceeds(.hostsDown, 1)
    let known = world([cut], guards: [condition])
    #expect(known.run() == .completed)
    #expect(known.faults == [])
    // Without the knowledge of the way, they count.
    let unknown = world([cut], guards: [condition], reachedThrough: [:])
    #expect(unknown.run() == .aborted("guard: hosts-down > 1"))
  }

  @Test("The loss of a host behind a cut jump host is not reported as the platform's") func reasons() {
    let world = world([cut])
    #expect(world.run() == .completed)
    let lost = world.journal.compactMap { entry -> String? in
      if case .hostLost(let host, let reason) = entry.event { "\(host): \(reason)" } else { nil }
    }
    #expect(
      Set(lost) == [
        "dauntless: no answer for 4 s",
        "excelsior: no answer for 4 s; it is reached through dauntless, which is cut off: whether excelsior is up "
          + "isn't known",
        "falco: no answer for 4 s; it is reached through dauntless, which is cut off: whether falco is up isn't known",
      ])
  }

  @Test("Quorum is kept by hosts that are merely out of reach") func quorum() {
    // Armed and injected just after the jump host is back, before the others answer again.
    var further = Step.unplug("further", .after(step: "cut", delay: .seconds(3)), .named("dauntless"))
    further.duration = .seconds(5)
    let known = world([cut, further])
    #expect(known.run() == .completed)
    #expect(known.deeds.filter { $0.hasPrefix("inject") }.count == 2)
    let unknown = world([cut, further], reachedThrough: [:])
    guard case .aborted(let reason) = unknown.run() else {
      Issue.record("\(unknown.ending as Any)")
      return
    }
    #expect(reason.contains("would leave"))
  }

  @Test("What a view shows down is down, however ssh reaches it") func views() {
    let world = world([cut], guards: [.exceeds(.hostsDown, 1)])
    var broken = BrokenHosts(of: .tdf, silent: [], views: PlatformViews(of: .tdf))
    #expect(broken.isEmpty)
    var views = PlatformViews(of: .tdf)
    _ = views.take(.manager(ManagerState(quorate: true, nodes: ["falco": "offline"])), of: "manager")
    broken = BrokenHosts(of: .tdf, silent: [], views: views)
    #expect("\(broken)" == "falco (offline, by manager)")
    _ = world
  }

  @Test("A host that stays away after the jump host is back counts after a while") func staysAway() {
    var scenario = Scenario.rehearsal([cut])
    scenario.guards = [.init(when: .exceeds(.hostsDown, 0))]
    scenario.recovery.noProgress = .seconds(100)
    // dauntless itself is cut by hand and comes back; falco never does.
    scenario.timeline = [Step.unplug("late", .at(.seconds(200)), .named("excelsior"))]
    let world = World(scenario, reachedThrough: ["falco": ["dauntless"]])
    world.at(.seconds(9)) { $0.cut("falco") }
    #expect(world.run() == .aborted("guard: hosts-down > 0"), "nothing is in the way of falco")
  }

  @Test("A lease behind a cut jump host is waited for until that one is back") func leases() {
    // falco's link carries no control path, and its fault ends while the way to it is cut for three minutes.
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named("falco"), network: "internal"), duration: .seconds(5),
      parameters: ["mode": .word("carrier"), "direction": .word("both")])
    var scenario = Scenario.rehearsal([
      drop, .unplug("cut", .at(.seconds(1)), .named("dauntless"), seconds: 180),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario, reachedThrough: ["falco": ["dauntless"]])
    world.hosts["falco"]?.pathOverLinks = false
    world.at(.seconds(10)) { $0.cut("falco") }
    world.at(.seconds(195)) { $0.mend("falco") }
    #expect(world.run() == .completed)
    #expect(world.faults == [])
  }
}
