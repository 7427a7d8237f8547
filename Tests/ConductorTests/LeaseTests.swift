import Journal
import Scenario
import Testing

@testable import Conductor

/// Leases that don't do as they should: whatever happens, everything is reverted, or what isn't is named.
@Suite struct LeaseTests {
  private func expectAborted(
    _ world: World, naming words: String, _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .aborted(let reason) = world.ending else {
      Issue.record("\(world.ending as Any)", sourceLocation: sourceLocation)
      return
    }
    #expect(reason.contains(words), sourceLocation: sourceLocation)
    #expect(world.active == [], sourceLocation: sourceLocation)
    #expect(world.faults == [], sourceLocation: sourceLocation)
  }

  private let steps: [Step] = [
    Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named("falco"), network: "internal"),
      duration: .seconds(60)),
    Step(
      name: "freeze", trigger: .at(.seconds(10)), fault: "vm.freeze", target: .vm("web"),
      duration: .seconds(60)),
  ]

  @Test func aLeaseThatIsRefusedVoidsTheTrialAndRevertsTheOther() {
    let world = World(.rehearsal(steps))
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["dauntless"]?.refusesArm = "the disk is full"
    world.run()
    expectAborted(world, naming: "the disk is full")
    #expect(world.story.contains("failed 3f9a_2"))
    #expect(world.story.contains("reverting 3f9a_1 controller"))
    #expect(world.story.contains("reverted 3f9a_1 controller"))
    #expect(world.story.suffix(4).first == "phase audit", "what was done is audited")
    #expect(world.voids == ["freeze on dauntless: the disk is full"])
    #expect(!world.deeds.contains("inject dauntless 3f9a_2"))
    // A lease that its host never took is no reason to wait for its end.
    #expect(world.now < .seconds(30), "it took until \(world.now)")
  }

  @Test("A record that a host writes late, of a lease that it never had, is deleted in the audit")
  func lateRecord() {
    let world = World(.rehearsal(steps))
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["dauntless"]?.refusesArm = "the disk is full"
    func writeInTheAudit(_ world: World) {
      guard world.story.contains("phase audit") else { return world.after(.milliseconds(1), writeInTheAudit) }
      world.hosts["dauntless"]?.leases["3f9a_2"] = World.Lease(
        fault: "vm.freeze", takes: [], cutsPath: false, deadline: .seconds(600),
        revert: LeaseReverted(lease: "3f9a_2", at: world.now, uncertainty: .milliseconds(1), cause: .agent))
    }
    writeInTheAudit(world)
    world.run()
    expectAborted(world, naming: "the disk is full")
    #expect(world.deeds.contains("forget dauntless 3f9a_2"))
  }

  @Test func aFaultThatIsRefusedVoidsTheTrialAndRevertsTheOther() {
    let world = World(.rehearsal(steps))
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["dauntless"]?.refusesInject = "no effect was seen"
    world.run()
    expectAborted(world, naming: "no effect was seen")
    #expect(world.story.contains("requested dauntless"))
    #expect(world.story.contains("reverted 3f9a_1 controller"))
  }

  @Test func theEndOfAFaultThatFailedIsReportedThoughItWasNotAskedFor() {
    let world = World(.rehearsal())
    world.at(.seconds(9)) { world in
      // Its host is lost, so that nothing can be asked of it; what it said before comes late.
      world.report(.lost(host: "falco", "no answer"))
      world.report(.failed(lease: "3f9a_1", "its effect was not seen"))
      world.report(
        .reverted(.init(lease: "3f9a_1", at: world.now, uncertainty: .milliseconds(1), cause: .agent)))
    }
    world.hosts["falco"]?.ignoresInject = true
    world.run()
    #expect(world.story.contains("requested falco"))
    #expect(world.story.contains("failed 3f9a_1"))
    #expect(world.story.contains("reverted 3f9a_1 agent"))
  }

  @Test func aLeaseThatIsNotTakenInTimeVoidsTheTrial() throws {
    let world = World(.rehearsal())
    world.hosts["falco"]?.ignoresArm = true
    world.run()
    expectAborted(world, naming: "falco did not take its lease in time")
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aLeaseThatEndsBeforeItsFaultVoidsTheTrial() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    // Its session ends between arming and the fault, and its host reverts what isn't active yet.
    world.at(.seconds(7)) { world in
      world.endSession(of: "falco")
      if let revert = world.hosts["falco"]?.leases["3f9a_1"]?.revert { world.report(.reverted(revert)) }
    }
    world.run()
    expectAborted(world, naming: "falco")
    #expect(world.voids.count == 1)
    #expect(!world.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aRevertThatIsNotReportedIsAskedForAgain() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["falco"]?.stuck = "device is busy"
    world.at(.seconds(40)) { $0.hosts["falco"]?.stuck = nil }
    #expect(world.run() == .completed)
    #expect(world.deeds.count { $0 == "revert falco 3f9a_1" } > 2)
    #expect(world.story.count { $0 == "reverting 3f9a_1 controller" } == 1)
    #expect(world.story.contains("reverted 3f9a_1 controller"))
    #expect(world.faults == [])
  }

  @Test func aRevertThatNeverComesIsNamed() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["falco"]?.stuck = "device is busy"
    #expect(
      world.run()
        == .faultsActive(["falco: host.unplug eth0, eth1 (carrier), lease 3f9a_1: device is busy"]))
    #expect(world.deeds.count { $0 == "revert falco 3f9a_1" } > 20)
    #expect(world.deeds.suffix(2) == ["stop probes", "finish"])
    #expect(world.faults == [])
  }

  @Test func aHostThatNeverComesBackIsNamed() {
    let world = World(.rehearsal())
    world.at(.seconds(9)) { $0.hosts["falco"]?.isDead = true }
    #expect(
      world.run()
        == .faultsActive([
          "falco: host.unplug eth0, eth1 (carrier), lease 3f9a_1: its host has not reported its revert"
        ]))
    #expect(world.faults == [])
  }

  private func ended(_ world: World, _ reason: String = "link eth1 is up") -> Occurrence {
    .ended(
      .init(
        lease: "3f9a_1", lastActive: world.now - .milliseconds(3), firstEnded: world.now,
        uncertainty: .milliseconds(1), cause: .others, reason: reason))
  }

  @Test("A fault that others end is reported once, and its lease continues until its revert")
  func endedByOthers() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.at(.seconds(10)) { $0.report(self.ended($0)) }
    // The revert says it again, and so does a host that comes back.
    world.at(.seconds(11)) { $0.report(self.ended($0, "something else")) }
    #expect(world.run() == .completed)
    #expect(world.story.filter { $0.hasPrefix("ended") } == ["ended 3f9a_1 others"])
    #expect(world.story.contains("reverted 3f9a_1 deadline"))
    #expect(world.voids == [], "the metrics judge that")
    #expect(world.faults == [])
  }

  @Test("An end that is reported after the revert is journaled")
  func endedReportedLate() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.at(.seconds(20)) { $0.report(self.ended($0)) }
    #expect(world.run() == .completed)
    #expect(world.story.contains("ended 3f9a_1 others"))
  }

  @Test("An end that is reported before the effect is journaled after it, and never without it")
  func endedReportedEarly() throws {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.at(.milliseconds(6500)) { $0.report(self.ended($0)) }
    #expect(world.run() == .completed)
    let end = try #require(world.story.firstIndex(of: "ended 3f9a_1 others"))
    #expect(world.story[end - 1] == "effective 3f9a_1")

    let idle = World(.rehearsal())
    idle.hosts["falco"]?.ignoresInject = true
    idle.at(.seconds(10)) { $0.report(self.ended($0)) }
    #expect(idle.run() == .completed)
    #expect(!idle.story.contains("ended 3f9a_1 others"))
  }

  /// The domain moves to falco at a time, or where that is past, back to its own host.
  private func migration(at time: Nanoseconds, to host: String) -> World {
    let world = World(
      .rehearsal([
        Step(
          name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
      ]))
    world.at(time) { $0.hosts[host]?.orphans["3f9a_1"] = "web" }
    return world
  }

  @Test func aDomainThatWasMigratedWhileItWasFrozenIsRevertedAtItsLeasesEnd() {
    let world = migration(at: .seconds(12), to: "falco")
    #expect(world.run() == .completed)
    let thaw = world.commands.first {
      if case .thaw("falco", ["3f9a_1"]) = $0.command { true } else { false }
    }
    #expect(thaw != nil && thaw?.at == world.time(of: "reverted 3f9a_1 deadline"))
    #expect(world.deeds.contains("thaw excelsior 3f9a_1") && !world.deeds.contains("thaw dauntless 3f9a_1"))
    #expect(world.story.contains("residue falco 0"))
    #expect(world.faults == [])
  }

  @Test(arguments: ["falco", "dauntless"]) func oneThatArrivesLaterIsRevertedBeforeTheAudit(host: String) {
    let world = migration(at: .seconds(18), to: host)
    #expect(world.run() == .completed)
    #expect(world.hosts[host]?.orphans == [:])
    #expect(world.story.contains("residue \(host) 0"))
    #expect(world.faults == [])
  }

  @Test func aFaultWhoseCommandWasLostEndsAtItsDeadline() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.ignoresInject = true
    #expect(world.run() == .completed)
    #expect(world.story.contains("requested falco"))
    #expect(!world.story.contains("effective 3f9a_1"))
    #expect(world.story.contains("reverted 3f9a_1 deadline"))
  }
}
