import Faults
import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// A step with a lease on each of several hosts: either all faults are injected, or none stays.
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

  private static func lease(on host: String) -> String { "sim_\((names.firstIndex(of: host) ?? 0) + 1)" }

  @Test("All hosts are armed before any fault is injected, and the fault begins with the first effect")
  func order() throws {
    let rehearsal = Rehearsal(.rehearsal([Self.split()]))
    #expect(rehearsal.run() == .completed)
    let deeds = rehearsal.deeds.filter { $0.hasPrefix("arm ") || $0.hasPrefix("inject ") }
    #expect(
      deeds == Self.names.enumerated().map { "arm \($1) sim_\($0 + 1)" }
        + Self.names.enumerated().map { "inject \($1) sim_\($0 + 1)" })
    #expect(rehearsal.story.contains("chosen split falco"))
    #expect(rehearsal.story.filter { $0.hasPrefix("requested") } == Self.names.map { "requested \($0)" })
    #expect(rehearsal.story.count { $0.hasPrefix("effective") } == 3)
    #expect(rehearsal.story.count { $0.hasSuffix("deadline") } == 3)
    // A step is over when its last lease is.
    let over = try #require(rehearsal.time(of: "phase recovery"))
    #expect(try over >= #require(rehearsal.time(of: "reverted sim_3 deadline")))
  }

  @Test("If one host refuses its lease, no host gets the fault", arguments: names)
  func refusedArming(host: String) {
    let rehearsal = Rehearsal(.rehearsal([Self.split()]))
    rehearsal.host(host).diskWorks = false
    guard case .aborted(let reason) = rehearsal.run() else { return issue(rehearsal) }
    let refusal = "lease \(Self.lease(on: host)): the disk refuses"
    #expect(reason == "\(RunReason.notDone(step: "split", host: host, message: refusal))")
    #expect(rehearsal.voids == ["split on \(host): \(refusal)"])
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test("If a host doesn't arm its lease in time, no host gets the fault") func lateArming() {
    let rehearsal = Rehearsal(.rehearsal([Self.split()]))
    rehearsal.lose("arm", to: "falco")
    guard case .aborted = rehearsal.run() else { return issue(rehearsal) }
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test(
    "If one injection fails, the others are reverted at once, and the run names the one that failed",
    arguments: names)
  func failedInjection(host: String) throws {
    let rehearsal = Rehearsal(.rehearsal([Self.split(seconds: 300)]))
    rehearsal.host(host).injectionWorks = false
    guard case .aborted(let reason) = rehearsal.run() else { return issue(rehearsal) }
    let refusal = "lease \(Self.lease(on: host)): refused"
    #expect(reason == "\(RunReason.notDone(step: "split", host: host, message: refusal))")
    let failed = try #require(
      rehearsal.journal.first { if case .leaseFailed = $0.event { true } else { false } }?.at)
    for lease in ["sim_1", "sim_2", "sim_3"] {
      let asked = try #require(rehearsal.time(of: "reverting \(lease) controller"))
      #expect(asked == failed, "\(lease) must be reverted at once")
      // The host itself reverts what it could not inject.
      let cause = lease == Self.lease(on: host) ? "agent" : "controller"
      #expect(rehearsal.story.contains("reverted \(lease) \(cause)"))
    }
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test("If a lease ends before the injection, no other host gets the fault") func endedBefore() {
    let rehearsal = Rehearsal(.rehearsal([Self.split()]))
    rehearsal.at(.seconds(7)) { $0.simulation.controller.servingWire(of: "falco")?.endAtHost() }
    guard case .aborted(let reason) = rehearsal.run() else { return issue(rehearsal) }
    #expect(reason == "\(RunReason.leaseEnded(step: "split", host: "falco"))")
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  private func issue(_ rehearsal: Rehearsal) {
    Issue.record("\(rehearsal.ending as Any): \(rehearsal.story)")
  }

  // MARK: Quorum

  @Test("Quorum counts the hosts outside the largest side") func budget() {
    func taken(_ steps: [Step]) -> Int {
      HostBudget(.rehearsal(steps), in: .tdf, of: Catalogue.builtIn).taken
    }
    #expect(taken([Self.split()]) == 1)
    #expect(taken([Self.split([["dauntless", "excelsior"], ["falco"]])]) == 1)
    #expect(taken([Self.split([["falco"], ["dauntless"], ["excelsior"]])]) == 2)
    // The same host counts once, even if it is lost twice. Another host counts separately.
    #expect(taken([Self.split(), .unplug("cut")]) == 1)
    #expect(taken([Self.split(), .unplug("cut", .at(.zero), .named("dauntless"))]) == 2)
    #expect(
      taken([Self.split(), .unplug("cut", .after(step: "split", delay: .zero), .named("dauntless"))]) == 1)
  }

  @Test("A partition that leaves less than quorum is refused, or aborts the run if a host is lost meanwhile")
  func quorum() {
    let threeWays = Rehearsal(.rehearsal([Self.split([["falco"], ["dauntless"], ["excelsior"]])]))
    guard case .refused(let reasons) = threeWays.run() else { return issue(threeWays) }
    #expect(reasons.contains("\(RunReason.tooManyHosts(taken: 2, of: 3, left: 1, quorum: 2))"), "\(reasons)")
    // Excelsior is on no side, and its connection is lost between the baseline and the fault.
    let lost = Rehearsal(.rehearsal([Self.split([["falco"], ["dauntless"]])]))
    lost.at(.seconds(3)) { $0.host("excelsior").cutCable() }
    guard case .aborted(let reason) = lost.run() else { return issue(lost) }
    let lossOfQuorum = RunReason.quorumAtInjection(
      step: "split", left: 1, of: 3, quorum: 2, broken: "excelsior (no answer)")
    #expect(reason == "\(lossOfQuorum)")
    #expect(!lost.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test("A partition with a host that another step has cut off is refused") func cutOff() {
    let rehearsal = Rehearsal(
      .rehearsal([
        .unplug("cut", .at(.zero), .named("falco"), seconds: 60),
        Self.split([["falco"], ["dauntless", "excelsior"]], .at(.seconds(5))),
      ]))
    guard case .refused(let reasons) = rehearsal.run() else { return issue(rehearsal) }
    let reason = RunReason.cutOff(
      step: "split", host: "falco", due: .seconds(5), by: "cut", cut: "falco",
      during: Nanoseconds.zero..<Nanoseconds.seconds(60))
    #expect(reasons.contains("\(reason)"), "\(reasons)")
  }
}
