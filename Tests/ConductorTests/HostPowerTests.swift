import Faults
import Journal
import Scenario
import Testing

@testable import Conductor

/// A fault that is injected at the controller and takes a host.
@Suite struct HostPowerTests {
  private static let fleet: Fleet = {
    var fleet = Fleet.tdf
    for index in fleet.hosts.indices {
      fleet.hosts[index].bmc = .init(ipmi: "10.77.3.\(11 + index)", user: "murphy", passwordFile: "/bmc")
    }
    return fleet
  }()

  private static func power(
    _ host: HostSelector = .named("falco"), mode: String = "off", _ trigger: Step.Trigger = .at(.zero)
  ) -> Step {
    Step(
      name: "power", trigger: trigger, fault: "host.power", target: .host(host), duration: .seconds(10),
      isInstant: mode != "off", parameters: ["mode": .word(mode)])
  }

  private func world(_ steps: [Step]) -> World { World(.rehearsal(steps), Self.fleet) }

  @Test("A power fault has its lease at the controller, and its host counts as taken") func off() throws {
    let world = world([Self.power()])
    #expect(world.run() == .completed)
    #expect(world.faults == [])
    let deeds = world.deeds.filter { $0.hasPrefix("arm") || $0.hasPrefix("inject") || $0.hasPrefix("check") }
    #expect(
      deeds == [
        "check power the controller", "arm the controller 3f9a_1", "inject the controller 3f9a_1",
      ])
    for line in [
      "chosen power falco", "requested the controller", "effective 3f9a_1", "lost falco",
      "reverted 3f9a_1 deadline", "regained falco",
    ] {
      #expect(world.story.contains(line), "\(line) isn't in \(world.story)")
    }
    // The host's boot is another one, as intended. Differences are compared, and are not residue.
    #expect(world.story.contains("residue falco 0"))
    #expect(!world.deeds.contains("survey the controller") && !world.deeds.contains("state the controller"))
  }

  @Test("Differences after a boot that a fault caused are shown and are not residue")
  func differences() throws {
    let world = world([Self.power()])
    world.at(.seconds(12)) { $0.hosts["falco"]?.state.lines.removeLast() }
    #expect(world.run() == .completed)
    let found = world.journal.compactMap { _, event -> [StateDifference]? in
      if case .residueAudited("falco", let differences, []) = event { differences } else { nil }
    }
    #expect(try #require(found.first).map(\.by) == [.others])
  }

  @Test("A reset is effective once its host runs another boot") func reset() throws {
    let world = world([Self.power(mode: "reset")])
    world.bootsAtOnce = true
    #expect(world.run() == .completed)
    #expect(world.faults == [])
    let requested = try #require(world.time(of: "requested the controller"))
    let regained = try #require(world.time(of: "effective 3f9a_1"))
    #expect(regained > requested + .seconds(7), "before falco answered from its new boot")
    let effect = try #require(
      world.journal.compactMap { if case .leaseEffective(let effect) = $0.event { effect } else { nil } }
        .first)
    #expect(effect.evidence == "falco runs boot another boot, and ran boot before")
    #expect(effect.at < requested + .seconds(1))
    // The host was lost 4 s after its connection became silent. Its earlier boot had ended by then.
    #expect((.seconds(3)...Nanoseconds.seconds(5)).contains(effect.uncertainty))
  }

  @Test(
    "A host without power, and one that reboots, has no running domain",
    arguments: ["off", "reset", "reboot"])
  func domains(how: String) throws {
    let world = world(how == "reboot" ? [.unplug()] : [Self.power(.hostOf("web"), mode: how)])
    world.bootsAtOnce = how == "reset"
    if how == "reboot" {
      world.at(.seconds(8)) { world in
        world.hosts["dauntless"]?.boot = "another boot"
        world.cut("dauntless")
      }
      world.at(.seconds(15)) { $0.mend("dauntless") }
    }
    world.run()
    let ends = world.journal.compactMap { if case .domainSeen(let seen) = $0.event { seen } else { nil } }
    let end = try #require(ends.first)
    #expect(ends.count == 1)
    #expect(end.host == "dauntless" && end.domain == "web" && end.state == .off)
    // The true time is within the reported bounds.
    let truth = try #require(
      how == "reboot" ? .seconds(8) : world.time(of: "requested the controller").map { $0 + world.delay })
    #expect(end.at - end.uncertainty <= truth && truth <= end.at + end.uncertainty)
  }

  @Test("A reset whose host runs the same boot afterwards is never effective") func sameBoot() {
    let world = world([Self.power(mode: "reset")])
    world.bootsAtOnce = true
    world.bootsAnew = false
    #expect(world.run() == .completed)
    #expect(world.story.contains("regained falco"))
    #expect(!world.story.contains { $0.hasPrefix("effective") })
  }

  @Test("Quorum counts the host whose power is cut") func quorum() {
    let world = world([Self.power(), .unplug("cut", .at(.zero), .named("dauntless"))])
    guard case .refused(let reasons) = world.run() else { return issue(world) }
    #expect(reasons.contains { $0.contains("takes 2 of 3 hosts") })
  }

  @Test("The controller checks each host that may be chosen at random") func any() {
    let world = world([Self.power(.any)])
    #expect(world.run() == .completed)
    #expect(world.deeds.filter { $0.hasPrefix("check") }.count == 3)
    let refused = self.world([Self.power(.any)])
    refused.hosts[Site.controller.name]?.missing = ["BMC 10.77.3.11: no answer"]
    guard case .refused(let reasons) = refused.run() else { return issue(refused) }
    #expect(reasons.first == "power on the controller: BMC 10.77.3.11: no answer")
  }

  @Test("A refusal by the agent at the controller refuses the run") func refusal() {
    let world = world([Self.power()])
    world.hosts[Site.controller.name]?.refusesRun = "not root: run murphy as root"
    guard case .refused(let reasons) = world.run() else { return issue(world) }
    #expect(reasons == ["the controller: not root: run murphy as root"])
  }

  @Test("Scenarios without a power fault need no agent at the controller") func notNeeded() {
    #expect(World(.rehearsal(), Self.fleet).conductor.sites == ["dauntless", "excelsior", "falco"])
  }

  @Test("A scenario with a lease on a host that is without power is refused") func cutOff() {
    let world = world([Self.power(), .unplug("cut", .at(.seconds(5)), .named("falco"))])
    guard case .refused(let reasons) = world.run() else { return issue(world) }
    #expect(
      reasons.contains {
        $0.contains("cut on falco: its lease can't be taken at 5s, since power cuts off falco")
      })
  }

  @Test("If faults are due at the same time, those on the host are injected before its power is cut")
  func order() throws {
    var scenario = Scenario.rehearsal([Self.power(), .unplug("cut", .at(.zero), .named("falco"))])
    scenario.beyondQuorum = true
    let world = World(scenario, Self.fleet)
    world.run()
    let deeds = world.deeds.filter { $0.hasPrefix("inject") }
    #expect(deeds == ["inject falco 3f9a_2", "inject the controller 3f9a_1"])
  }

  private func issue(_ world: World) { Issue.record("\(world.ending as Any): \(world.story)") }
}
