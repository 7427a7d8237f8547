import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// Leases that don't do as they should: whatever happens, everything is reverted, or what isn't is named.
@Suite struct LeaseTests {
  private func expectAborted(
    _ rehearsal: Rehearsal, naming words: String, _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)", sourceLocation: sourceLocation)
      return
    }
    #expect(reason.contains(words), sourceLocation: sourceLocation)
    #expect(rehearsal.activeAtEnd == [], sourceLocation: sourceLocation)
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
    let rehearsal = Rehearsal(.rehearsal(steps))
    rehearsal.host("falco").controlPath.links = []
    rehearsal.host("dauntless").diskWorks = false
    rehearsal.run()
    expectAborted(rehearsal, naming: "the disk refuses")
    #expect(rehearsal.story.contains("failed sim_2"))
    #expect(rehearsal.story.contains("reverting sim_1 controller"))
    #expect(rehearsal.story.contains("reverted sim_1 controller"))
    #expect(rehearsal.story.suffix(4).first == "phase audit", "what was done is audited")
    #expect(rehearsal.voids == ["freeze on dauntless: lease sim_2: the disk refuses"])
    #expect(!rehearsal.deeds.contains("inject dauntless sim_2"))
    // A lease that its host never took is no reason to wait for its end.
    #expect(rehearsal.endedAt < .seconds(30), "it took until \(rehearsal.endedAt)")
  }

  @Test("A record that a host writes late, of a lease that it never had, is deleted in the audit")
  func lateRecord() {
    let rehearsal = Rehearsal(.rehearsal(steps))
    let host = rehearsal.host("dauntless")
    // Its agent is stopped after it has read the request, and continues after the run has asked for all records again.
    var stopped: AgentSession?
    host.losesRequest = { [unowned rehearsal] request in
      switch request {
      case .arm where stopped == nil:
        stopped = host.sessions.first
        rehearsal.simulation.after(Nanoseconds(250_000)) { stopped?.stop(for: .seconds(10_000)) }
      case .leases where rehearsal.story.contains("phase audit"): stopped?.resume()
      default: break
      }
      return false
    }
    rehearsal.run()
    expectAborted(rehearsal, naming: "dauntless did not take its lease in time")
    #expect(rehearsal.deeds.contains("forget dauntless sim_2"))
    #expect(host.disk.isEmpty)
  }

  @Test func aFaultThatIsRefusedVoidsTheTrialAndRevertsTheOther() {
    let rehearsal = Rehearsal(.rehearsal(steps))
    rehearsal.host("falco").controlPath.links = []
    rehearsal.host("dauntless").injectionWorks = false
    rehearsal.run()
    expectAborted(rehearsal, naming: "lease sim_2: refused")
    #expect(rehearsal.story.contains("requested dauntless"))
    #expect(rehearsal.story.contains("reverted sim_1 controller"))
  }

  @Test func theEndOfAFaultThatFailedIsReportedThoughItWasNotAskedFor() {
    let rehearsal = Rehearsal(.rehearsal())
    let host = rehearsal.host("falco")
    host.injectionWorks = false
    // Its path is cut before it can report the failure, so that nothing can be asked of it. The reports arrive once the
    // path is mended, before the next connection is made.
    host.losesRequest = { [unowned rehearsal] request in
      if case .inject = request { rehearsal.simulation.after(Nanoseconds(250_000)) { host.cutCable() } }
      return false
    }
    rehearsal.at(.seconds(14)) { _ in host.mendCable() }
    rehearsal.run()
    #expect(rehearsal.story.contains("requested falco"))
    #expect(rehearsal.story.contains("failed sim_1"))
    #expect(rehearsal.story.contains("reverted sim_1 agent"))
    #expect(!rehearsal.story.contains { $0.hasPrefix("reverting") })
  }

  @Test func aLeaseThatIsNotTakenInTimeVoidsTheTrial() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.lose("arm", to: "falco")
    rehearsal.run()
    expectAborted(rehearsal, naming: "falco did not take its lease in time")
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aLeaseThatEndsBeforeItsFaultVoidsTheTrial() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    // Its session ends between arming and the fault, and its host reverts what isn't active yet.
    rehearsal.at(.seconds(7)) { $0.simulation.controller.servingWire(of: "falco")?.endAtHost() }
    rehearsal.run()
    expectAborted(rehearsal, naming: "falco")
    #expect(rehearsal.voids.count == 1)
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test func aRevertThatIsNotReportedIsAskedForAgain() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.breakUndo(on: "falco", until: .seconds(40))
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.count { $0 == "revert falco sim_1" } > 2)
    #expect(rehearsal.story.count { $0 == "reverting sim_1 controller" } == 1)
    #expect(rehearsal.story.contains { $0.hasPrefix("reverted sim_1") })
  }

  @Test func aRevertThatNeverComesIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.breakUndo(on: "falco")
    #expect(
      rehearsal.run()
        == .faultsActive(["falco: host.unplug eth0, eth1 (carrier), lease sim_1: device is busy"]))
    #expect(rehearsal.deeds.count { $0 == "revert falco sim_1" } > 20)
    #expect(rehearsal.deeds.suffix(2) == ["stop probes", "finish"])
  }

  @Test func aHostThatNeverComesBackIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.seconds(9)) { $0.host("falco").losePower(for: .seconds(10_000)) }
    #expect(
      rehearsal.run()
        == .faultsActive([
          "falco: host.unplug eth0, eth1 (carrier), lease sim_1: its host has not reported its revert"
        ]))
  }

  @Test("A fault that others end is reported once, and its lease continues until its revert")
  func endedByOthers() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.at(.seconds(10)) { $0.host("falco").endByOthers() }
    // The revert reports it again.
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.filter { $0.hasPrefix("ended") } == ["ended sim_1 others"])
    #expect(rehearsal.story.contains("reverted sim_1 deadline"))
    #expect(rehearsal.voids == [], "the metrics judge that")
  }

  @Test("An end that is reported after the revert is journaled")
  func endedReportedLate() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    var conductor: Conductor?
    rehearsal.at(.seconds(20)) { conductor = $0.conductor }
    #expect(rehearsal.run() == .completed)
    let end = LeaseEnded(
      lease: "sim_1", lastActive: .seconds(9), firstEnded: .seconds(10), uncertainty: .milliseconds(1),
      cause: .others, reason: "link eth1 is up")
    let journaled = conductor?.handle(.ended(end), at: .seconds(20)).contains {
      if case .record(.leaseEnded(end)) = $0 { true } else { false }
    }
    #expect(journaled == true)
    #expect(rehearsal.time(of: "reverted sim_1 deadline").map { $0 < .seconds(20) } == true)
  }

  @Test("An end that is reported before the effect is journaled after it, and never without it")
  func endedReportedEarly() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    // Its reply is lost, and what the host reports of it comes with the audit.
    rehearsal.loseEffects(of: "falco")
    rehearsal.at(.seconds(10)) { $0.host("falco").endByOthers() }
    #expect(rehearsal.run() == .completed)
    let end = try #require(rehearsal.story.firstIndex(of: "ended sim_1 others"))
    #expect(rehearsal.story[end - 1] == "effective sim_1")

    let idle = Rehearsal(.rehearsal())
    idle.lose("inject", to: "falco")
    idle.at(.seconds(10)) { rehearsal in
      let host = rehearsal.host("falco")
      let end = EarlyEnd(firstEnded: host.reading, boot: host.boot, cause: .others, reason: "link eth1 is up")
      rehearsal.notice(.ended(lease: "sim_1", end), from: "falco")
    }
    #expect(idle.run() == .completed)
    #expect(!idle.story.contains("ended sim_1 others"))
  }

  /// The suspended domain moves to a host at a time.
  private func migration(at time: Nanoseconds, to host: String) -> Rehearsal {
    let rehearsal = Rehearsal(
      .rehearsal([
        Step(
          name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
      ]))
    rehearsal.at(time) { $0.host(host).orphans["sim_1"] = "web" }
    return rehearsal
  }

  @Test func aDomainThatWasMigratedWhileItWasFrozenIsRevertedAtItsLeasesEnd() throws {
    let rehearsal = migration(at: .seconds(12), to: "falco")
    #expect(rehearsal.run() == .completed)
    let thawed = try #require(rehearsal.time(of: "thaw falco sim_1"))
    #expect(thawed == rehearsal.time(of: "reverted sim_1 deadline"))
    #expect(
      rehearsal.deeds.contains("thaw excelsior sim_1") && !rehearsal.deeds.contains("thaw dauntless sim_1"))
    #expect(rehearsal.story.contains("residue falco 0"))
  }

  @Test(arguments: ["falco", "dauntless"]) func oneThatArrivesLaterIsRevertedBeforeTheAudit(host: String) {
    let rehearsal = migration(at: .seconds(19), to: host)
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.host(host).orphans == [:])
    #expect(rehearsal.story.contains("residue \(host) 0"))
  }

  @Test func aFaultWhoseCommandWasLostEndsAtItsDeadline() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.lose("inject", to: "falco")
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("requested falco"))
    #expect(!rehearsal.story.contains("effective sim_1"))
    #expect(rehearsal.story.contains("reverted sim_1 deadline"))
  }
}
