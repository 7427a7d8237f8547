import Journal
import Scenario
import Testing

@testable import Conductor

/// The course of a run on which nothing goes wrong but what it does itself.
@Suite struct CourseTests {
  @Test func aRunOfOneStepHasThisOrder() {
    var scenario = Scenario.rehearsal(probes: ["website", "writes"], views: ["storage", "manager"])
    scenario.objectives = []
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(
      world.story == [
        "phase steady", "baseline well", "phase faults", "chosen cut falco", "requested falco", "lost falco",
        "regained falco", "effective 3f9a_1", "reverted 3f9a_1 deadline", "phase recovery", "recovery stable",
        "phase audit", "residue dauntless 0", "residue excelsior 0", "residue falco 0", "writes read",
      ])
    #expect(
      world.deeds == [
        "connect dauntless", "connect excelsior", "connect falco",
        "survey dauntless", "state dauntless", "survey excelsior", "state excelsior", "survey falco",
        "state falco",
        "watch", "check cut falco", "start probes 1", "arm falco 3f9a_1", "inject falco 3f9a_1",
        "statuses falco",
        "stop probes", "audit writes", "state dauntless", "state excelsior", "state falco",
        "statuses falco", "forget falco 3f9a_1", "finish",
      ])
    #expect(world.faults == [])
    #expect(world.active == [])
  }

  @Test func theJournalIsWrittenBeforeTheAct() throws {
    let world = World(.rehearsal())
    world.run()
    let requested = try #require(
      world.commands.firstIndex { if case .record(.leaseRequested) = $0.command { true } else { false } })
    let inject = try #require(
      world.commands.firstIndex { if case .inject = $0.command { true } else { false } })
    #expect(requested < inject)
    // In one breath: nothing lies between the record and the act.
    #expect(world.commands[requested].at == world.commands[inject].at)
  }

  @Test func aFaultIsArmedBeforeItsTimeAndInjectedOnIt() throws {
    let world = World(.rehearsal([.unplug(seconds: 10), .unplug("later", .at(.seconds(60)), seconds: 5)]))
    world.run()
    let begin = try #require(world.time(of: "phase faults"))
    let armed = world.commands.filter { if case .arm = $0.command { true } else { false } }.map {
      $0.at - begin
    }
    let injected = world.commands.filter { if case .inject = $0.command { true } else { false } }.map {
      $0.at - begin
    }
    // Time 0 of the timeline is one arming lead after the phase begins.
    #expect(injected == [.seconds(2), .seconds(62)])
    #expect(armed.count == 2)
    #expect(armed[0] == .zero)
    #expect(armed[1] >= .seconds(60) && armed[1] <= .seconds(60) + .milliseconds(100))
  }

  @Test func whatTheRunKnowsOfALeaseIsInItsRequest() throws {
    let world = World(.rehearsal())
    world.run()
    let request = try #require(
      world.journal.lazy.compactMap {
        if case .leaseRequested(let request) = $0.event { request } else { nil }
      }
      .first)
    #expect(
      request
        == LeaseRequested(
          lease: "3f9a_1", step: "cut", host: "falco", fault: "host.unplug", object: "eth0, eth1 (carrier)",
          duration: .seconds(10), cutsControlPath: true))
  }

  @Test func aHostThatWasCutOffTellsLaterWithItsOwnTimes() throws {
    let world = World(.rehearsal())
    world.run()
    let requested = try #require(world.time(of: "requested falco"))
    let regained = try #require(world.time(of: "regained falco"))
    let effect = try #require(
      world.journal.compactMap {
        if case .leaseEffective(let effect) = $0.event { ($0.at, effect.at) } else { nil }
      }
      .first)
    let revert = try #require(
      world.journal.compactMap {
        if case .leaseReverted(let revert) = $0.event { ($0.at, revert.at) } else { nil }
      }
      .first)
    #expect(effect.0 >= regained && revert.0 >= regained, "learned once the host was back")
    #expect(effect.1 >= requested && effect.1 < requested + .seconds(1), "but it was then")
    #expect(revert.1 >= requested + .seconds(10) && revert.1 < regained, "and it ended then")
  }

  @Test func anEffectThatIsReportedAfterTheRevertIsNotLost() {
    let world = World(.rehearsal())
    world.run(until: .seconds(10))
    // The revert comes by the old path, the statuses with the effect by the new one, later.
    let effect = LeaseEffective(
      lease: "3f9a_1", at: .seconds(8), uncertainty: .zero, took: .zero, evidence: "seen")
    world.report(
      .reverted(LeaseReverted(lease: "3f9a_1", at: .seconds(9), uncertainty: .zero, cause: .deadline)))
    world.report(.effective(effect))
    world.report(.effective(effect))
    #expect(world.journal.count { $0.event == .leaseEffective(effect) } == 1)
  }

  @Test func twoTrialsAreTwoCourses() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 2
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(
      world.deeds.filter { $0.hasPrefix("start") || $0.hasPrefix("stop") || $0.hasPrefix("inject") } == [
        "start probes 1", "inject falco 3f9a_1", "stop probes",
        "start probes 2", "inject falco 3f9a_2", "stop probes",
      ])
    #expect(world.story.filter { $0 == "phase steady" }.count == 2)
    #expect(world.story.filter { $0 == "recovery stable" }.count == 2)
    #expect(world.deeds.filter { $0.hasPrefix("survey") }.count == 3, "hosts are surveyed once")
    #expect(world.faults == [])
  }

  @Test func aSecondTrialOnAnUnhealthyPlatformIsVoidAndTheRunEnds() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 3
    let world = World(scenario)
    world.website = { world in world.story.contains("recovery stable") ? .fail : .ok }
    #expect(world.run() == .completed)
    #expect(world.story.filter { $0 == "phase steady" }.count == 2)
    #expect(world.voids.count == 1)
    #expect(world.deeds.last == "finish")
    #expect(world.deeds.filter { $0.hasPrefix("inject") }.count == 1)
    #expect(world.deeds.dropLast().last == "stop probes")
  }

  @Test func anAuditThatDoesNotAnswerIsUnknownAndTheRunEnds() {
    let world = World(.rehearsal(probes: ["website", "writes"]))
    world.answersAudit = false
    world.at(.seconds(10)) { $0.hosts["excelsior"]?.ignoresState = true }
    #expect(world.run() == .completed)
    #expect(world.story.suffix(2) == ["writes no answer within 1m", "residue excelsior unknown"])
  }

  @Test func theSameSeedChoosesTheSame() {
    func chosen(_ seed: UInt64) -> [String] {
      var scenario = Scenario.rehearsal([.unplug("cut", .at(.zero), .any)])
      scenario.trials = 4
      let world = World(scenario, seed: seed)
      world.run()
      return world.story.filter { $0.hasPrefix("chosen") }
    }
    #expect(chosen(7) == chosen(7))
    #expect(Set((1...20).map(chosen)).count > 1)
  }

  @Test func theHostOfAMachineIsWhereItRunsNow() {
    let world = World(.rehearsal([.unplug("cut", .at(.seconds(20)), .hostOf("web"))]))
    world.at(.seconds(10)) { world in
      for (host, state) in [("dauntless", DomainSeen.State.off), ("falco", .running)] {
        world.report(
          .domain(
            DomainSeen(host: host, domain: "web", state: state, what: "", at: world.now, uncertainty: .zero)))
      }
    }
    world.run()
    #expect(world.story.contains("chosen cut falco"))
  }

  @Test func aDomainsStateIsWrittenOnce() {
    let world = World(.rehearsal())
    let seen = DomainSeen(
      host: "falco", domain: "db", state: .running, what: "started", at: .seconds(6), uncertainty: .zero)
    for second in [6, 7, 8] { world.at(.seconds(Int64(second))) { $0.report(.domain(seen)) } }
    world.run()
    #expect(world.journal.count { $0.event == .domainSeen(seen) } == 1)
  }
}
