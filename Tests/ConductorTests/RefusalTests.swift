import Faults
import Journal
import Scenario
import Testing

@testable import Agent
import AgentProtocol
@testable import Conductor

/// Runs that must not begin.
@Suite struct RefusalTests {
  /// Nothing was broken: no lease was taken, and no phase of faults began.
  private func expectUntouched(_ world: World, _ sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      !world.deeds.contains { $0.hasPrefix("arm") || $0.hasPrefix("inject") }, sourceLocation: sourceLocation)
    #expect(!world.story.contains("phase faults"), sourceLocation: sourceLocation)
    #expect(world.deeds.last == "finish", sourceLocation: sourceLocation)
    #expect(world.faults == [], sourceLocation: sourceLocation)
  }

  private func reasons(_ world: World) -> [String] {
    if case .refused(let reasons) = world.ending { reasons } else { ["not refused: \(world.ending as Any)"] }
  }

  @Test func anUnhealthyBaselineNamesAllThatIsUnwell() {
    let world = World(.rehearsal(views: ["storage", "manager"]))
    world.website = { _ in .fail }
    world.storage = { _ in
      StorageState(bricksOnline: 2, bricks: 3, peersConnected: 3, peers: 3, healBacklog: 4)
    }
    world.manager = { _ in
      ManagerState(
        quorate: false, nodes: ["falco": "offline", "dauntless": "online"],
        resources: ["web": .init(role: "Started", nodes: ["falco"], failed: true)])
    }
    world.run()
    let reasons = reasons(world)
    #expect(reasons.count == 4)
    #expect(reasons.allSatisfy { $0.hasPrefix("the baseline isn't healthy: ") })
    #expect(reasons[0].contains("website") && reasons[0].contains("refused"))
    #expect(reasons[1].contains("2 of 3 bricks") && reasons[1].contains("4 to heal"))
    #expect(
      reasons[2].contains("no quorum") && reasons[2].contains("falco offline")
        && reasons[2].contains("web Started on falco (failed)"))
    #expect(reasons[3].contains("falco (offline, by manager), quorum itself, by manager"))
    expectUntouched(world)
    #expect(world.deeds.suffix(2) == ["stop probes", "finish"])
    #expect(world.story.last == "baseline unwell")
  }

  @Test func aViewThatKnowsNothingIsUnwell() {
    let world = World(.rehearsal(views: ["storage", "manager"]))
    world.storage = { _ in StorageState(unknown: "gluster: no answer in time") }
    world.run()
    #expect(reasons(world) == ["the baseline isn't healthy: storage: gluster: no answer in time"])
    expectUntouched(world)
  }

  @Test func aHostThatIsLostInTheSteadyPhaseIsUnwell() {
    let world = World(.rehearsal())
    world.at(.seconds(1)) { $0.cut("excelsior") }
    world.run()
    #expect(reasons(world).count == 2)
    #expect(reasons(world)[0] == "the baseline isn't healthy: excelsior: no answer")
    #expect(reasons(world)[1].contains("down already: excelsior (no answer); that leaves 1, quorum is 2"))
    expectUntouched(world)
  }

  @Test func whatHostsLackIsReportedAtOnce() {
    let world = World(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(60)), .named("excelsior")),
      ]))
    world.hosts["falco"]?.missing = ["no carrier", "no netdev hooks"]
    world.hosts["excelsior"]?.missing = ["/etc/murphy/agent.json doesn't allow link eth1"]
    world.run()
    #expect(
      Set(reasons(world)) == [
        "one on falco: no carrier", "one on falco: no netdev hooks",
        "two on excelsior: /etc/murphy/agent.json doesn't allow link eth1",
      ])
    expectUntouched(world)
  }

  /// Hosts that refuse the run, hosts that lack something, what an earlier run left, and the file's own mistake.
  @Test func reasonsOfAllKindsAndHostsComeInOneRefusal() {
    let world = World(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .named("excelsior")),
        .unplug("three", .at(.seconds(60)), .hostOf("web")),
      ]))
    world.hosts["dauntless"]?.refusesRun =
      "held since noon by root@console; when runs may go on, run murphy release"
    world.hosts["falco"]?.missing = ["no carrier", "no netdev hooks"]
    world.hosts["excelsior"]?.missing = ["/etc/murphy/agent.json doesn't allow link eth1"]
    world.hosts["excelsior"]?.foreignLeases = [
      LeaseStatus(lease: "x_1", run: "earlier", fault: "link.drop", object: "eth1 (silent)", boot: "boot")
    ]
    world.run()
    let reasons = reasons(world)
    #expect(
      Set(reasons.dropFirst()) == [
        "dauntless: held since noon by root@console; when runs may go on, run murphy release",
        "excelsior: link.drop of run earlier may still be active (eth1 (silent)): run murphy recover",
        "one on falco: no carrier", "one on falco: no netdev hooks",
        "two on excelsior: /etc/murphy/agent.json doesn't allow link eth1",
      ], "\(reasons)")
    // The host of web isn't known while dauntless refuses: that is no further reason.
    #expect(reasons.count == 6)
    #expect(reasons[0].contains("3 of 3 hosts") || reasons[0].contains("2 of 3 hosts"))
    expectUntouched(world)
  }

  @Test func aHostThatLetsGoLateIsRefusedAllTheSame() {
    let world = World(.rehearsal())
    world.hosts["dauntless"]?.refusesRun = "run other has this host"
    world.delay = .milliseconds(200)
    for moment in 1...20 as ClosedRange<Int64> {
      world.at(.milliseconds(moment * 50)) { world in
        if world.journal.contains(where: { if case .hostSurveyed = $0.event { true } else { false } }) {
          world.hosts["dauntless"]?.refusesRun = nil
        }
      }
    }
    world.run()
    #expect(reasons(world) == ["dauntless: run other has this host"])
    expectUntouched(world)
  }

  @Test func ofHostsLeftToChanceNoneMayLackAnything() {
    for seed in 1...8 as ClosedRange<UInt64> {
      let world = World(.rehearsal([.unplug("cut", .at(.zero), .any)]), seed: seed)
      world.hosts["excelsior"]?.missing = ["no carrier"]
      world.run()
      #expect(reasons(world) == ["cut on excelsior: no carrier"], "seed \(seed)")
    }
  }

  @Test func aStepThatFitsNowhereIsRefused() {
    let world = World(.rehearsal([.unplug("cut", .at(.zero), .hostOf("web"))]))
    world.hosts["dauntless"]?.running = []
    world.run()
    #expect(reasons(world).count == 1)
    #expect(reasons(world)[0].contains("web runs on no host that answers"))
    expectUntouched(world)
  }

  @Test func everyHostThatRefusesTheRunIsNamedOnce() {
    let world = World(.rehearsal())
    world.hosts["dauntless"]?.refusesRun = "run other has this host"
    world.hosts["falco"]?.refusesRun = "no policy"
    world.run()
    #expect(reasons(world).sorted() == ["dauntless: run other has this host", "falco: no policy"])
    expectUntouched(world)
  }

  @Test func aHostThatNeverAnswersIsNamed() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.isDead = true
    world.run(until: .seconds(100))
    #expect(reasons(world) == ["falco: no answer within 20s over ssh root@falco"])
    expectUntouched(world)
  }

  @Test(arguments: ["survey", "check"])
  func aHostThatFallsSilentBeforeTheRunBeginsIsNamed(_ question: String) {
    let world = World(.rehearsal())
    // It answers the hello and then nothing more.
    world.at(question == "survey" ? .milliseconds(6) : .milliseconds(11)) { $0.hosts["falco"]?.isDead = true }
    world.run(until: .seconds(300))
    let reasons = reasons(world)
    #expect(reasons.count == 1)
    #expect(reasons[0].contains("falco") && reasons[0].contains("no answer"))
    expectUntouched(world)
  }

  @Test func anEarlierRunsLeaseIsRefused() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.foreignLeases = [
      LeaseStatus(lease: "x_1", run: "earlier", fault: "link.drop", object: "eth1 (silent)", boot: "boot")
    ]
    world.run()
    #expect(
      reasons(world) == [
        "falco: link.drop of run earlier may still be active (eth1 (silent)): run murphy recover"
      ])
    expectUntouched(world)
  }

  // MARK: Quorum

  private let both: [Step] = [
    .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .named("excelsior")),
  ]

  @Test func moreHostsThanQuorumAllowsAreRefused() {
    let world = World(.rehearsal(both))
    world.run()
    #expect(reasons(world).count == 1)
    #expect(reasons(world)[0].contains("2 of 3 hosts") && reasons(world)[0].contains("beyond-quorum: true"))
    expectUntouched(world)
  }

  @Test func unlessTheScenarioSaysSo() {
    var scenario = Scenario.rehearsal(both)
    scenario.beyondQuorum = true
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(world.deeds.filter { $0.hasPrefix("inject") }.count == 2)
  }

  @Test(arguments: [
    (Step.Trigger.at(.seconds(10)), HostSelector.named("excelsior"), 1),
    (.at(.seconds(9)), .named("excelsior"), 2), (.at(.zero), .named("falco"), 1), (.at(.zero), .any, 2),
    (.at(.zero), .hostOf("web"), 2), (.after(step: "one", delay: .zero), .named("excelsior"), 1),
    (.when(.exceeds(.hostsDown, 0)), .named("excelsior"), 2),
  ])
  func theBudgetCountsHostsThatAreTakenAtOneTime(
    _ trigger: Step.Trigger, _ selector: HostSelector, _ taken: Int
  ) {
    let scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco"), seconds: 10),
      .unplug("two", trigger, selector, seconds: 10),
    ])
    let budget = HostBudget(scenario, in: .tdf, of: Catalogue.builtIn)
    #expect(budget.taken == taken)
    #expect(budget.left == 3 - taken)
    #expect(budget.isKept == (taken == 1))
  }

  @Test func aFaultThatTakesNoHostCostsNothing() {
    let freeze = Step(
      name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
    #expect(HostBudget(.rehearsal([.unplug(), freeze]), in: .tdf, of: Catalogue.builtIn).taken == 1)
  }

  /// What views show before the first fault counts, also where the scenario doesn't measure by them.
  @Test(arguments: [
    ("offline", "excelsior", "excelsior (offline, by manager)"),
    ("unclean", "EXCELSIOR.example.org", "excelsior (unclean, by manager)"),
    ("standby", "node2", "node node2 (standby, by manager)"),
  ])
  func aHostThatTheManagerHasLostCounts(_ state: String, _ node: String, _ words: String) {
    let manager = ManagerState(quorate: true, nodes: ["dauntless": "online", "falco": "online", node: state])
    let world = World(.rehearsal(views: []))
    world.manager = { _ in manager }
    world.run()
    #expect(reasons(world).count == 1)
    #expect(
      reasons(world)[0].contains("down already: \(words); that leaves 1, quorum is 2"), "\(reasons(world))")
    expectUntouched(world)

    var beyond = Scenario.rehearsal(views: [])
    beyond.beyondQuorum = true
    let daring = World(beyond)
    daring.manager = { _ in manager }
    #expect(daring.run() == .completed)
  }

  /// To take what is down already costs nothing more; nor does a fault that takes no host.
  @Test func whatIsDownAlreadyIsCountedOnce() {
    for step in [
      Step.unplug("cut", .at(.zero), .named("excelsior")),
      Step(
        name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10)),
    ] {
      let world = World(.rehearsal([step], views: []))
      world.manager = { _ in ManagerState(quorate: true, nodes: ["excelsior": "offline"]) }
      #expect(world.run() == .completed, "\(step.name)")
    }
  }

  @Test func aClusterWithoutQuorumLosesNoFurtherHost() {
    let world = World(.rehearsal(views: []))
    world.manager = { _ in ManagerState(quorate: false, nodes: ["excelsior": "online"]) }
    world.run()
    #expect(reasons(world).count == 1)
    #expect(reasons(world)[0].contains("quorum itself, by manager"))
    expectUntouched(world)
  }

  @Test(arguments: [
    ("excelsior", "excelsior (disconnected, by storage)"),
    ("10.77.1.12", "peer 10.77.1.12 (disconnected, by storage)"),
  ])
  func aPeerThatStorageHasLostCounts(_ peer: String, _ words: String) {
    let world = World(.rehearsal(views: []))
    world.storage = { _ in StorageState(peersConnected: 2, peers: 3, disconnected: [peer]) }
    world.run()
    #expect(reasons(world).count == 1)
    #expect(reasons(world)[0].contains("down already: \(words); that leaves 1"), "\(reasons(world))")
    expectUntouched(world)
  }

  /// A peer by an address of its own may be the host that is known to be gone: one host, not two.
  @Test func oneHostByTwoNamesIsOne() {
    var fleet = Fleet.tdf
    fleet.quorum = 1
    let world = World(.rehearsal([.unplug("cut", .at(.seconds(20)))], views: []), fleet)
    world.storage = { world in
      world.now < .seconds(12)
        ? StorageState(peersConnected: 3, peers: 3)
        : StorageState(peersConnected: 2, peers: 3, disconnected: ["10.77.1.12"])
    }
    world.at(.seconds(10)) { $0.cut("excelsior") }
    world.at(.seconds(60)) { $0.mend("excelsior") }
    #expect(world.run() == .completed)
    #expect(world.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aHostThatIsLostToTheManagerLaterCounts() {
    let world = World(.rehearsal([.unplug("cut", .at(.seconds(20)))], views: []))
    world.manager = { world in
      ManagerState(quorate: true, nodes: ["excelsior": world.now < .seconds(15) ? "online" : "offline"])
    }
    world.run()
    guard case .aborted(let reason) = world.ending else {
      Issue.record("\(world.ending as Any)")
      return
    }
    #expect(reason.contains("quorum") && reason.contains("excelsior (offline, by manager)"))
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
    #expect(world.voids.count == 1)
  }

  @Test func aHostThatIsLostAlreadyCounts() {
    // One host goes down by itself, three seconds before the fault would take another.
    let world = World(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    world.at(.seconds(10)) { $0.cut("excelsior") }
    world.at(.seconds(200)) { $0.mend("excelsior") }
    world.run()
    guard case .aborted(let reason) = world.ending else {
      Issue.record("\(world.ending as Any)")
      return
    }
    #expect(reason.contains("quorum") && reason.contains("excelsior"))
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
    #expect(world.voids.count == 1)
    #expect(world.faults == [])
  }

  @Test func aHostThatIsLostBetweenArmingAndTheFaultCounts() {
    let world = World(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    // Armed at 25.1 s or so, injected at 27.1; lost four seconds after its cable went.
    world.at(.milliseconds(22_500)) { $0.cut("excelsior") }
    world.at(.seconds(60)) { $0.mend("excelsior") }
    world.run()
    #expect(world.deeds.contains("arm falco 3f9a_1"))
    #expect(!world.deeds.contains("inject falco 3f9a_1"))
    guard case .aborted(let reason) = world.ending else {
      Issue.record("\(world.ending as Any)")
      return
    }
    #expect(reason.contains("quorum"))
    #expect(world.faults == [])
  }

  @Test func aHostThatIsBackByTheTimeOfTheFaultDoesNotCount() {
    // A link that doesn't carry the control path: its end is known at once, one second before the next fault.
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named("excelsior"), network: "internal"),
      duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    let world = World(.rehearsal([drop, .unplug("cut", .at(.seconds(11)))]))
    world.hosts["excelsior"]?.pathOverLinks = false
    #expect(world.run() == .completed)
    #expect(world.deeds.contains("inject falco 3f9a_2"))
    #expect(world.faults == [])
  }
}
