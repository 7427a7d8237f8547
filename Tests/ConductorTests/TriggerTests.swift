import Journal
import Scenario
import Testing

@testable import Conductor

/// What starts a step.
@Suite struct TriggerTests {
  private func time(_ world: World, _ prefix: String) -> Nanoseconds? {
    zip(world.deeds, world.commands.filter { if case .record = $0.command { false } else { true } })
      .first { $0.0.hasPrefix(prefix) }?.1.at
  }

  @Test func aStepAfterAnotherWaitsForItsEnd() throws {
    let world = World(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .seconds(7)), .named("excelsior")),
      ]))
    #expect(world.run() == .completed)
    let over = try #require(world.time(of: "reverted 3f9a_1 deadline"))
    let begun = try #require(time(world, "inject excelsior"))
    #expect(begun >= over + .seconds(7) && begun < over + .seconds(8))
    #expect(world.faults == [])
  }

  @Test func aStepMayFollowAtOnce() throws {
    let world = World(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
      ]))
    #expect(world.run() == .completed)
    let over = try #require(world.time(of: "reverted 3f9a_1 deadline"))
    // A lease still has its lead.
    #expect(try #require(time(world, "inject excelsior")) >= over + .seconds(2))
  }

  @Test("A step after another waits until its host can be asked, though the other's end is known by then")
  func waitsForItsHost() throws {
    let world = World(
      .rehearsal([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("falco")),
      ]))
    world.hosts["falco"]?.pathOverLinks = false
    // The path is cut by something else, and the fault's end still comes by the earlier connection.
    world.at(.seconds(9)) { $0.cut("falco") }
    world.at(.seconds(20)) { world in
      world.report(
        .reverted(
          LeaseReverted(
            lease: "3f9a_1", at: world.now, uncertainty: .milliseconds(1), cause: .deadline)))
    }
    world.at(.seconds(25)) { $0.mend("falco") }
    #expect(world.run() == .completed)
    #expect(world.deeds.filter { $0.hasPrefix("inject") } == ["inject falco 3f9a_1", "inject falco 3f9a_2"])
    #expect(try #require(time(world, "arm falco 3f9a_2")) > .seconds(25))
  }

  @Test func aStepWaitsForWhatTheManagerSees() throws {
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco"), seconds: 40),
      .unplug("two", .when(.sees(view: "manager", object: "falco", state: .down)), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario)
    world.manager = { world in
      var state = world.managerByTruth
      if world.now < .seconds(20) { state.nodes["falco"] = "online" }
      return state
    }
    #expect(world.run() == .completed)
    let begun = try #require(time(world, "inject excelsior"))
    #expect(begun >= .seconds(22) && begun < .seconds(24))
  }

  @Test func aConditionThatNeverComesIsPassedOverOnceNothingCanBringItAbout() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(!world.deeds.contains { $0.hasPrefix("arm excelsior") })
    #expect(try #require(world.time(of: "phase recovery")) < .seconds(25))
  }

  @Test func whatWaitsForAStepThatNeverComesIsPassedOverToo() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
      .unplug("three", .after(step: "two", delay: .zero), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(!world.deeds.contains { $0.hasPrefix("arm excelsior") })
  }

  @Test func aRunOfConditionsThatNeverComeEnds() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let world = World(.rehearsal([.unplug("one", never)]))
    #expect(world.run() == .completed)
    #expect(try #require(world.time(of: "phase recovery")) > .seconds(36), "it waits while things may move")
  }

  @Test func aRunOfConditionsThatNeverComeEndsOnARestlessPlatformToo() throws {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let world = World(.rehearsal([.unplug("one", never)]))
    // There is always some progress.
    world.manager = { world in
      var state = world.managerByTruth
      state.resources["web"]?.nodes = ["host-\(world.now.count)"]
      return state
    }
    #expect(world.run() == .completed)
    let waited =
      try #require(world.time(of: "phase recovery")) - (try #require(world.time(of: "phase faults")))
    #expect(waited >= .seconds(120) && waited < .seconds(122), "by recovery's cap, at the latest")
  }
}
