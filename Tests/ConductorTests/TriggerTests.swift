import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// What starts a step.
@Suite struct TriggerTests {
  @Test func aStepAfterAnotherWaitsForItsEnd() throws {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .seconds(7)), .named("excelsior")),
      ]))
    #expect(rehearsal.run() == .completed)
    let over = try #require(rehearsal.time(of: "reverted sim_1 deadline"))
    let begun = try #require(rehearsal.times(of: "inject excelsior").first)
    #expect(begun >= over + .seconds(7) && begun < over + .seconds(8))
  }

  @Test func aStepMayFollowAtOnce() throws {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
      ]))
    rehearsal.keepPaths()
    #expect(rehearsal.run() == .completed)
    let over = try #require(rehearsal.time(of: "reverted sim_1 deadline"))
    // A lease still has its lead.
    #expect(try #require(rehearsal.times(of: "inject excelsior").first) >= over + .seconds(2))
  }

  @Test("A step after another waits until its host can be asked, though the other's end is known by then")
  func waitsForItsHost() throws {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("falco")),
      ]))
    rehearsal.host("falco").controlPath.links = []
    // The path is cut by something else. Once it is mended, the fault's end comes by the earlier connection, while the
    // next one is still being made.
    rehearsal.at(.seconds(9)) { $0.host("falco").cutCable() }
    rehearsal.at(.seconds(21)) { $0.host("falco").mendCable() }
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.deeds.filter { $0.hasPrefix("inject") } == ["inject falco sim_1", "inject falco sim_2"])
    let regained = try #require(rehearsal.place(of: "regained falco"))
    #expect(try #require(rehearsal.place(of: "reverted sim_1 deadline")) < regained)
    #expect(try #require(rehearsal.place(of: "arm falco sim_2")) > regained)
  }

  @Test func aStepWaitsForWhatTheManagerSees() throws {
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco"), seconds: 40),
      .unplug("two", .when(.sees(view: "manager", object: "falco", state: .down)), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    rehearsal.manager = { rehearsal in
      var state = rehearsal.managerByTruth
      if rehearsal.now < .seconds(20) { state.nodes["falco"] = "online" }
      return state
    }
    #expect(rehearsal.run() == .completed)
    let begun = try #require(rehearsal.times(of: "inject excelsior").first)
    #expect(begun >= .seconds(22) && begun < .seconds(24))
  }

  @Test func aConditionThatNeverComesIsPassedOverOnceNothingCanBringItAbout() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("arm excelsior") })
    #expect(try #require(rehearsal.time(of: "phase recovery")) < .seconds(25))
  }

  @Test func whatWaitsForAStepThatNeverComesIsPassedOverToo() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
      .unplug("three", .after(step: "two", delay: .zero), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("arm excelsior") })
  }

  @Test func aRunOfConditionsThatNeverComeEnds() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let rehearsal = Rehearsal(.rehearsal([.unplug("one", never)]))
    #expect(rehearsal.run() == .completed)
    #expect(
      try #require(rehearsal.time(of: "phase recovery")) > .seconds(36), "it waits while things may move")
  }

  @Test func aRunOfConditionsThatNeverComeEndsOnARestlessPlatformToo() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let rehearsal = Rehearsal(.rehearsal([.unplug("one", never)]))
    // There is always some progress.
    rehearsal.manager = { rehearsal in
      var state = rehearsal.managerByTruth
      state.resources["web"]?.nodes = ["host-\(rehearsal.now.count)"]
      return state
    }
    #expect(rehearsal.run() == .completed)
    let waited =
      try #require(rehearsal.time(of: "phase recovery")) - (try #require(rehearsal.time(of: "phase faults")))
    #expect(waited >= .seconds(120) && waited < .seconds(122), "by recovery's cap, at the latest")
  }
}
