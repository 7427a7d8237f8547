import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// Leases that fail in some way. Every fault must be reverted, or be named at the end.
@Suite struct LeaseTests {
  private func expectAborted(
    _ rehearsal: Rehearsal, naming words: any CustomStringConvertible,
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .aborted(let reason) = rehearsal.ending else {
      Issue.record("\(rehearsal.ending as Any)", sourceLocation: sourceLocation)
      return
    }
    #expect(reason.contains("\(words)"), sourceLocation: sourceLocation)
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

  @Test("A refused lease voids the trial and reverts the other fault")
  func aLeaseThatIsRefusedVoidsTheTrialAndRevertsTheOther() {
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
    // A lease that its host never armed is not a reason to wait for its end.
    #expect(rehearsal.endedAt < .seconds(30), "it took until \(rehearsal.endedAt)")
  }

  @Test("A record that a host wrote late for a lease that was refused is deleted")
  func lateRecord() {
    let rehearsal = Rehearsal(.rehearsal(steps))
    let host = rehearsal.host("dauntless")
    // The host's agent is stopped after it has read the request. It continues after the run has listed the records
    // twice by another session.
    var stopped: AgentSession?
    var lists = 0
    host.losesRequest = { [unowned rehearsal] request in
      switch request {
      case .arm where stopped == nil:
        stopped = host.sessions.first
        rehearsal.simulation.after(Nanoseconds(250_000)) { stopped?.stop(for: .seconds(10_000)) }
      case .leases:
        lists += 1
        if lists == 3 { stopped?.resume() }
      default: break
      }
      return false
    }
    rehearsal.run()
    expectAborted(rehearsal, naming: RunReason.leaseLate(step: "freeze", host: "dauntless"))
    #expect(rehearsal.deeds.contains("forget dauntless sim_2"))
    #expect(host.disk.isEmpty)
  }

  @Test("A failed injection voids the trial and reverts the other fault")
  func aFaultThatIsRefusedVoidsTheTrialAndRevertsTheOther() {
    let rehearsal = Rehearsal(.rehearsal(steps))
    rehearsal.host("falco").controlPath.links = []
    rehearsal.host("dauntless").injectionWorks = false
    rehearsal.run()
    expectAborted(rehearsal, naming: "lease sim_2: refused")
    #expect(rehearsal.story.contains("requested dauntless"))
    #expect(rehearsal.story.contains("reverted sim_1 controller"))
  }

  @Test("The revert of a failed injection is recorded though the controller never requested it")
  func theEndOfAFaultThatFailedIsReportedThoughItWasNotAskedFor() {
    let rehearsal = Rehearsal(.rehearsal())
    let host = rehearsal.host("falco")
    host.injectionWorks = false
    // The path is cut before the host can report the failure, so the run can't ask the host. The reports arrive when
    // the path is restored, before the next connection is made.
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

  @Test("A host that doesn't arm its lease in time voids the trial")
  func aLeaseThatIsNotTakenInTimeVoidsTheTrial() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.lose("arm", to: "falco")
    rehearsal.run()
    expectAborted(rehearsal, naming: RunReason.leaseLate(step: "cut", host: "falco"))
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test("A lease that ends before its injection voids the trial")
  func aLeaseThatEndsBeforeItsFaultVoidsTheTrial() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    // The session ends between arming and injection, and the host reverts the armed lease.
    rehearsal.at(.seconds(7)) { $0.simulation.controller.servingWire(of: "falco")?.endAtHost() }
    rehearsal.run()
    expectAborted(rehearsal, naming: "falco")
    #expect(rehearsal.voids.count == 1)
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("inject") })
  }

  @Test("A revert that isn't reported is requested again")
  func aRevertThatIsNotReportedIsAskedForAgain() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.breakUndo(on: "falco", until: .seconds(40))
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.count { $0 == "revert falco sim_1" } > 2)
    #expect(rehearsal.story.count { $0 == "reverting sim_1 controller" } == 1)
    #expect(rehearsal.story.contains { $0.hasPrefix("reverted sim_1") })
  }

  @Test("A fault whose revert never succeeds is named at the end of the run")
  func aRevertThatNeverComesIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.breakUndo(on: "falco")
    #expect(
      rehearsal.run()
        == .faultsActive(["falco: host.unplug eth0, eth1 (carrier), lease sim_1: device is busy"]))
    #expect(rehearsal.deeds.count { $0 == "revert falco sim_1" } > 20)
    #expect(rehearsal.deeds.suffix(2) == ["stop probes", "finish"])
  }

  @Test("A lease in doubt is named at the end of the run, though its host has reported its revert")
  func inDoubt() {
    let rehearsal = Rehearsal(.rehearsal())
    let host = rehearsal.host("falco")
    host.controlPath.links = []
    // Its agent dies between the log entry before the injection and the entry of the effect.
    func strike() {
      if host.disk["sim_1"]?.isInDoubt == true { return host.sessions.forEach { $0.end() } }
      rehearsal.simulation.after(Nanoseconds(10_000), strike)
    }
    rehearsal.once("arm falco") { _ in strike() }
    var isKept = false
    rehearsal.once("finish") { _ in isKept = host.disk["sim_1"]?.revert?.cause == .watchdog }
    #expect(
      rehearsal.run()
        == .faultsActive([
          "falco: host.unplug eth0, eth1 (carrier), lease sim_1: "
            + "its injection was never confirmed, so it may still begin"
        ]))
    #expect(rehearsal.story.contains("reverted sim_1 watchdog"))
    #expect(isKept, "the record is left for recover")
    #expect(rehearsal.activeAtEnd == [])
  }

  @Test("A failed injection that its agent reverted leaves no doubt and no record")
  func failedWithoutDoubt() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").injectionWorks = false
    #expect(rehearsal.run() == .aborted("cut on falco could not be done: lease sim_1: refused"))
    #expect(rehearsal.deeds.contains("forget falco sim_1"))
    #expect(rehearsal.host("falco").disk.isEmpty)
  }

  @Test("A fault on a host that never returns is named at the end of the run")
  func aHostThatNeverComesBackIsNamed() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.seconds(9)) { $0.host("falco").losePower(for: .seconds(10_000)) }
    #expect(
      rehearsal.run()
        == .faultsActive([
          "falco: host.unplug eth0, eth1 (carrier), lease sim_1: its host has not reported its revert"
        ]))
  }

  @Test("A fault that another program ends is reported once, and its lease continues until its revert")
  func endedByOthers() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.at(.seconds(10)) { $0.host("falco").endByOthers() }
    // The revert repeats the early end.
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.filter { $0.hasPrefix("ended") } == ["ended sim_1 others"])
    #expect(rehearsal.story.contains("reverted sim_1 deadline"))
    #expect(rehearsal.voids == [], "the metrics judge that")
  }

  @Test("An early end that is reported after the revert is in the journal")
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

  @Test("An early end that is reported before the effect is written after it, and never without it")
  func endedReportedEarly() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    // The reply is lost, and the host's later report arrives in the audit.
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

  /// Moves the suspended domain to a host at a given time.
  private func migration(at time: Nanoseconds, to host: String) -> Rehearsal {
    let rehearsal = Rehearsal(
      .rehearsal([
        Step(
          name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
      ]))
    rehearsal.at(time) { $0.host(host).orphans["sim_1"] = "web" }
    return rehearsal
  }

  @Test("A domain that was migrated while frozen is resumed on its new host at the lease's end")
  func aDomainThatWasMigratedWhileItWasFrozenIsRevertedAtItsLeasesEnd() throws {
    let rehearsal = migration(at: .seconds(12), to: "falco")
    #expect(rehearsal.run() == .completed)
    let thawed = try #require(rehearsal.time(of: "thaw falco sim_1"))
    #expect(thawed == rehearsal.time(of: "reverted sim_1 deadline"))
    #expect(
      rehearsal.deeds.contains("thaw excelsior sim_1") && !rehearsal.deeds.contains("thaw dauntless sim_1"))
    #expect(rehearsal.story.contains("residue falco 0"))
  }

  @Test(
    "A frozen domain that arrives on another host later is resumed before the audit",
    arguments: ["falco", "dauntless"])
  func oneThatArrivesLaterIsRevertedBeforeTheAudit(host: String) {
    let rehearsal = migration(at: .seconds(19), to: host)
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.host(host).orphans == [:])
    #expect(rehearsal.story.contains("residue \(host) 0"))
  }

  @Test("A lease whose injection request was lost ends at its deadline")
  func aFaultWhoseCommandWasLostEndsAtItsDeadline() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.lose("inject", to: "falco")
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("requested falco"))
    #expect(!rehearsal.story.contains("effective sim_1"))
    #expect(rehearsal.story.contains("reverted sim_1 deadline"))
  }
}
