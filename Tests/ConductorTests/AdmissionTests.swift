import Faults
import Journal
import Scenario
import Testing

import AgentProtocol
@testable import Conductor
@testable import Simulation

/// The rules for the start of a run, which plan and run share.
@Suite struct AdmissionTests {
  private func reasons(_ rehearsal: Rehearsal) -> [String] {
    if case .refused(let reasons) = rehearsal.ending {
      reasons
    } else {
      ["not refused: \(rehearsal.ending as Any)"]
    }
  }

  private func expectNoFault(_ rehearsal: Rehearsal, _ sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      !rehearsal.deeds.contains { $0.hasPrefix("arm") || $0.hasPrefix("inject") },
      sourceLocation: sourceLocation)
  }

  /// Asks the questions of a plan, with the answers of a rehearsal's hosts.
  private func plan(
    _ scenario: Scenario, seed: UInt64 = 1, refusing: [String: String] = [:],
    missing: [String: [String]] = [:]
  ) -> Admission {
    var admission = Admission(
      scenario: scenario, fleet: .tdf, catalogue: Catalogue.builtIn, draws: TrialDraws(seed: seed),
      reachedThrough: [:])
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

  @Test("Plan and run check every host that may be chosen at random, with the same messages")
  func allHostsOfAny() {
    let scenario = Scenario.rehearsal([.unplug("cut", .at(.zero), .any)])
    for seed in 1...6 as ClosedRange<UInt64> {
      let rehearsal = Rehearsal(scenario, seed: seed)
      rehearsal.host("excelsior").missing = ["no carrier"]
      rehearsal.run()
      let plan = plan(scenario, seed: seed, missing: ["excelsior": ["no carrier"]])
      #expect(plan.refusals == ["cut on excelsior: no carrier"])
      #expect(reasons(rehearsal) == plan.refusals)
    }
  }

  @Test("Plan and run refuse for the same reasons, in the same order") func sameReasons() {
    let scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .any),
      .unplug("three", .at(.seconds(60)), .hostOf("web")),
    ])
    let rehearsal = Rehearsal(scenario)
    let held = Refusal.held(by: "root@console", since: "noon", reason: "")
    rehearsal.host("excelsior").refusal = held
    rehearsal.host("falco").missing = ["no carrier"]
    rehearsal.run()
    let plan = plan(
      scenario, refusing: ["excelsior": "\(held)"], missing: ["falco": ["no carrier"]])
    #expect(plan.refusals.count == 4)
    #expect(reasons(rehearsal) == plan.refusals)
  }

  @Test("A plan chooses the same hosts as a run with its seed, in each trial")
  func sameChoices() throws {
    // The second step begins before the first.
    var scenario = Scenario.rehearsal([
      .unplug("late", .at(.seconds(60)), .any), .unplug("early", .at(.zero), .any),
      .unplug("last", .after(step: "late", delay: .zero), .any),
    ])
    scenario.trials = 2
    var chosen: Set<[String]> = []
    for seed in 1...8 as ClosedRange<UInt64> {
      let rehearsal = Rehearsal(scenario, seed: seed)
      rehearsal.keepPaths()
      #expect(rehearsal.run() == .completed)
      let run = rehearsal.story.filter { $0.hasPrefix("chosen") }
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

  @Test("A random host is chosen from those that the fault fits") func anyThatFits() throws {
    var fleet = Fleet.tdf
    fleet.hosts[1].links["internal"] = nil
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop", target: .link(.any, network: "internal"),
      duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    for seed in 1...8 as ClosedRange<UInt64> {
      let rehearsal = Rehearsal(.rehearsal([drop]), fleet, seed: seed)
      #expect(rehearsal.run() == .completed)
      #expect(!rehearsal.deeds.contains("arm excelsior sim_1"))
    }
    for index in [0, 2] { fleet.hosts[index].links["internal"] = nil }
    let nowhere = Rehearsal(.rehearsal([drop]), fleet)
    nowhere.run()
    #expect(reasons(nowhere).map { $0.hasPrefix("drop: link.drop ") } == [true])
  }

  // MARK: Quorum behind conditions

  @Test(
    "A later step that would lose quorum is refused before the first fault",
    arguments: [
      Step.Trigger.when(.sees(view: "manager", object: "falco", state: .down)),
      .after(step: "waiting", delay: .zero),
    ])
  func quorumBehindConditions(_ trigger: Step.Trigger) {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("cut", .at(.seconds(30)), .named("falco")),
        Step(
          name: "waiting", trigger: .when(.sees(view: "manager", object: "host", state: .down)),
          fault: "vm.freeze", target: .vm("web"), duration: .seconds(5), parameters: ["mode": .word("pause")]),
        .unplug("further", trigger, .named("excelsior")),
      ]))
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal) == ["\(RunReason.tooManyHosts(taken: 2, of: 3, left: 1, quorum: 2))"])
    expectNoFault(rehearsal)
  }

  @Test("Faults on both links of one host need no beyond-quorum, and the one that cuts ssh is injected last")
  func bothLinksAtOnce() {
    func drop(_ name: String, _ network: String) -> Step {
      Step(
        name: name, trigger: .at(.zero), fault: "link.drop", target: .link(.named("falco"), network: network),
        duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    }
    let rehearsal = Rehearsal(.rehearsal([drop("one", "external"), drop("two", "internal")]))
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.deeds.filter { $0.hasPrefix("inject") } == ["inject falco sim_2", "inject falco sim_1"])
  }

  @Test("A step on a host that another step has cut off by then is refused") func unreachableLease() {
    let freeze = Step(
      name: "freeze", trigger: .at(.seconds(5)), fault: "link.drop",
      target: .link(.named("falco"), network: "internal"), duration: .seconds(1),
      parameters: ["mode": .word("carrier"), "direction": .word("both")])
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut"), freeze]))
    rehearsal.run()
    #expect(
      reasons(rehearsal) == [
        "freeze on falco: its lease can't be armed at 5s, since cut cuts off falco from 0s to 10s"
      ])
    expectNoFault(rehearsal)
  }

  // MARK: Names

  private var aliased: Fleet {
    var fleet = Fleet.tdf
    for index in fleet.hosts.indices {
      fleet.hosts[index].aliases = ["kvm\(index + 1)", "10.77.1.1\(index + 1)"]
    }
    return fleet
  }

  /// The manager of a rehearsal, whose nodes have the platform's names.
  private func byOtherNames(_ rehearsal: Rehearsal) -> ManagerState {
    let truth = rehearsal.managerByTruth
    let names = ["dauntless": "kvm1", "excelsior": "kvm2", "falco": "kvm3.example.org"]
    return ManagerState(
      quorate: true, nodes: Dictionary(uniqueKeysWithValues: truth.nodes.map { (names[$0] ?? $0, $1) }),
      resources: ["web": .init(role: "Started", nodes: ["kvm1"])])
  }

  private func begin(_ rehearsal: Rehearsal, of step: String) -> Nanoseconds? {
    rehearsal.journal.first {
      if case .stepChosen(let choice) = $0.event { choice.step == step } else { false }
    }?.at
  }

  @Test("A condition on a host is met when its node is down, by whichever name the manager uses")
  func managerConditions() throws {
    for name in ["falco", "kvm3"] {
      let freeze = Step(
        name: "freeze", trigger: .when(.sees(view: "manager", object: name, state: .down)),
        fault: "vm.freeze",
        target: .vm("web"), duration: .seconds(1), parameters: ["mode": .word("pause")])
      let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(5))), freeze]), aliased)
      rehearsal.manager = byOtherNames
      #expect(rehearsal.run() == .completed)
      #expect(try #require(begin(rehearsal, of: "freeze")) > .seconds(10), "not before falco is down")
    }
  }

  @Test("A condition on a host's storage is about its own brick or peer")
  func storageConditions() throws {
    func run(_ broken: StorageState) throws -> Rehearsal {
      let freeze = Step(
        name: "freeze", trigger: .when(.sees(view: "storage", object: "dauntless", state: .down)),
        fault: "vm.freeze", target: .vm("web"), duration: .seconds(1), parameters: ["mode": .word("pause")])
      var scenario = Scenario.rehearsal([.unplug("cut", .at(.seconds(5))), freeze])
      scenario.beyondQuorum = true
      let rehearsal = Rehearsal(scenario, aliased)
      rehearsal.manager = byOtherNames
      rehearsal.storage = { $0.now < .seconds(10) ? Self.storage([11, 12, 13], gone: nil) : broken }
      #expect(rehearsal.run() == .completed)
      return rehearsal
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
    let rehearsal = Rehearsal(.rehearsal(views: []), aliased)
    rehearsal.manager = { rehearsal in
      var state = byOtherNames(rehearsal)
      state.nodes["kvm2"] = "offline"
      return state
    }
    rehearsal.storage = { _ in
      var state = Self.storage([11, 12, 13], gone: 12)
      state.disconnected = ["10.77.1.12"]
      return state
    }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(
      reasons(rehearsal)[0].contains(
        "down already: excelsior (brick offline, disconnected, by storage; offline, by manager); that leaves 1"
      ),
      "\(reasons(rehearsal))")
  }

  @Test("A node that matches no host doesn't count if every host has its own node") func foreignNode() {
    let rehearsal = Rehearsal(.rehearsal(views: []), aliased)
    rehearsal.manager = { rehearsal in
      var state = byOtherNames(rehearsal)
      state.nodes["witness"] = "standby"
      return state
    }
    #expect(rehearsal.run() == .completed)
  }

  @Test("A condition on an object that the view doesn't show is refused with the names that it shows")
  func unknownObjects() {
    func refusal(_ condition: Condition, _ fleet: Fleet) -> [String] {
      let freeze = Step(
        name: "freeze", trigger: .when(condition), fault: "vm.freeze", target: .vm("web"),
        duration: .seconds(1), parameters: ["mode": .word("pause")])
      let rehearsal = Rehearsal(.rehearsal([freeze], views: []), fleet)
      rehearsal.manager = byOtherNames
      rehearsal.storage = { _ in Self.storage([11, 12, 13], gone: nil) }
      rehearsal.run()
      expectNoFault(rehearsal)
      return reasons(rehearsal)
    }
    let prefix = "the baseline isn't healthy: "
    #expect(
      refusal(.sees(view: "manager", object: "falco", state: .down), .tdf) == [
        prefix
          + "manager shows no node that is known to be falco: if it is kvm1, kvm2, kvm3.example.org, add that "
          + "name to the aliases of falco in the fleet"
      ])
    #expect(
      refusal(.sees(view: "storage", object: "falco", state: .down), .tdf) == [
        prefix
          + "storage shows no brick that is known to be falco: if it is 10.77.1.11, 10.77.1.12, 10.77.1.13, "
          + "add that name to the aliases of falco in the fleet"
      ])
    var fleet = aliased
    fleet.vms.append(.init(name: "shop", domain: "shop-domain"))
    #expect(
      refusal(.sees(view: "manager", object: "shop", state: .down), fleet).first?.contains(
        "manager shows no resource that is known to be shop: if it is web") == true)
  }

  @Test("A condition on a machine finds its resource by the domain's name, and a disabled resource is down")
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

  @Test("A condition on a peer is met though the bricks are unknown") func peersAlone() {
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

  @Test("A promotable clone is healthy, and has recovered only when all of its instances are back")
  func promotableClone() throws {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .named("falco"), seconds: 20)]))
    rehearsal.manager = { rehearsal in
      var state = rehearsal.managerByTruth
      let isBack = rehearsal.now < .seconds(10) || rehearsal.now > .seconds(45)
      state.resources["drbd"] = .init(
        role: "Promoted", nodes: isBack ? ["dauntless", "falco"] : ["dauntless"],
        instances: isBack ? ["dauntless": "Promoted", "falco": "Unpromoted"] : ["dauntless": "Promoted"],
        stopped: isBack ? 1 : 2)
      return state
    }
    #expect(rehearsal.run() == .completed)
    #expect(try #require(rehearsal.time(of: "recovery stable")) > .seconds(45))
  }
}
