import Faults
import Journal
import Scenario
import Testing

@testable import Agent
import AgentProtocol
@testable import Conductor

/// One rule for plan and run.
@Suite struct AdmissionTests {
  private func reasons(_ world: World) -> [String] {
    if case .refused(let reasons) = world.ending { reasons } else { ["not refused: \(world.ending as Any)"] }
  }

  private func expectNoFault(_ world: World, _ sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      !world.deeds.contains { $0.hasPrefix("arm") || $0.hasPrefix("inject") }, sourceLocation: sourceLocation)
    #expect(world.faults == [], sourceLocation: sourceLocation)
  }

  /// Asks as a plan does, and answers as a world's hosts do.
  private func plan(
    _ scenario: Scenario, seed: UInt64 = 1, refusing: [String: String] = [:],
    missing: [String: [String]] = [:]
  ) -> Admission {
    var admission = Admission(
      scenario: scenario, fleet: .tdf, catalogue: Catalogue.builtIn, seed: seed, reachedThrough: [:])
    for host in Fleet.tdf.hosts.map(\.name) {
      if let reason = refusing[host] {
        admission.take(refusal: reason, of: host)
      } else {
        admission.take(answerOf: host)
      }
    }
    admission.refuseSilentHosts()
    for check in admission.checks(running: ["dauntless": ["web"]]) {
      admission.take(
        check: check.step.name, on: check.host, cutsControlPath: false, missing: missing[check.host] ?? [])
    }
    return admission
  }

  @Test("Plan and run check every host that chance may choose, with the same words")
  func allHostsOfAny() {
    let scenario = Scenario.rehearsal([.unplug("cut", .at(.zero), .any)])
    for seed in 1...6 as ClosedRange<UInt64> {
      let world = World(scenario, seed: seed)
      world.hosts["excelsior"]?.missing = ["no carrier"]
      world.run()
      let plan = plan(scenario, seed: seed, missing: ["excelsior": ["no carrier"]])
      #expect(plan.refusals == ["cut on excelsior: no carrier"])
      #expect(reasons(world) == plan.refusals)
    }
  }

  @Test("Plan and run refuse for the same reasons, in the same order") func sameReasons() {
    let scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .any),
      .unplug("three", .at(.seconds(60)), .hostOf("web")),
    ])
    let world = World(scenario)
    world.hosts["excelsior"]?.refusesRun = "held since noon"
    world.hosts["falco"]?.missing = ["no carrier"]
    world.run()
    let plan = plan(
      scenario, refusing: ["excelsior": "held since noon"], missing: ["falco": ["no carrier"]])
    #expect(plan.refusals.count == 4)
    #expect(reasons(world) == plan.refusals)
  }

  @Test("A plan chooses what a run with its seed chooses, in each trial and in whatever order steps begin")
  func sameChoices() throws {
    // The second step begins before the first.
    var scenario = Scenario.rehearsal([
      .unplug("late", .at(.seconds(60)), .any), .unplug("early", .at(.zero), .any),
      .unplug("last", .after(step: "late", delay: .zero), .any),
    ])
    scenario.trials = 2
    var chosen: Set<[String]> = []
    for seed in 1...8 as ClosedRange<UInt64> {
      let world = World(scenario, seed: seed)
      #expect(world.run() == .completed)
      let run = world.story.filter { $0.hasPrefix("chosen") }
      let plan = plan(scenario, seed: seed)
      let planned = try (1...2).flatMap { trial in
        try [1, 0, 2].map { index in
          let step = scenario.timeline[index]
          let choice = try plan.choice(of: step, trial: trial, running: [:])
          return "chosen \(step.name) \(choice.assignments[0].site.name)"
        }
      }
      #expect(run == planned, "seed \(seed)")
      chosen.insert(run)
    }
    #expect(chosen.count > 4, "seeds make a difference")
  }

  @Test("Any host is one that the fault fits") func anyThatFits() throws {
    var fleet = Fleet.tdf
    fleet.hosts[1].links["internal"] = nil
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop", target: .link(.any, network: "internal"),
      duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    for seed in 1...8 as ClosedRange<UInt64> {
      let world = World(.rehearsal([drop]), fleet, seed: seed)
      #expect(world.run() == .completed)
      #expect(!world.deeds.contains("arm excelsior 3f9a_1"))
    }
    for index in [0, 2] { fleet.hosts[index].links["internal"] = nil }
    let nowhere = World(.rehearsal([drop]), fleet)
    nowhere.run()
    #expect(reasons(nowhere) == ["drop: link.drop can be done on no host of the fleet"])
  }

  // MARK: Quorum behind conditions

  @Test(
    "Quorum that a later step would lose is found before the first fault",
    arguments: [
      Step.Trigger.when(.sees(view: "manager", object: "falco", state: .down)),
      .after(step: "waiting", delay: .zero),
    ])
  func quorumBehindConditions(_ trigger: Step.Trigger) {
    let world = World(
      .rehearsal([
        .unplug("cut", .at(.seconds(30)), .named("falco")),
        Step(
          name: "waiting", trigger: .when(.sees(view: "manager", object: "host", state: .down)),
          fault: "vm.freeze", target: .vm("web"), duration: .seconds(5), parameters: ["mode": .word("pause")]),
        .unplug("further", trigger, .named("excelsior")),
      ]))
    world.run()
    #expect(reasons(world).count == 1)
    #expect(reasons(world)[0].contains("2 of 3 hosts"))
    expectNoFault(world)
  }

  @Test("Both links of one host at once need no beyond-quorum, and the one that cuts ssh comes last")
  func bothLinksAtOnce() {
    func drop(_ name: String, _ network: String) -> Step {
      Step(
        name: name, trigger: .at(.zero), fault: "link.drop", target: .link(.named("falco"), network: network),
        duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    }
    let world = World(.rehearsal([drop("one", "external"), drop("two", "internal")]))
    world.cutsPath = { $0.footprint.links == ["eth0"] }
    #expect(world.run() == .completed)
    #expect(
      world.deeds.filter { $0.hasPrefix("inject") } == ["inject falco 3f9a_2", "inject falco 3f9a_1"])
    #expect(world.faults == [])
  }

  @Test("A step on a host that another step cuts off by then is refused") func unreachableLease() {
    let freeze = Step(
      name: "freeze", trigger: .at(.seconds(5)), fault: "link.drop",
      target: .link(.named("falco"), network: "internal"), duration: .seconds(1),
      parameters: ["mode": .word("carrier"), "direction": .word("both")])
    let world = World(.rehearsal([.unplug("cut"), freeze]))
    world.run()
    #expect(
      reasons(world) == [
        "freeze on falco: its lease can't be taken at 5s, since cut cuts off falco from 0s to 10s"
      ])
    expectNoFault(world)
  }

  // MARK: Names

  private var aliased: Fleet {
    var fleet = Fleet.tdf
    for index in fleet.hosts.indices {
      fleet.hosts[index].aliases = ["kvm\(index + 1)", "10.77.1.1\(index + 1)"]
    }
    return fleet
  }

  /// The manager of a world whose nodes have the platform's names.
  private func byOtherNames(_ world: World) -> ManagerState {
    let truth = world.managerByTruth
    let names = ["dauntless": "kvm1", "excelsior": "kvm2", "falco": "kvm3.example.org"]
    return ManagerState(
      quorate: true, nodes: Dictionary(uniqueKeysWithValues: truth.nodes.map { (names[$0] ?? $0, $1) }),
      resources: ["web": .init(role: "Started", nodes: ["kvm1"])])
  }

  private func begin(_ world: World, of step: String) -> Nanoseconds? {
    world.journal.first {
      if case .stepChosen(let choice) = $0.event { choice.step == step } else { false }
    }?.at
  }

  @Test("A condition on a host starts when its node is down, whatever the manager calls it")
  func managerConditions() throws {
    for name in ["falco", "kvm3"] {
      let freeze = Step(
        name: "freeze", trigger: .when(.sees(view: "manager", object: name, state: .down)),
        fault: "vm.freeze",
        target: .vm("web"), duration: .seconds(1), parameters: ["mode": .word("pause")])
      let world = World(.rehearsal([.unplug("cut", .at(.seconds(5))), freeze]), aliased)
      world.manager = byOtherNames
      #expect(world.run() == .completed)
      #expect(try #require(begin(world, of: "freeze")) > .seconds(10), "not before falco is down")
    }
  }

  @Test("A condition on a host's storage is about its own brick or peer")
  func storageConditions() throws {
    func run(_ broken: StorageState) throws -> World {
      let freeze = Step(
        name: "freeze", trigger: .when(.sees(view: "storage", object: "dauntless", state: .down)),
        fault: "vm.freeze", target: .vm("web"), duration: .seconds(1), parameters: ["mode": .word("pause")])
      var scenario = Scenario.rehearsal([.unplug("cut", .at(.seconds(5))), freeze])
      scenario.beyondQuorum = true
      let world = World(scenario, aliased)
      world.manager = byOtherNames
      world.storage = { $0.now < .seconds(10) ? Self.storage([11, 12, 13], gone: nil) : broken }
      #expect(world.run() == .completed)
      return world
    }
    #expect(begin(try run(Self.storage([11, 12, 13], gone: 13)), of: "freeze") == nil, "falco's brick")
    #expect(begin(try run(Self.storage([11, 12, 13], gone: 11)), of: "freeze") != nil, "dauntless's brick")
    var peer = Self.storage([11, 12, 13], gone: nil)
    peer.peersConnected = 2
    peer.disconnected = ["kvm1"]
    #expect(begin(try run(peer), of: "freeze") != nil, "dauntless as a peer")
  }

  private static func storage(_ bricks: [Int], gone: Int?) -> StorageState {
    StorageState(
      bricksOnline: bricks.count - (gone == nil ? 0 : 1), bricks: bricks.count, peersConnected: 3, peers: 3,
      bricksByName: Dictionary(uniqueKeysWithValues: bricks.map { ("10.77.1.\($0):/bricks/vms", $0 != gone) })
    )
  }

  @Test("Quorum counts a host once by all names that views have for it, and a missing brick too")
  func quorumByNames() {
    let world = World(.rehearsal(views: []), aliased)
    world.manager = { world in
      var state = byOtherNames(world)
      state.nodes["kvm2"] = "offline"
      return state
    }
    world.storage = { _ in
      var state = Self.storage([11, 12, 13], gone: 12)
      state.disconnected = ["10.77.1.12"]
      return state
    }
    world.run()
    #expect(reasons(world).count == 1)
    #expect(
      reasons(world)[0].contains(
        "down already: excelsior (brick offline, disconnected, by storage; offline, by manager); that leaves 1"
      ),
      "\(reasons(world))")
  }

  @Test("A node beside those of all the fleet's hosts is none of the fleet's") func foreignNode() {
    let world = World(.rehearsal(views: []), aliased)
    world.manager = { world in
      var state = byOtherNames(world)
      state.nodes["witness"] = "standby"
      return state
    }
    #expect(world.run() == .completed)
  }

  @Test("A condition on what a view does not show is refused, with the names that it shows")
  func unknownObjects() {
    func refusal(_ condition: Condition, _ fleet: Fleet) -> [String] {
      let freeze = Step(
        name: "freeze", trigger: .when(condition), fault: "vm.freeze", target: .vm("web"),
        duration: .seconds(1), parameters: ["mode": .word("pause")])
      let world = World(.rehearsal([freeze], views: []), fleet)
      world.manager = byOtherNames
      world.storage = { _ in Self.storage([11, 12, 13], gone: nil) }
      world.run()
      expectNoFault(world)
      return reasons(world)
    }
    let prefix = "the baseline isn't healthy: "
    #expect(
      refusal(.sees(view: "manager", object: "falco", state: .down), .tdf) == [
        prefix
          + "manager shows no node that is known to be falco: if it is kvm1, kvm2, kvm3.example.org, write that "
          + "into the aliases of falco in the fleet"
      ])
    #expect(
      refusal(.sees(view: "storage", object: "falco", state: .down), .tdf) == [
        prefix
          + "storage shows no brick that is known to be falco: if it is 10.77.1.11, 10.77.1.12, 10.77.1.13, "
          + "write that into the aliases of falco in the fleet"
      ])
    var fleet = aliased
    fleet.vms.append(.init(name: "shop", domain: "shop-domain"))
    #expect(
      refusal(.sees(view: "manager", object: "shop", state: .down), fleet).first?.contains(
        "manager shows no resource that is known to be shop: if it is web") == true)
  }

  @Test("A condition on a virtual machine sees its resource by the domain's name, and a disabled one as down")
  func machineConditions() {
    var views = PlatformViews(
      of: {
        var fleet = Fleet.tdf
        fleet.vms = [.init(name: "shop", domain: "shop-domain")]
        return fleet
      }())
    for (resource, isDown) in [
      (ManagerState.Resource(role: "Started", nodes: ["falco"]), false),
      (.init(role: "Stopped", nodes: []), true), (.init(role: "Stopped", nodes: [], target: "Stopped"), true),
      (.init(role: "Started", nodes: ["falco"], failed: true), true),
    ] {
      _ = views.take(
        .manager(ManagerState(quorate: true, resources: ["shop-domain": resource])), of: "manager")
      #expect(views.sees("manager", "shop", .down) == isDown)
      #expect(views.sees("manager", "shop", .up) == !isDown)
    }
    _ = views.take(.manager(ManagerState(quorate: true)), of: "manager")
    #expect(!views.sees("manager", "shop", .down) && !views.sees("manager", "shop", .up))
  }

  @Test("Peers are seen where bricks are not known") func peersAlone() {
    var views = PlatformViews(of: .tdf)
    _ = views.take(
      .storage(StorageState(unknown: "no answer", peersConnected: 2, peers: 3, disconnected: ["falco"])),
      of: "storage")
    #expect(views.sees("storage", "peer", .down) && views.sees("storage", "falco", .down))
    #expect(views.sees("storage", "host", .down))
    #expect(!views.sees("storage", "brick", .down) && !views.sees("storage", "brick", .up))
    #expect(!views.sees("storage", "dauntless", .up))
  }

  // MARK: Instances

  @Test("A promotable clone's platform is well, and recovered only when all of its instances are back")
  func promotableClone() throws {
    let world = World(.rehearsal([.unplug("cut", .at(.zero), .named("falco"), seconds: 20)]))
    world.manager = { world in
      var state = world.managerByTruth
      let isBack = world.now < .seconds(10) || world.now > .seconds(45)
      state.resources["drbd"] = .init(
        role: "Promoted", nodes: isBack ? ["dauntless", "falco"] : ["dauntless"],
        instances: isBack ? ["dauntless": "Promoted", "falco": "Unpromoted"] : ["dauntless": "Promoted"],
        stopped: isBack ? 1 : 2)
      return state
    }
    #expect(world.run() == .completed)
    #expect(try #require(world.time(of: "recovery stable")) > .seconds(45))
  }
}
