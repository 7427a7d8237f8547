import Faults
import Journal
import Scenario
import Testing

import AgentProtocol
@testable import Conductor
@testable import Simulation

/// Runs that must not begin.
@Suite struct RefusalTests {
  /// Nothing was broken: no lease was taken, and no phase of faults began.
  private func expectUntouched(_ rehearsal: Rehearsal, _ sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      !rehearsal.deeds.contains { $0.hasPrefix("arm") || $0.hasPrefix("inject") },
      sourceLocation: sourceLocation)
    #expect(!rehearsal.story.contains("phase faults"), sourceLocation: sourceLocation)
    #expect(rehearsal.deeds.last == "finish", sourceLocation: sourceLocation)
  }

  private func reasons(_ rehearsal: Rehearsal) -> [String] {
    if case .refused(let reasons) = rehearsal.ending {
      reasons
    } else {
      ["not refused: \(rehearsal.ending as Any)"]
    }
  }

  @Test func anUnhealthyBaselineNamesAllThatIsUnwell() {
    let rehearsal = Rehearsal(.rehearsal(views: ["storage", "manager"]))
    rehearsal.website = { _ in .fail }
    rehearsal.storage = { _ in
      StorageState(bricksOnline: 2, bricks: 3, peersConnected: 3, peers: 3, healBacklog: 4)
    }
    rehearsal.manager = { _ in
      ManagerState(
        quorate: false, nodes: ["falco": "offline", "dauntless": "online"],
        resources: ["web": .init(role: "Started", nodes: ["falco"], failed: true)])
    }
    rehearsal.run()
    let reasons = reasons(rehearsal)
    #expect(reasons.count == 4)
    #expect(reasons.allSatisfy { $0.hasPrefix("the baseline isn't healthy: ") })
    #expect(reasons[0].contains("website") && reasons[0].contains("refused"))
    #expect(reasons[1].contains("2 of 3 bricks") && reasons[1].contains("4 to heal"))
    #expect(
      reasons[2].contains("no quorum") && reasons[2].contains("falco offline")
        && reasons[2].contains("web Started on falco (failed)"))
    #expect(reasons[3].contains("falco (offline, by manager), quorum itself, by manager"))
    expectUntouched(rehearsal)
    #expect(rehearsal.deeds.suffix(2) == ["stop probes", "finish"])
    #expect(rehearsal.story.last == "baseline unwell")
  }

  @Test func aViewThatKnowsNothingIsUnwell() {
    let rehearsal = Rehearsal(.rehearsal(views: ["storage", "manager"]))
    rehearsal.storage = { _ in StorageState(unknown: "gluster: no answer in time") }
    rehearsal.run()
    #expect(reasons(rehearsal) == ["the baseline isn't healthy: storage: gluster: no answer in time"])
    expectUntouched(rehearsal)
  }

  @Test func aHostThatIsLostInTheSteadyPhaseIsUnwell() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.seconds(1)) { $0.host("excelsior").cutCable() }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 2)
    #expect(reasons(rehearsal)[0] == "the baseline isn't healthy: excelsior: no answer")
    #expect(reasons(rehearsal)[1].contains("down already: excelsior (no answer); that leaves 1, quorum is 2"))
    expectUntouched(rehearsal)
  }

  @Test func whatHostsLackIsReportedAtOnce() {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(60)), .named("excelsior")),
      ]))
    rehearsal.host("falco").missing = ["no carrier", "no netdev hooks"]
    rehearsal.host("excelsior").missing = ["/etc/murphy/agent.json doesn't allow link eth1"]
    rehearsal.run()
    #expect(
      Set(reasons(rehearsal)) == [
        "one on falco: no carrier", "one on falco: no netdev hooks",
        "two on excelsior: /etc/murphy/agent.json doesn't allow link eth1",
      ])
    expectUntouched(rehearsal)
  }

  /// Hosts that refuse the run, hosts that lack something, what an earlier run left, and the file's own mistake.
  @Test func reasonsOfAllKindsAndHostsComeInOneRefusal() {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .named("excelsior")),
        .unplug("three", .at(.seconds(60)), .hostOf("web")),
      ]))
    rehearsal.host("dauntless").refusal = .held(by: "root@console", since: "noon", reason: "")
    rehearsal.host("falco").missing = ["no carrier", "no netdev hooks"]
    rehearsal.host("excelsior").missing = ["/etc/murphy/agent.json doesn't allow link eth1"]
    rehearsal.host("excelsior").foreignLeases = [
      LeaseStatus(lease: "x_1", run: "earlier", fault: "link.drop", object: "eth1 (silent)", boot: "boot")
    ]
    rehearsal.run()
    let reasons = reasons(rehearsal)
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
    expectUntouched(rehearsal)
  }

  @Test func aHostThatLetsGoLateIsRefusedAllTheSame() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("dauntless").refusal = .hostInUse(run: "other")
    // It is free at the next connection, while the run still waits for another host's survey.
    rehearsal.at(.milliseconds(21)) { $0.host("falco").cutCable() }
    rehearsal.at(.milliseconds(50)) { rehearsal in
      rehearsal.host("dauntless").refusal = nil
      rehearsal.host("dauntless").sessions.first?.end()
    }
    rehearsal.once("survey dauntless") { $0.host("falco").mendCable() }
    rehearsal.run()
    #expect(reasons(rehearsal) == ["dauntless: \(Refusal.hostInUse(run: "other"))"])
    #expect(rehearsal.deeds.contains("survey dauntless"))
    expectUntouched(rehearsal)
  }

  @Test func ofHostsLeftToChanceNoneMayLackAnything() {
    for seed in 1...8 as ClosedRange<UInt64> {
      let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .any)]), seed: seed)
      rehearsal.host("excelsior").missing = ["no carrier"]
      rehearsal.run()
      #expect(reasons(rehearsal) == ["cut on excelsior: no carrier"], "seed \(seed)")
    }
  }

  @Test func aStepThatFitsNowhereIsRefused() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .hostOf("web"))]))
    rehearsal.host("dauntless").running = []
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal)[0].contains("web runs on no host that answers"))
    expectUntouched(rehearsal)
  }

  @Test func everyHostThatRefusesTheRunIsNamedOnce() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("dauntless").refusal = .leaseUnreadable(reason: "x_1 can't be read")
    rehearsal.host("falco").refusal = .noPolicy(reason: "no policy")
    rehearsal.run()
    #expect(reasons(rehearsal).sorted() == ["dauntless: x_1 can't be read", "falco: no policy"])
    expectUntouched(rehearsal)
  }

  @Test func aHostThatNeverAnswersIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    // Its sshd starts an agent that reads nothing.
    rehearsal.at(Nanoseconds(20_100_000)) { $0.host("falco").sessions.first?.stop(for: .seconds(10_000)) }
    rehearsal.run()
    #expect(reasons(rehearsal) == ["falco: no answer within 20s over ssh root@falco"])
    expectUntouched(rehearsal)
  }

  @Test(arguments: ["survey", "check"])
  func aHostThatFallsSilentBeforeTheRunBeginsIsNamed(_ question: String) {
    let rehearsal = Rehearsal(.rehearsal())
    // It answers the hello, or the survey too, and then nothing more.
    let host = rehearsal.host("falco")
    host.losesRequest = { request in
      switch (request, question) {
      case (.survey, "survey"), (.check, "check"): host.cutCable()
      default: break
      }
      return false
    }
    rehearsal.run()
    let reasons = reasons(rehearsal)
    #expect(reasons.count == 1)
    #expect(reasons[0].contains("falco") && reasons[0].contains("no answer"))
    expectUntouched(rehearsal)
  }

  @Test func anEarlierRunsLeaseIsRefused() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").foreignLeases = [
      LeaseStatus(lease: "x_1", run: "earlier", fault: "link.drop", object: "eth1 (silent)", boot: "boot")
    ]
    rehearsal.run()
    #expect(
      reasons(rehearsal) == [
        "falco: link.drop of run earlier may still be active (eth1 (silent)): run murphy recover"
      ])
    expectUntouched(rehearsal)
  }

  // MARK: Quorum

  private let both: [Step] = [
    .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .named("excelsior")),
  ]

  @Test func moreHostsThanQuorumAllowsAreRefused() {
    let rehearsal = Rehearsal(.rehearsal(both))
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(
      reasons(rehearsal)[0].contains("2 of 3 hosts") && reasons(rehearsal)[0].contains("beyond-quorum: true"))
    expectUntouched(rehearsal)
  }

  @Test func unlessTheScenarioSaysSo() {
    var scenario = Scenario.rehearsal(both)
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("inject") }.count == 2)
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
    let rehearsal = Rehearsal(.rehearsal(views: []))
    rehearsal.manager = { _ in manager }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(
      reasons(rehearsal)[0].contains("down already: \(words); that leaves 1, quorum is 2"),
      "\(reasons(rehearsal))")
    expectUntouched(rehearsal)

    var beyond = Scenario.rehearsal(views: [])
    beyond.beyondQuorum = true
    let daring = Rehearsal(beyond)
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
      let rehearsal = Rehearsal(.rehearsal([step], views: []))
      rehearsal.manager = { _ in ManagerState(quorate: true, nodes: ["excelsior": "offline"]) }
      #expect(rehearsal.run() == .completed, "\(step.name)")
    }
  }

  @Test func aClusterWithoutQuorumLosesNoFurtherHost() {
    let rehearsal = Rehearsal(.rehearsal(views: []))
    rehearsal.manager = { _ in ManagerState(quorate: false, nodes: ["excelsior": "online"]) }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal)[0].contains("quorum itself, by manager"))
    expectUntouched(rehearsal)
  }

  @Test(arguments: [
    ("excelsior", "excelsior (disconnected, by storage)"),
    ("10.77.1.12", "peer 10.77.1.12 (disconnected, by storage)"),
  ])
  func aPeerThatStorageHasLostCounts(_ peer: String, _ words: String) {
    let rehearsal = Rehearsal(.rehearsal(views: []))
    rehearsal.storage = { _ in StorageState(peersConnected: 2, peers: 3, disconnected: [peer]) }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal)[0].contains("down already: \(words); that leaves 1"), "\(reasons(rehearsal))")
    expectUntouched(rehearsal)
  }

  /// A peer by an address of its own may be the host that is known to be gone: one host, not two.
  @Test func oneHostByTwoNamesIsOne() {
    var fleet = Fleet.tdf
    fleet.quorum = 1
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))], views: []), fleet)
    rehearsal.storage = { rehearsal in
      rehearsal.now < .seconds(12)
        ? StorageState(peersConnected: 3, peers: 3)
        : StorageState(peersConnected: 2, peers: 3, disconnected: ["10.77.1.12"])
    }
    rehearsal.at(.seconds(10)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(60)) { $0.host("excelsior").mendCable() }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aHostThatIsLostToTheManagerLaterCounts() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))], views: []))
    rehearsal.manager = { rehearsal in
      ManagerState(quorate: true, nodes: ["excelsior": rehearsal.now < .seconds(15) ? "online" : "offline"])
    }
    rehearsal.run()
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason.contains("quorum") && reason.contains("excelsior (offline, by manager)"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.voids.count == 1)
  }

  @Test func aHostThatIsLostAlreadyCounts() {
    // One host goes down by itself, three seconds before the fault would take another.
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    rehearsal.at(.seconds(10)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(200)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason.contains("quorum") && reason.contains("excelsior"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.voids.count == 1)
  }

  @Test func aHostThatIsLostBetweenArmingAndTheFaultCounts() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    // Armed at 25.1 s or so, injected at 27.1; lost four seconds after its cable went.
    rehearsal.at(.milliseconds(22_500)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(60)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    #expect(rehearsal.deeds.contains("arm falco sim_1"))
    #expect(!rehearsal.deeds.contains("inject falco sim_1"))
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason.contains("quorum"))
  }

  @Test func aHostThatIsBackByTheTimeOfTheFaultDoesNotCount() {
    // A link that doesn't carry the control path: its end is known at once, after the next fault is armed and before
    // it is injected.
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named("excelsior"), network: "internal"),
      duration: .seconds(10), parameters: ["mode": .word("carrier"), "direction": .word("both")])
    let rehearsal = Rehearsal(.rehearsal([drop, .unplug("cut", .at(.milliseconds(11_500)))]))
    rehearsal.host("excelsior").controlPath.links = []
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.contains("inject falco sim_2"))
  }
}
