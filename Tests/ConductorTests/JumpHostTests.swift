import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// Hosts that ssh reaches through a host of the fleet.
@Suite struct JumpHostTests {
  private static let behind = ["excelsior": ["dauntless"], "falco": ["dauntless"]]

  /// The jump host is cut for ten seconds, and with it the path to the other hosts, which still run.
  private func rehearsal(
    _ timeline: [Step], guards: [Condition] = [], reachedThrough: [String: [String]] = behind
  ) -> Rehearsal {
    var scenario = Scenario.rehearsal(timeline)
    scenario.guards = guards.map(Scenario.Guard.init(when:))
    let rehearsal = Rehearsal(scenario, reachedThrough: reachedThrough)
    let moment = Nanoseconds.seconds(9)
    rehearsal.at(moment) { rehearsal in
      for host in ["excelsior", "falco"] { rehearsal.host(host).cutCable() }
    }
    rehearsal.at(moment + .seconds(16)) { rehearsal in
      for host in ["excelsior", "falco"] { rehearsal.host(host).mendCable() }
    }
    return rehearsal
  }

  private let cut = Step.unplug("cut", .at(.zero), .named("dauntless"), seconds: 10)

  @Test("A host that is reached through a cut jump host doesn't count as down") func guards() {
    let condition = Condition.exceeds(.hostsDown, 1)
    let known = rehearsal([cut], guards: [condition])
    #expect(known.run() == .completed)
    // Without the list of jump hosts, the other hosts count as down.
    let unknown = rehearsal([cut], guards: [condition], reachedThrough: [:])
    #expect(unknown.run() == .aborted("guard: hosts-down > 1"))
  }

  @Test("The loss of a host behind a cut jump host is not recorded as the platform's") func reasons() {
    let rehearsal = rehearsal([cut])
    #expect(rehearsal.run() == .completed)
    let lost = rehearsal.journal.compactMap { entry -> String? in
      if case .hostLost(let host, let reason) = entry.event { "\(host): \(reason)" } else { nil }
    }
    #expect(
      Set(lost) == [
        "dauntless: no answer for 4 s",
        "excelsior: no answer for 4 s; it is reached through dauntless, which is cut off, so whether excelsior is up "
          + "isn't known",
        "falco: no answer for 4 s; it is reached through dauntless, which is cut off, so whether falco is up isn't known",
      ])
  }

  @Test("A host that only ssh can't reach counts for quorum") func quorum() {
    // The step is armed and injected shortly after the jump host is back, before the other hosts answer again.
    var further = Step.unplug("further", .after(step: "cut", delay: .seconds(3)), .named("dauntless"))
    further.duration = .seconds(5)
    let known = rehearsal([cut, further])
    #expect(known.run() == .completed)
    #expect(known.deeds.filter { $0.hasPrefix("inject") }.count == 2)
    let unknown = rehearsal([cut, further], reachedThrough: [:])
    guard case .aborted(let reason) = unknown.run() else {
      Issue.record("\(unknown.ending as Any)")
      return
    }
    let reasons = (0...1).map { left in
      "\(RunReason.quorumAtInjection(step: "further", left: left, of: 3, quorum: 2, broken: ""))"
    }
    #expect(reasons.contains { reason.hasPrefix($0) }, "\(reason)")
  }

  @Test("A host that a view reports as down is down, also behind a cut jump host") func views() {
    let rehearsal = rehearsal([cut], guards: [.exceeds(.hostsDown, 1)])
    var broken = BrokenHosts(of: .tdf, silent: [], views: PlatformViews(of: .tdf))
    #expect(broken.isEmpty)
    var views = PlatformViews(of: .tdf)
    _ = views.take(.manager(ManagerState(quorate: true, nodes: ["falco": "offline"])), of: "manager")
    broken = BrokenHosts(of: .tdf, silent: [], views: views)
    #expect("\(broken)" == "falco (offline, by manager)")
    _ = rehearsal
  }

  @Test("A host that stays out of reach after its jump host is back counts as down after a time")
  func staysAway() {
    var scenario = Scenario.rehearsal([cut])
    scenario.guards = [.init(when: .exceeds(.hostsDown, 0))]
    scenario.recovery.noProgress = .seconds(100)
    // dauntless itself is cut by hand and returns; falco never returns.
    scenario.timeline = [Step.unplug("late", .at(.seconds(200)), .named("excelsior"))]
    let rehearsal = Rehearsal(scenario, reachedThrough: ["falco": ["dauntless"]])
    rehearsal.at(.seconds(9)) { $0.host("falco").cutCable() }
    #expect(rehearsal.run() == .aborted("guard: hosts-down > 0"), "nothing is in the way of falco")
  }

  @Test(
    "A run waits for a lease behind a cut jump host until that host is back, also after an abort",
    arguments: [false, true])
  func leases(isAborted: Bool) {
    // falco's link carries no control path, and its fault ends while the path to falco is cut for three minutes.
    let drop = Step(
      name: "drop", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named("falco"), network: "internal"), duration: .seconds(5),
      parameters: ["mode": .word("carrier"), "direction": .word("both")])
    var scenario = Scenario.rehearsal([
      drop, .unplug("cut", .at(.seconds(1)), .named("dauntless"), seconds: 180),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario, reachedThrough: ["falco": ["dauntless"]])
    rehearsal.host("falco").controlPath.links = []
    rehearsal.at(.seconds(10)) { $0.host("falco").cutCable() }
    rehearsal.at(.seconds(195)) { $0.host("falco").mendCable() }
    if isAborted { rehearsal.at(.seconds(20)) { $0.interrupt() } }
    #expect(rehearsal.run() == (isAborted ? .aborted("interrupted by SIGINT") : .completed))
  }
}
