import Faults
import Journal
import Scenario
import Testing

import AgentProtocol
@testable import Conductor
@testable import Simulation

/// Runs that must be refused.
@Suite struct RefusalTests {
  /// Expects that no lease was armed and that the faults phase did not begin.
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

  @Test("The refusal of an unhealthy baseline names everything that is unhealthy")
  func anUnhealthyBaselineNamesAllThatIsUnwell() {
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
    #expect(reasons.allSatisfy { $0.hasPrefix("\(RunReason.baseline(""))") })
    #expect(reasons[0].contains("website") && reasons[0].contains("refused"))
    #expect(reasons[1].contains("2 of 3 bricks") && reasons[1].contains("4 to heal"))
    #expect(
      reasons[2].contains("no quorum") && reasons[2].contains("falco offline")
        && reasons[2].contains("web Started on falco (failed)"))
    #expect(reasons[3].contains("falco (offline, by manager), no quorum, by manager"))
    expectUntouched(rehearsal)
    #expect(rehearsal.deeds.suffix(2) == ["stop probes", "finish"])
    #expect(rehearsal.story.last == "baseline unwell")
  }

  @Test("A view with an unknown belief makes the baseline unhealthy")
  func aViewThatKnowsNothingIsUnwell() {
    let rehearsal = Rehearsal(.rehearsal(views: ["storage", "manager"]))
    rehearsal.storage = { _ in StorageState(unknown: "gluster: no answer in time") }
    rehearsal.run()
    #expect(reasons(rehearsal) == ["\(RunReason.baseline("storage: gluster: no answer in time"))"])
    expectUntouched(rehearsal)
  }

  @Test("A host that is lost in the steady phase makes the baseline unhealthy")
  func aHostThatIsLostInTheSteadyPhaseIsUnwell() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.seconds(1)) { $0.host("excelsior").cutCable() }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 2)
    #expect(reasons(rehearsal)[0].hasPrefix("\(RunReason.baseline("excelsior: "))"))
    #expect(
      reasons(rehearsal)[1] == "\(RunReason.baseline(Self.quorumLoss(beside: "excelsior (no answer)")))")
    expectUntouched(rehearsal)
  }

  @Test("One refusal names what each host lacks")
  func whatHostsLackIsReportedAtOnce() {
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

  @Test("One refusal has the reasons of all kinds and all hosts")
  func reasonsOfAllKindsAndHostsComeInOneRefusal() {
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
        "dauntless: held since noon by root@console; when runs may continue, run murphy release",
        "excelsior: link.drop of run earlier may still be active (eth1 (silent)): run murphy recover",
        "one on falco: no carrier", "one on falco: no netdev hooks",
        "two on excelsior: /etc/murphy/agent.json doesn't allow link eth1",
      ], "\(reasons)")
    // The host of web is unknown while dauntless refuses. This doesn't add another reason.
    #expect(reasons.count == 6)
    #expect(
      [(3, 0), (2, 1)].map { "\(RunReason.tooManyHosts(taken: $0, of: 3, left: $1, quorum: 2))" }.contains(
        reasons[0]))
    expectUntouched(rehearsal)
  }

  @Test("A refusal counts though the host's lock is released while other hosts are surveyed")
  func aHostThatLetsGoLateIsRefusedAllTheSame() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("dauntless").refusal = .hostInUse(run: "other")
    // The host is free at the next connection, while the run still waits for another host's survey.
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

  @Test("Every host that a step may choose at random must meet the requirements")
  func ofHostsLeftToChanceNoneMayLackAnything() {
    for seed in 1...8 as ClosedRange<UInt64> {
      let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .any)]), seed: seed)
      rehearsal.host("excelsior").missing = ["no carrier"]
      rehearsal.run()
      #expect(reasons(rehearsal) == ["cut on excelsior: no carrier"], "seed \(seed)")
    }
  }

  @Test("A step without a possible host is refused")
  func aStepThatFitsNowhereIsRefused() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .hostOf("web"))]))
    rehearsal.host("dauntless").running = []
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal)[0].contains("web"))
    expectUntouched(rehearsal)
  }

  @Test("Each host that refuses the run is named once")
  func everyHostThatRefusesTheRunIsNamedOnce() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("dauntless").refusal = .leaseUnreadable(reason: "x_1 can't be read")
    rehearsal.host("falco").refusal = .noPolicy(reason: "no policy")
    rehearsal.run()
    #expect(reasons(rehearsal).sorted() == ["dauntless: x_1 can't be read", "falco: no policy"])
    expectUntouched(rehearsal)
  }

  @Test("A host that never answers is named")
  func aHostThatNeverAnswersIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    // The host's sshd starts an agent that reads nothing.
    rehearsal.at(Nanoseconds(20_100_000)) { $0.host("falco").sessions.first?.stop(for: .seconds(10_000)) }
    rehearsal.run()
    #expect(reasons(rehearsal) == ["falco: no answer within 20s over ssh root@falco"])
    expectUntouched(rehearsal)
  }

  @Test("A host that stops answering before the run begins is named", arguments: ["survey", "check"])
  func aHostThatFallsSilentBeforeTheRunBeginsIsNamed(_ question: String) {
    let rehearsal = Rehearsal(.rehearsal())
    // The host answers the hello, perhaps also the survey, and then nothing.
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
    #expect(reasons[0].contains("falco"))
    expectUntouched(rehearsal)
  }

  @Test("A lease of an earlier run refuses the run")
  func anEarlierRunsLeaseIsRefused() {
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

  private static func quorumLoss(beside broken: String, left: Int = 1) -> String {
    "\(RunReason.tooManyHostsBeside(broken: broken, taken: 1, of: 3, left: left, quorum: 2))"
  }

  private static func quorumLossAtInjection(_ broken: String) -> String {
    "\(RunReason.quorumAtInjection(step: "cut", left: 1, of: 3, quorum: 2, broken: broken))"
  }

  private let both: [Step] = [
    .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.seconds(5)), .named("excelsior")),
  ]

  @Test("A scenario that takes more hosts than quorum allows is refused")
  func moreHostsThanQuorumAllowsAreRefused() {
    let rehearsal = Rehearsal(.rehearsal(both))
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(reasons(rehearsal) == ["\(RunReason.tooManyHosts(taken: 2, of: 3, left: 1, quorum: 2))"])
    expectUntouched(rehearsal)
  }

  @Test("A scenario with beyond-quorum may take more hosts than quorum allows")
  func unlessTheScenarioSaysSo() {
    var scenario = Scenario.rehearsal(both)
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("inject") }.count == 2)
  }

  @Test(
    "The host budget counts the hosts that are taken at the same time",
    arguments: [
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

  @Test("A fault that takes no host doesn't count against quorum")
  func aFaultThatTakesNoHostCostsNothing() {
    let freeze = Step(
      name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
    #expect(HostBudget(.rehearsal([.unplug(), freeze]), in: .tdf, of: Catalogue.builtIn).taken == 1)
  }

  /// The beliefs of views before the first fault count, also of views that the scenario doesn't use.
  @Test(
    "A host that the manager reports as lost counts against quorum",
    arguments: [
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
      reasons(rehearsal)[0] == "\(RunReason.baseline(Self.quorumLoss(beside: words)))",
      "\(reasons(rehearsal))")
    expectUntouched(rehearsal)

    var beyond = Scenario.rehearsal(views: [])
    beyond.beyondQuorum = true
    let daring = Rehearsal(beyond)
    daring.manager = { _ in manager }
    #expect(daring.run() == .completed)
  }

  @Test("A host that is already down is counted once, although a fault takes it down too")
  func whatIsDownAlreadyIsCountedOnce() {
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

  @Test("No host is taken from a cluster without quorum")
  func aClusterWithoutQuorumLosesNoFurtherHost() {
    let rehearsal = Rehearsal(.rehearsal(views: []))
    rehearsal.manager = { _ in ManagerState(quorate: false, nodes: ["excelsior": "online"]) }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(
      reasons(rehearsal)[0]
        == "\(RunReason.baseline(Self.quorumLoss(beside: "no quorum, by manager", left: 2)))")
    expectUntouched(rehearsal)
  }

  @Test(
    "A peer that storage reports as disconnected counts against quorum",
    arguments: [
      ("excelsior", "excelsior (disconnected, by storage)"),
      ("10.77.1.12", "peer 10.77.1.12 (disconnected, by storage)"),
    ])
  func aPeerThatStorageHasLostCounts(_ peer: String, _ words: String) {
    let rehearsal = Rehearsal(.rehearsal(views: []))
    rehearsal.storage = { _ in StorageState(peersConnected: 2, peers: 3, disconnected: [peer]) }
    rehearsal.run()
    #expect(reasons(rehearsal).count == 1)
    #expect(
      reasons(rehearsal)[0] == "\(RunReason.baseline(Self.quorumLoss(beside: words)))",
      "\(reasons(rehearsal))")
    expectUntouched(rehearsal)
  }

  @Test("A lost host and a disconnected peer with an unknown address may be the same host")
  func oneHostByTwoNamesIsOne() {
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

  @Test("A host that the manager reports as lost during the run counts against quorum")
  func aHostThatIsLostToTheManagerLaterCounts() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))], views: []))
    rehearsal.manager = { rehearsal in
      ManagerState(quorate: true, nodes: ["excelsior": rehearsal.now < .seconds(15) ? "online" : "offline"])
    }
    rehearsal.run()
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason == Self.quorumLossAtInjection("excelsior (offline, by manager)"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.voids.count == 1)
  }

  @Test("A host that was lost before a fault counts against quorum")
  func aHostThatIsLostAlreadyCounts() {
    // One host goes down by itself three seconds before the fault would take another.
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    rehearsal.at(.seconds(10)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(200)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason == Self.quorumLossAtInjection("excelsior (no answer)"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.voids.count == 1)
  }

  @Test("A host that is lost between arming and injection counts against quorum")
  func aHostThatIsLostBetweenArmingAndTheFaultCounts() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)))]))
    // The fault is armed at about 25.1 s and injected at 27.1 s. The other host is lost four seconds after its cable is
    // cut.
    rehearsal.at(.milliseconds(22_500)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(60)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    #expect(rehearsal.deeds.contains("arm falco sim_1"))
    #expect(!rehearsal.deeds.contains("inject falco sim_1"))
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)")
      return
    }
    #expect(reason == Self.quorumLossAtInjection("excelsior (no answer)"))
  }

  @Test("A host that is back before the injection doesn't count against quorum")
  func aHostThatIsBackByTheTimeOfTheFaultDoesNotCount() {
    // The link doesn't carry the control path. The end of its fault is known immediately, after the next fault is armed
    // and before it is injected.
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
