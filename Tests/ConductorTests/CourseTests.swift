import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The course of a run on which nothing goes wrong but what it does itself.
@Suite struct CourseTests {
  @Test func aRunOfOneStepHasThisOrder() {
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

  @Test func theJournalIsWrittenBeforeTheAct() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    let requested = try #require(rehearsal.place(of: "requested falco"))
    // Nothing lies between the record and the act.
    #expect(rehearsal.place(of: "inject falco sim_1") == requested + 1)
    #expect(rehearsal.time(of: "requested falco") == rehearsal.time(of: "inject falco sim_1"))
  }

  @Test func aFaultIsArmedBeforeItsTimeAndInjectedOnIt() throws {
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

  @Test func whatTheRunKnowsOfALeaseIsInItsRequest() throws {
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

  @Test func aHostThatWasCutOffTellsLaterWithItsOwnTimes() throws {
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
    #expect(min(effect.0, revert.0) >= requested + .seconds(10), "reported once the path was mended")
    #expect(effect.1 >= requested && effect.1 < requested + .seconds(1), "but it was then")
    #expect(revert.1 >= requested + .seconds(10) && revert.1 < revert.0, "and it ended then")
  }

  @Test func anEffectThatIsReportedAfterTheRevertIsNotLost() throws {
    let rehearsal = Rehearsal(.rehearsal())
    // The revert comes by the old path, the statuses with the effect by the new one, later.
    rehearsal.loseEffects(of: "falco")
    #expect(rehearsal.run() == .completed)
    let effective = try #require(rehearsal.place(of: "effective sim_1"))
    #expect(try #require(rehearsal.place(of: "reverted sim_1 deadline")) < effective)
    #expect(rehearsal.times(of: "effective").count == 1)
  }

  @Test func twoTrialsAreTwoCourses() {
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

  @Test func aSecondTrialOnAnUnhealthyPlatformIsVoidAndTheRunEnds() {
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

  @Test func anAuditThatDoesNotAnswerIsUnknownAndTheRunEnds() {
    let rehearsal = Rehearsal(.rehearsal(probes: ["website", "writes"]))
    rehearsal.simulation.platform.answersAudit = false
    rehearsal.at(.seconds(10)) {
      $0.lose("state", to: "excelsior")
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.suffix(2) == ["writes no answer within 1m", "residue excelsior unknown"])
  }

  @Test func theSameSeedChoosesTheSame() {
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

  @Test func theHostOfAMachineIsWhereItRunsNow() {
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.seconds(20)), .hostOf("web"))]))
    rehearsal.at(.seconds(10)) { rehearsal in
      for (host, state) in [("dauntless", DomainSeen.State.off), ("falco", .running)] {
        rehearsal.report(domain: "web", state, on: host)
      }
    }
    rehearsal.run()
    #expect(rehearsal.story.contains("chosen cut falco"))
  }

  @Test func aDomainsStateIsWrittenOnce() {
    let rehearsal = Rehearsal(.rehearsal())
    for second in [6, 7, 8] as [Int64] {
      rehearsal.at(.seconds(second)) { $0.report(domain: "db", .running, on: "falco") }
    }
    rehearsal.run()
    let seen = rehearsal.journal.compactMap { if case .domainSeen(let seen) = $0.event { seen } else { nil } }
    #expect(seen.map(\.domain) == ["db"])
  }
}
