import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The triggers of steps.
@Suite struct TriggerTests {
  @Test("A step after another waits for its end and the delay")
  func aStepAfterAnotherWaitsForItsEnd() throws {
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

  @Test("A step without a delay begins as soon as its lease is armed")
  func aStepMayFollowAtOnce() throws {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
      ]))
    rehearsal.keepPaths()
    #expect(rehearsal.run() == .completed)
    let over = try #require(rehearsal.time(of: "reverted sim_1 deadline"))
    // The lease still needs its lead time.
    #expect(try #require(rehearsal.times(of: "inject excelsior").first) >= over + .seconds(2))
  }

  @Test("A step after another waits until its own host can be reached")
  func waitsForItsHost() throws {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("falco")),
      ]))
    rehearsal.host("falco").controlPath.links = []
    // Something else cuts the path. When it is restored, the fault's end arrives by the earlier connection, while the
    // next one is being made.
    rehearsal.at(.seconds(9)) { $0.host("falco").cutCable() }
    rehearsal.at(.seconds(21)) { $0.host("falco").mendCable() }
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.deeds.filter { $0.hasPrefix("inject") } == ["inject falco sim_1", "inject falco sim_2"])
    let regained = try #require(rehearsal.place(of: "regained falco"))
    #expect(try #require(rehearsal.place(of: "reverted sim_1 deadline")) < regained)
    #expect(try #require(rehearsal.place(of: "arm falco sim_2")) > regained)
  }

  @Test("A step waits until the manager reports the state in its condition")
  func aStepWaitsForWhatTheManagerSees() throws {
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

  @Test("A step is skipped when no other step can still cause its condition")
  func aConditionThatNeverComesIsPassedOverOnceNothingCanBringItAbout() throws {
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

  @Test("A step after a skipped step is skipped too")
  func whatWaitsForAStepThatNeverComesIsPassedOverToo() {
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

  @Test("A run whose conditions never occur ends after a time without progress")
  func aRunOfConditionsThatNeverComeEnds() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let rehearsal = Rehearsal(.rehearsal([.unplug("one", never)]))
    #expect(rehearsal.run() == .completed)
    #expect(
      try #require(rehearsal.time(of: "phase recovery")) > .seconds(36), "it waits while things may move")
  }

  @Test("A run whose conditions never occur ends by recovery's cap on a platform that always changes")
  func aRunOfConditionsThatNeverComeEndsOnARestlessPlatformToo() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let rehearsal = Rehearsal(.rehearsal([.unplug("one", never)]))
    // The platform always makes some progress.
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
