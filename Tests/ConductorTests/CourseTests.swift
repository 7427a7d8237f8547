import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The course of a run without failures other than its own faults.
@Suite struct CourseTests {
  @Test("A run of one step does these acts in this order")
  func aRunOfOneStepHasThisOrder() {
    var scenario = Scenario.rehearsal(probes: ["website", "writes"], views: ["storage", "manager"])
    scenario.objectives = []
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.story == [
        "phase steady", "baseline well", "phase faults", "chosen cut falco", "requested falco", "lost falco",
        "effective sim_1", "reverted sim_1 deadline", "phase recovery", "regained falco", "recovery stable",
        "phase audit", "residue dauntless 0", "residue excelsior 0", "residue falco 0", "writes read",
      ])
    #expect(
      rehearsal.deeds == [
        "survey dauntless", "state dauntless", "survey excelsior", "state excelsior", "survey falco",
        "state falco",
        "check falco", "start probes 1", "arm falco sim_1", "inject falco sim_1",
        "statuses falco",
        "stop probes", "audit writes", "state dauntless", "state excelsior", "state falco",
        "statuses falco", "forget falco sim_1", "finish",
      ])
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test("The journal has the request for a fault before the injection")
  func theJournalIsWrittenBeforeTheAct() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    let requested = try #require(rehearsal.place(of: "requested falco"))
    // No other entry or act is between the record and the injection.
    #expect(rehearsal.place(of: "inject falco sim_1") == requested + 1)
    #expect(rehearsal.time(of: "requested falco") == rehearsal.time(of: "inject falco sim_1"))
  }

  @Test("A fault is armed before its time and injected on time")
  func aFaultIsArmedBeforeItsTimeAndInjectedOnIt() throws {
    let rehearsal = Rehearsal(
      .rehearsal([.unplug(seconds: 10), .unplug("later", .at(.seconds(60)), seconds: 5)]))
    rehearsal.run()
    let begin = try #require(rehearsal.time(of: "phase faults"))
    let armed = rehearsal.times(of: "arm").map { $0 - begin }
    let injected = rehearsal.times(of: "inject").map { $0 - begin }
    // Time 0 of the timeline is one arming lead after the phase begins.
    #expect(injected == [.seconds(2), .seconds(62)])
    #expect(armed.count == 2)
    #expect(armed[0] == .zero)
    #expect(armed[1] >= .seconds(60) && armed[1] <= .seconds(60) + .milliseconds(100))
  }

  @Test("The request for a lease in the journal has the lease's terms")
  func whatTheRunKnowsOfALeaseIsInItsRequest() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    let request = try #require(
      rehearsal.journal.lazy.compactMap {
        if case .leaseRequested(let request) = $0.event { request } else { nil }
      }
      .first)
    #expect(
      request
        == LeaseRequested(
          lease: "sim_1", step: "cut", host: "falco", fault: "host.unplug", object: "eth0, eth1 (carrier)",
          duration: .seconds(10), cutsControlPath: true))
  }

  @Test("The request of a fault that takes no host records that hosts are spared")
  func sparesHosts() {
    let freeze = Step(
      name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(5),
      parameters: ["mode": .word("pause")])
    func spared(_ step: Step) -> [Bool] {
      let rehearsal = Rehearsal(.rehearsal([step]))
      rehearsal.run()
      return rehearsal.journal.compactMap {
        if case .leaseRequested(let request) = $0.event { request.sparesHosts } else { nil }
      }
    }
    #expect(spared(freeze) == [true])
    #expect(spared(.unplug()) == [false])
  }

  @Test("A host that was cut off reports later, with the times at which effect and revert happened")
  func reportsAfterReconnect() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    let requested = try #require(rehearsal.time(of: "requested falco"))
    let effect = try #require(
      rehearsal.journal.compactMap {
        if case .leaseEffective(let effect) = $0.event { ($0.at, effect.at) } else { nil }
      }
      .first)
    let revert = try #require(
      rehearsal.journal.compactMap {
        if case .leaseReverted(let revert) = $0.event { ($0.at, revert.at) } else { nil }
      }
      .first)
    #expect(min(effect.0, revert.0) >= requested + .seconds(10), "reported after the path was restored")
    #expect(
      effect.1 >= requested && effect.1 < requested + .seconds(1), "but it was effective at the injection")
    #expect(revert.1 >= requested + .seconds(10) && revert.1 < revert.0, "and it ended at the deadline")
  }

  @Test("An effect that is reported after the revert is recorded")
  func anEffectThatIsReportedAfterTheRevertIsNotLost() throws {
    let rehearsal = Rehearsal(.rehearsal())
    // The revert arrives by the earlier connection. The statuses with the effect arrive later, by the new one.
    rehearsal.loseEffects(of: "falco")
    #expect(rehearsal.run() == .completed)
    let effective = try #require(rehearsal.place(of: "effective sim_1"))
    #expect(try #require(rehearsal.place(of: "reverted sim_1 deadline")) < effective)
    #expect(rehearsal.times(of: "effective").count == 1)
  }

  @Test("Two trials have two steady phases and two recoveries, and hosts are surveyed once")
  func twoTrialsAreTwoCourses() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 2
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.deeds.filter { $0.hasPrefix("start") || $0.hasPrefix("stop") || $0.hasPrefix("inject") } == [
        "start probes 1", "inject falco sim_1", "stop probes",
        "start probes 2", "inject falco sim_2", "stop probes",
      ])
    #expect(rehearsal.story.filter { $0 == "phase steady" }.count == 2)
    #expect(rehearsal.story.filter { $0 == "recovery stable" }.count == 2)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("survey") }.count == 3, "hosts are surveyed once")
  }

  @Test("A second trial on an unhealthy platform is void, and the run ends")
  func aSecondTrialOnAnUnhealthyPlatformIsVoidAndTheRunEnds() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 3
    let rehearsal = Rehearsal(scenario)
    rehearsal.website = { rehearsal in rehearsal.story.contains("recovery stable") ? .fail : .ok }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.filter { $0 == "phase steady" }.count == 2)
    #expect(rehearsal.voids.count == 1)
    #expect(rehearsal.deeds.last == "finish")
    #expect(rehearsal.deeds.filter { $0.hasPrefix("inject") }.count == 1)
    #expect(rehearsal.deeds.dropLast().last == "stop probes")
  }

  @Test("An audit without an answer is recorded as unknown, and the run ends")
  func anAuditThatDoesNotAnswerIsUnknownAndTheRunEnds() {
    let rehearsal = Rehearsal(.rehearsal(probes: ["website", "writes"]))
    rehearsal.simulation.platform.answersAudit = false
    rehearsal.at(.seconds(10)) {
      $0.lose("state", to: "excelsior")
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.suffix(2) == ["writes no answer within 2m", "residue excelsior unknown"])
  }

  @Test("A host that is cut off during the read of its records is named soon, and the other places are read")
  func aHostThatIsCutOffDuringTheAudit() throws {
    var fleet = Fleet.tdf
    let replicas = ["dauntless", "falco"].map { host in
      JSONValue.object(["host": .string(host), "path": .string("/bricks/web.img")])
    }
    fleet.probes[1].options = ["replicas": .array(replicas)]
    let rehearsal = Rehearsal(.rehearsal(probes: ["website", "writes"]), fleet)
    rehearsal.at(.seconds(10)) { $0.lose("records", to: "falco") }
    rehearsal.once("phase audit") { $0.host("falco").cutCable() }
    #expect(rehearsal.run() == .completed)
    let began = try #require(rehearsal.time(of: "phase audit"))
    let named = try #require(rehearsal.times(of: "writes ").first)
    #expect(named - began > .seconds(20) && named - began < .seconds(35), "\(named - began)")
    let audits = rehearsal.journal.compactMap { entry -> WritesAudit? in
      if case .writesAudited(let audit) = entry.event { audit } else { nil }
    }
    #expect(audits.map { $0.reads.map(\.unreadable) } == [[nil, nil, "falco does not answer"]])
  }

  @Test("The same seed chooses the same hosts")
  func theSameSeedChoosesTheSame() {
    func chosen(_ seed: UInt64) -> [String] {
      var scenario = Scenario.rehearsal([.unplug("cut", .at(.zero), .any)])
      scenario.trials = 4
      let rehearsal = Rehearsal(scenario, seed: seed)
      rehearsal.run()
      return rehearsal.story.filter { $0.hasPrefix("chosen") }
    }
    #expect(chosen(7) == chosen(7))
    #expect(Set((1...8).map(chosen)).count > 1)
  }

  @Test("Random targets are blocked: each possible host is hit once in as many trials as there are hosts")
  func targetsAreBlocked() {
    for seed in 1...5 as ClosedRange<UInt64> {
      var scenario = Scenario.rehearsal([.unplug("cut", .at(.zero), .any)])
      scenario.trials = 6
      let rehearsal = Rehearsal(scenario, seed: seed)
      rehearsal.run()
      let chosen = rehearsal.story.filter { $0.hasPrefix("chosen") }
      #expect(chosen.count == 6)
      #expect(Set(chosen.prefix(3)).count == 3 && Set(chosen.suffix(3)).count == 3, "\(chosen)")
    }
  }

  @Test("The seed draws the length of each steady phase within the bounds of the scenario")
  func momentIsDrawn() throws {
    func lengths(_ seed: UInt64) -> [Nanoseconds] {
      var scenario = Scenario.rehearsal()
      scenario.steady.longest = .seconds(25)
      scenario.trials = 4
      let rehearsal = Rehearsal(scenario, seed: seed)
      #expect(rehearsal.run() == .completed)
      return zip(rehearsal.times(of: "phase faults"), rehearsal.times(of: "phase steady")).map { $0 - $1 }
    }
    let drawn = lengths(3)
    #expect(drawn == lengths(3))
    #expect(drawn != lengths(4))
    #expect(Set(drawn).count == 4)
    // The phase waits up to a second more for its last samples.
    #expect(drawn.allSatisfy { $0 >= .seconds(5) && $0 <= .seconds(27) }, "\(drawn)")
    let draws = TrialDraws(seed: 3)
    let steady = Scenario.Steady(duration: .seconds(5), longest: .seconds(25), probes: [])
    for (trial, length) in drawn.enumerated() {
      let planned = draws.length(of: steady, in: trial + 1)
      #expect(length >= planned && length < planned + .seconds(2), "a plan shows the same")
    }
  }

  @Test("A step for the host of a virtual machine chooses the host where it runs at that time")
  func theHostOfAMachineIsWhereItRunsNow() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)), .hostOf("web"))]))
    rehearsal.at(.seconds(10)) { rehearsal in
      for (host, state) in [("dauntless", DomainSeen.State.off), ("falco", .running)] {
        rehearsal.report(domain: "web", state, on: host)
      }
    }
    rehearsal.run()
    #expect(rehearsal.story.contains("chosen cut falco"))
  }

  @Test("A domain's state is recorded once as long as it doesn't change")
  func aDomainsStateIsWrittenOnce() {
    let rehearsal = Rehearsal(.rehearsal())
    for second in [6, 7, 8] as [Int64] {
      rehearsal.at(.seconds(second)) { $0.report(domain: "db", .running, on: "falco") }
    }
    rehearsal.run()
    let seen = rehearsal.journal.compactMap { if case .domainSeen(let seen) = $0.event { seen } else { nil } }
    #expect(seen.map(\.domain) == ["db"])
  }
}
