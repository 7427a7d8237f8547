import Faults
import Journal
import Scenario
import Testing

@testable import Conductor

/// A step with a lease on each of several hosts: all of them begin, or none stays.
@Suite struct PartitionTests {
  private static func split(
    _ sides: [[String]] = [["falco"], ["dauntless", "excelsior"]], _ trigger: Step.Trigger = .at(.zero),
    name: String = "split", seconds: Int64 = 10
  ) -> Step {
    Step(
      name: name, trigger: trigger, fault: "partition", target: .sides(sides, network: "internal"),
      duration: .seconds(seconds), parameters: ["mode": .word("silent"), "direction": .word("both")])
  }

  private static let names = ["dauntless", "excelsior", "falco"]

  @Test("All hosts are armed before any fault is injected, and the fault begins with the first effect")
  func order() throws {
    let world = World(.rehearsal([Self.split()]))
    #expect(world.run() == .completed)
    #expect(world.faults == [])
    let deeds = world.deeds.filter { $0.hasPrefix("arm ") || $0.hasPrefix("inject ") }
    #expect(
      deeds == Self.names.enumerated().map { "arm \($1) 3f9a_\($0 + 1)" }
        + Self.names.enumerated().map { "inject \($1) 3f9a_\($0 + 1)" })
    #expect(world.story.contains("chosen split falco"))
    #expect(world.story.filter { $0.hasPrefix("requested") } == Self.names.map { "requested \($0)" })
    #expect(world.story.count { $0.hasPrefix("effective") } == 3)
    #expect(world.story.count { $0.hasSuffix("deadline") } == 3)
    // A step is over once its last lease is.
    let over = try #require(world.time(of: "phase recovery"))
    #expect(try over >= #require(world.time(of: "reverted 3f9a_3 deadline")))
  }

  @Test("Where one host refuses its lease, no host gets the fault", arguments: names)
  func refusedArming(host: String) {
    let world = World(.rehearsal([Self.split()]))
    world.hosts[host]?.refusesArm = "the disk is full"
    guard case .aborted(let reason) = world.run() else { return issue(world) }
    #expect(reason == "split on \(host) could not be done: the disk is full")
    #expect(world.voids == ["split on \(host): the disk is full"])
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
    #expect(world.active == [] && world.faults == [])
  }

  @Test("Where a host doesn't take its lease in time, no host gets the fault") func lateArming() {
    let world = World(.rehearsal([Self.split()]))
    world.hosts["falco"]?.ignoresArm = true
    guard case .aborted = world.run() else { return issue(world) }
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
    #expect(world.active == [] && world.faults == [])
  }

  @Test(
    "Where one injection fails, the others are reverted at once, and the run says which failed",
    arguments: names)
  func failedInjection(host: String) throws {
    let world = World(.rehearsal([Self.split(seconds: 300)]))
    world.hosts[host]?.refusesInject = "no effect was seen"
    guard case .aborted(let reason) = world.run() else { return issue(world) }
    #expect(reason == "split on \(host) could not be done: no effect was seen")
    let failed = try #require(
      world.journal.first { if case .leaseFailed = $0.event { true } else { false } }?.at)
    for lease in ["3f9a_1", "3f9a_2", "3f9a_3"] {
      let asked = try #require(world.time(of: "reverting \(lease) controller"))
      #expect(asked == failed, "\(lease) is to be reverted at once")
      #expect(world.story.contains("reverted \(lease) controller"))
    }
    #expect(world.active == [] && world.faults == [])
  }

  @Test("A host that ends its lease before the fault keeps the others from it") func endedBefore() {
    let world = World(.rehearsal([Self.split()]))
    world.at(.seconds(7)) { world in
      world.endSession(of: "falco")
      if let revert = world.hosts["falco"]?.leases["3f9a_3"]?.revert { world.report(.reverted(revert)) }
    }
    guard case .aborted(let reason) = world.run() else { return issue(world) }
    #expect(reason.contains("the lease on falco ended before its fault"))
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
  }

  private func issue(_ world: World) { Issue.record("\(world.ending as Any): \(world.story)") }

  // MARK: Quorum

  @Test("Quorum counts what the largest side loses") func budget() {
    func taken(_ steps: [Step]) -> Int {
      HostBudget(.rehearsal(steps), in: .tdf, of: Catalogue.builtIn).taken
    }
    #expect(taken([Self.split()]) == 1)
    #expect(taken([Self.split([["dauntless", "excelsior"], ["falco"]])]) == 1)
    #expect(taken([Self.split([["falco"], ["dauntless"], ["excelsior"]])]) == 2)
    // The same host, lost twice, is one; another is another.
    #expect(taken([Self.split(), .unplug("cut")]) == 1)
    #expect(taken([Self.split(), .unplug("cut", .at(.zero), .named("dauntless"))]) == 2)
    #expect(
      taken([Self.split(), .unplug("cut", .after(step: "split", delay: .zero), .named("dauntless"))]) == 1)
  }

  @Test("A partition that leaves less than quorum is refused, or aborted where a host is lost meanwhile")
  func quorum() {
    let threeWays = World(.rehearsal([Self.split([["falco"], ["dauntless"], ["excelsior"]])]))
    guard case .refused(let reasons) = threeWays.run() else { return issue(threeWays) }
    #expect(reasons.contains { $0.contains("takes 2 of 3 hosts") })
    // Excelsior is on no side, and its connection is lost between the baseline and the fault.
    let lost = World(.rehearsal([Self.split([["falco"], ["dauntless"]])]))
    lost.at(.seconds(3)) { $0.cut("excelsior") }
    guard case .aborted(let reason) = lost.run() else { return issue(lost) }
    #expect(reason.contains("split would leave 1 of 3 hosts, quorum is 2"))
    #expect(!lost.deeds.contains { $0.hasPrefix("inject") })
    #expect(lost.faults == [])
  }

  @Test("A lease of a partition whose host another step has cut off is refused beforehand") func cutOff() {
    let world = World(
      .rehearsal([
        .unplug("cut", .at(.zero), .named("falco"), seconds: 60),
        Self.split([["falco"], ["dauntless", "excelsior"]], .at(.seconds(5))),
      ]))
    guard case .refused(let reasons) = world.run() else { return issue(world) }
    #expect(
      reasons.contains {
        $0.contains("split on falco: its lease can't be taken at 5s, since cut cuts off falco")
      })
  }
}
