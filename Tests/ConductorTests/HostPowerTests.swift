import AgentProtocol
import Conductor
import Journal
import Scenario
import Testing

@testable import Simulation

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

  private func rehearsal(_ steps: [Step]) -> Rehearsal { Rehearsal(.rehearsal(steps), Self.fleet) }

  private func expect(_ lines: [String], in rehearsal: Rehearsal) {
    for line in lines {
      #expect(rehearsal.story.contains(line), "\(line) isn't in \(rehearsal.story)")
    }
  }

  @Test("The controller is a site: it cuts a host's power, and the host counts as down") func off() throws {
    let rehearsal = rehearsal([Self.power()])
    #expect(rehearsal.run() == .completed)
    let deeds = rehearsal.deeds.filter {
      $0.hasPrefix("arm") || $0.hasPrefix("inject") || $0.hasPrefix("check")
    }
    #expect(deeds == ["check the controller", "arm the controller sim_1", "inject the controller sim_1"])
    expect(
      [
        "chosen power falco", "requested the controller", "effective sim_1", "lost falco",
        "reverted sim_1 deadline", "regained falco",
        // The boot has changed as planned, so the differences are compared and are not residue.
        "residue falco 0",
      ], in: rehearsal)
    #expect(
      !rehearsal.deeds.contains("survey the controller") && !rehearsal.deeds.contains("state the controller"))
    #expect(rehearsal.host("falco").boot == "2" && rehearsal.bmc(of: "falco").isOn)
  }

  @Test("Differences after a boot that a fault caused are shown and are not residue")
  func differences() throws {
    let rehearsal = rehearsal([Self.power()])
    rehearsal.at(.seconds(12)) { $0.host("falco").state.lines.removeLast() }
    #expect(rehearsal.run() == .completed)
    let found = rehearsal.journal.compactMap { entry -> [StateDifference]? in
      if case .residueAudited("falco", let differences, []) = entry.event { differences } else { nil }
    }
    #expect(try #require(found.first).map(\.by) == [.others])
  }

  @Test("A reboot is effective once its host runs another boot", arguments: ["cycle", "reset"])
  func reboot(mode: String) throws {
    let rehearsal = rehearsal([Self.power(mode: mode)])
    #expect(rehearsal.run() == .completed)
    let requested = try #require(rehearsal.time(of: "requested the controller"))
    let known = try #require(rehearsal.time(of: "effective sim_1"))
    let ended = try #require(rehearsal.host("falco").bootsEnded.first)
    #expect(known > ended + .seconds(3), "before falco answered from its new boot")
    let effect = try #require(
      rehearsal.journal.compactMap {
        if case .leaseEffective(let effect) = $0.event { effect } else { nil }
      }.first)
    #expect(effect.evidence == "falco runs boot 2, and ran 1 before")
    #expect(effect.at < requested + .seconds(1))
    // The host was lost 4 s after its connection became silent. Its earlier boot had ended by then.
    #expect((.seconds(3)...Nanoseconds.seconds(5)).contains(effect.uncertainty))
  }

  @Test("If a host was out of reach before its reboot, only its answer dates the reboot")
  func outOfReach() throws {
    let rehearsal = rehearsal([Self.power(mode: "reset", .at(.seconds(8)))])
    rehearsal.once("phase faults") { rehearsal in
      rehearsal.host("falco").cutCable()
      rehearsal.at(rehearsal.now + .seconds(20)) { $0.host("falco").mendCable() }
    }
    rehearsal.run()
    let lost = try #require(rehearsal.time(of: "lost falco"))
    #expect(try lost < #require(rehearsal.time(of: "requested the controller")))
    let effect = try #require(
      rehearsal.journal.compactMap {
        if case .leaseEffective(let effect) = $0.event { effect } else { nil }
      }.first)
    let truth = try #require(rehearsal.host("falco").bootsEnded.first)
    #expect(effect.at - effect.uncertainty <= truth && truth <= effect.at + effect.uncertainty)
    #expect(try effect.at + effect.uncertainty >= #require(rehearsal.time(of: "effective sim_1")))
  }

  @Test("If a host was down before a reboot, the bounds of the reboot have the end of its boot")
  func downBefore() throws {
    var again = Self.power(mode: "reset", .at(.milliseconds(3500)))
    again.name = "again"
    let rehearsal = rehearsal([Self.power(mode: "cycle"), again])
    rehearsal.run()
    let effects = rehearsal.journal.compactMap {
      if case .leaseEffective(let effect) = $0.event { effect } else { nil }
    }
    #expect(effects.map(\.lease) == ["sim_1", "sim_2"])
    let truth = try #require(rehearsal.host("falco").bootsEnded.first)
    #expect(rehearsal.host("falco").bootsEnded == [truth])
    for effect in effects {
      #expect(effect.at - effect.uncertainty <= truth && truth <= effect.at + effect.uncertainty)
    }
  }

  @Test(
    "A host without power, and one that reboots, has no running domain",
    arguments: ["off", "reset", "by itself"])
  func domains(how: String) throws {
    let isByFault = how != "by itself"
    let rehearsal = rehearsal(isByFault ? [Self.power(.hostOf("web"), mode: how)] : [.unplug()])
    if !isByFault { rehearsal.at(.seconds(8)) { $0.host("dauntless").losePower(for: .seconds(7)) } }
    rehearsal.run()
    let ends = rehearsal.journal.compactMap {
      if case .domainSeen(let seen) = $0.event { seen } else { nil }
    }
    let end = try #require(ends.first)
    #expect(ends.count == 1)
    #expect(end.host == "dauntless" && end.domain == "web" && end.state == .off)
    // The true time is within its bounds.
    let truth = try #require(rehearsal.host("dauntless").bootsEnded.first)
    #expect(end.at - end.uncertainty <= truth && truth <= end.at + end.uncertainty)
  }

  @Test("A reset whose host runs the same boot afterwards is never effective") func sameBoot() {
    let rehearsal = rehearsal([Self.power(mode: "reset")])
    rehearsal.bmc(of: "falco").ignoresChanges = true
    rehearsal.once("inject") { rehearsal in
      rehearsal.host("falco").cutCable()
      rehearsal.at(rehearsal.now + .seconds(8)) { $0.host("falco").mendCable() }
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("regained falco"))
    #expect(!rehearsal.story.contains { $0.hasPrefix("effective") })
  }

  @Test("Quorum counts the host whose power is cut") func quorum() {
    let rehearsal = rehearsal([Self.power(), .unplug("cut", .at(.zero), .named("dauntless"))])
    guard case .refused(let reasons) = rehearsal.run() else { return issue(rehearsal) }
    #expect(reasons.contains("\(RunReason.tooManyHosts(taken: 2, of: 3, left: 1, quorum: 2))"), "\(reasons)")
  }

  @Test("The controller checks each host that may be chosen at random") func any() {
    let rehearsal = rehearsal([Self.power(.any)])
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("check") }.count == 3)
  }

  @Test("A run is refused with the BMC's own answer", arguments: ["silent", "wrong password", "off"])
  func refusedByBMC(how: String) {
    let rehearsal = rehearsal([Self.power(.any)])
    let bmc = rehearsal.bmc(of: "falco")
    let reason: String
    switch how {
    case "silent":
      bmc.isSilent = true
      reason = "BMC 10.77.3.13: no answer"
    case "wrong password":
      bmc.refusal = "BMC 10.77.3.13: RAKP 2 HMAC is invalid"
      reason = "BMC 10.77.3.13: RAKP 2 HMAC is invalid"
    default:
      bmc.switchOffByHand()
      reason = "falco has no power according to its BMC 10.77.3.13: no power could be cut"
    }
    guard case .refused(let reasons) = rehearsal.run() else { return issue(rehearsal) }
    #expect(reasons.contains("power on the controller: \(reason)"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("arm") })
  }

  @Test("A refusal by the agent at the controller refuses the run") func refusal() {
    let rehearsal = rehearsal([Self.power()])
    rehearsal.controllerSite.refusal = .failed(reason: "not root: run murphy as root")
    guard case .refused(let reasons) = rehearsal.run() else { return issue(rehearsal) }
    #expect(reasons == ["the controller: not root: run murphy as root"])
  }

  @Test("A scenario without such a fault needs no agent at the controller") func notNeeded() {
    #expect(
      Rehearsal(.rehearsal(), Self.fleet).conductor.sites == ["dauntless", "excelsior", "falco"])
  }

  @Test("A lease on a host without power is refused before the injection") func cutOff() {
    let rehearsal = rehearsal([Self.power(), .unplug("cut", .at(.seconds(5)), .named("falco"))])
    guard case .refused(let reasons) = rehearsal.run() else { return issue(rehearsal) }
    let reason = RunReason.cutOff(
      step: "cut", host: "falco", due: .seconds(5), by: "power", cut: "falco",
      during: Nanoseconds.zero..<Nanoseconds.seconds(10))
    #expect(reasons.contains("\(reason)"), "\(reasons)")
  }

  @Test("If faults are due at the same time, those on the host are injected before its power is cut")
  func order() throws {
    var scenario = Scenario.rehearsal([Self.power(), .unplug("cut", .at(.zero), .named("falco"))])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario, Self.fleet)
    rehearsal.run()
    let deeds = rehearsal.deeds.filter { $0.hasPrefix("inject") }
    #expect(deeds == ["inject falco sim_2", "inject the controller sim_1"])
  }

  // MARK: What reverts it

  /// The remaining processes of Murphy if the controller dies while a host has no power.
  enum Survivors: CaseIterable { case agentAndWatchdog, agent, watchdog, none, noneAndReboot }

  @Test("If the controller dies, a host's power is restored", arguments: Survivors.allCases)
  func controllerDies(survivors: Survivors) throws {
    let rehearsal = rehearsal([Self.power()])
    var isOnBeforeRecover = false
    rehearsal.once("effective sim_1") { rehearsal in
      let site = rehearsal.controllerSite
      #expect(!rehearsal.bmc(of: "falco").isOn)
      rehearsal.simulation.controller.die()
      if survivors != .agentAndWatchdog, survivors != .agent { for agent in site.sessions { agent.end() } }
      if survivors != .agentAndWatchdog, survivors != .watchdog {
        for watchdog in site.watchdogs { watchdog.end() }
      }
      if survivors == .noneAndReboot { site.losePower(for: .seconds(5)) }
      // If a process is left, this is ten seconds after the injection, long before the deadline.
      rehearsal.at(rehearsal.now + .seconds(4)) { isOnBeforeRecover = $0.bmc(of: "falco").isOn }
    }
    rehearsal.run()
    #expect(rehearsal.ending == nil)
    #expect(isOnBeforeRecover == (survivors != .none && survivors != .noneAndReboot))
    #expect(rehearsal.bmc(of: "falco").isOn && rehearsal.host("falco").isUp)
    #expect(rehearsal.controllerSite.disk.isEmpty)
  }

  @Test("If the agent at the controller is stopped, its watchdog switches the power on") func stopped() {
    let rehearsal = rehearsal([Self.power()])
    rehearsal.once("effective sim_1") { rehearsal in
      for agent in rehearsal.controllerSite.sessions { agent.stop(for: .seconds(100)) }
    }
    #expect(rehearsal.run() == .completed)
    expect(["reverted sim_1 watchdog"], in: rehearsal)
  }

  @Test("A BMC that doesn't answer at the lease's end is queried until it answers") func silentAtEnd() throws
  {
    let rehearsal = rehearsal([Self.power()])
    var back: Nanoseconds?
    rehearsal.once("effective sim_1") { rehearsal in
      rehearsal.bmc(of: "falco").isSilent = true
      rehearsal.at(rehearsal.now + .seconds(40)) { rehearsal in
        rehearsal.bmc(of: "falco").isSilent = false
        back = rehearsal.now
      }
    }
    #expect(rehearsal.run() == .completed)
    let reverted = try #require(rehearsal.times(of: "reverted sim_1").first)
    #expect(try reverted > #require(back))
  }

  @Test("If a BMC cuts the power after its agent has stopped waiting for it, the agent switches the power on")
  func late() {
    let rehearsal = rehearsal([Self.power()])
    rehearsal.bmc(of: "falco").delay = .seconds(25)
    // The lease has ended by then.
    let reason = "lease sim_1: it was over before its fault was injected; the fault was undone"
    #expect(rehearsal.run() == .aborted("power on the controller could not be done: \(reason)"))
    #expect(rehearsal.host("falco").bootsEnded.count == 1 && rehearsal.bmc(of: "falco").isOn)
    // The repeated undo ends the doubt, so the record needs no `recover`.
    #expect(rehearsal.deeds.contains("forget the controller sim_1"))
    #expect(rehearsal.controllerSite.disk.isEmpty)
  }

  @Test("A host that an operator switches on ends its fault early, and the journal has it") func byHand() {
    let rehearsal = rehearsal([Self.power()])
    rehearsal.once("effective sim_1") { rehearsal in
      rehearsal.at(rehearsal.now + .seconds(2)) { $0.controllerSite.endByOthers() }
    }
    rehearsal.run()
    expect(["ended sim_1 others"], in: rehearsal)
  }

  private func issue(_ rehearsal: Rehearsal) {
    Issue.record("\(rehearsal.ending as Any): \(rehearsal.story)")
  }
}
