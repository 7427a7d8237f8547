import Journal
import Scenario
import Testing

@testable import Metrics

/// The safety promises of every run, also without objectives for them.
@Suite struct SafetyTests {
  /// A run without objectives in which everything was checked and nothing failed.
  private func safe(_ change: (inout HandMadeRun) -> Void = { _ in }) -> HandMadeRun {
    var run = HandMadeRun.unplugged()
    for probe in ["website", "writes"] { run.samples(o(900), of: probe) }
    run.at(0, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3))))
    run.at(0, .viewSeen(view: "manager", .manager(DetectionTests.state())))
    run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...900]))))
    for host in run.fleet.hosts { run.at(100, .residueAudited(host: host.name, differences: [])) }
    change(&run)
    run.events.sort { $0.at < $1.at }
    return run
  }

  private func outcome(_ run: HandMadeRun, _ key: String) -> SafetyResult.Outcome? {
    run.trial.safety.first { $0.key == key }?.outcome
  }

  @Test("A run without objectives and without damage passes")
  func safeRunPasses() {
    let metrics = safe().metrics
    #expect(metrics.verdict.reasons == [] && metrics.verdict.exitCode == 0)
    #expect(
      metrics.trials[0].safety.map(\.key) == [
        "writes.lost", "web.running-twice", "storage.split-brain", "residue",
      ])
    #expect(metrics.safety.map(\.kind) == [.lostWrites, .runningTwice, .splitBrain, .residue])
  }

  @Test("A lost write fails a run without an objective for it")
  func lostWriteFails() {
    let run = safe { run in
      run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...899]))))
    }
    #expect(outcome(run, "writes.lost") == .broken)
    #expect(run.metrics.verdict.outcome == .damage && run.metrics.verdict.exitCode == 1)
  }

  @Test("Replicas that differ fail a run, and one that could not be read leaves it undecided")
  func differingReplicasFail() {
    func run(_ replica: RecordsRead) -> HandMadeRun {
      safe { run in
        let service = RecordsRead(.service, found: RecordsFound(present: [1...900]))
        run.at(100, .writesAudited(WritesAudit(probe: "writes", reads: [service, replica])))
      }
    }
    let place = RecordsRead.Place(.replica, host: "falco", path: "/bricks/web.img")
    let same = run(RecordsRead(place, found: RecordsFound(present: [1...900])))
    #expect(outcome(same, "writes.differing-replicas") == .kept && same.metrics.verdict.outcome == .met)
    let differing = run(RecordsRead(place, found: RecordsFound(present: [1...700])))
    #expect(differing.metrics.verdict.outcome == .damage)
    let unread = run(RecordsRead(place, unreadable: "no answer"))
    #expect(unread.metrics.verdict.outcome == .undecided)
  }

  @Test("A torn record that was acknowledged is lost, and one that was not is allowed")
  func tornAndAcknowledgedIsLost() {
    // Record 900 is torn, so it isn't among those that are present.
    let acknowledged = safe { run in
      run.at(
        100,
        .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...899], tornUnplaced: 1)))
      )
    }
    #expect(acknowledged.metrics.verdict.outcome == .damage)
    let refused = safe { run in
      run.at(
        100,
        .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...900], tornUnplaced: 1)))
      )
    }
    #expect(refused.metrics.verdict.outcome == .met)
  }

  @Test("A machine on two hosts at once fails a run, unless the clocks' uncertainty explains it")
  func runningTwiceFails() {
    func run(until end: Double) -> HandMadeRun {
      safe { run in
        for (host, state, at) in [("excelsior", DomainSeen.State.running, 45.0), ("falco", .off, end)] {
          run.at(
            at,
            .domainSeen(
              DomainSeen(
                host: host, domain: "web-domain", state: state, what: "", at: s(at),
                uncertainty: .milliseconds(10))))
        }
      }
    }
    #expect(run(until: 45.7).metrics.verdict.outcome == .damage)
    #expect(run(until: 45.01).metrics.verdict.outcome == .met)
  }

  @Test("A host without reports may have run a machine that also ran elsewhere")
  func unheardIsNotNever() {
    let run = safe { run in
      run.at(20, .hostLost(host: "falco", reason: "no answer for 4 s"))
      run.at(
        45,
        .domainSeen(
          DomainSeen(
            host: "excelsior", domain: "web-domain", state: .running, what: "", at: s(45),
            uncertainty: .zero)))
    }
    #expect(
      outcome(run, "web.running-twice") == .unknown("falco did not report while it ran on excelsior"))
    #expect(run.trial.placements[0].runningTwice == measured(0, 0, 55))
    #expect(run.metrics.verdict.outcome == .undecided && run.metrics.verdict.exitCode == 1)
  }

  @Test("Split-brain fails a run, even in a view that the scenario doesn't use")
  func splitBrainFails() {
    for views in [["storage", "manager"], ["manager"]] {
      let run = safe { run in
        run.scenario.steady.views = views
        run.at(70, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3, heal: 4, splitBrain: 2))))
      }
      #expect(outcome(run, "storage.split-brain") == .broken)
      #expect(run.metrics.verdict.outcome == .damage)
    }
  }

  @Test("Split-brain during the audit counts; split-brain before the first fault doesn't")
  func splitBrainIsThisRuns() {
    let late = safe {
      $0.at(105, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3, splitBrain: 1))))
    }
    #expect(outcome(late, "storage.split-brain") == .broken)
    let early = safe {
      $0.at(1, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3, splitBrain: 1))))
    }
    #expect(outcome(early, "storage.split-brain") == .kept)
  }

  @Test("A check that could not be done doesn't pass")
  func unknownIsUndecided() {
    let unread = safe { run in
      run.events.removeAll { if case .writesAudited = $0.event { true } else { false } }
    }
    #expect(unread.metrics.verdict.outcome == .undecided)
    let blind = safe { run in
      run.events.removeAll { if case .viewSeen(_, .storage, _, _) = $0.event { true } else { false } }
    }
    #expect(outcome(blind, "storage.split-brain") == .unknown("the view reported nothing"))
    #expect(blind.metrics.verdict.exitCode == 1)
  }

  @Test("Damage in a void trial counts, and its other checks bound no rate")
  func damageCountsInAVoidTrial() {
    let run = safe { run in
      run.events.removeAll { if case .leaseEffective = $0.event { true } else { false } }
      run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...899]))))
    }
    #expect(run.trial.void != nil)
    #expect(run.metrics.verdict.outcome == .damage)
    #expect(run.metrics.safety.map(\.kind) == [.lostWrites])
    #expect(run.metrics.safety[0].failures == 1)
  }

  // MARK: Journals of earlier versions

  @Test("The ending of an older journal is derived from its exit code and its reasons")
  func endsOfEarlierVersions() {
    func verdict(_ code: Int32, _ change: (inout HandMadeRun) -> Void) -> RunVerdict {
      safe { run in
        change(&run)
        run.at(110, .runEnded(exitCode: code))
      }.metrics.verdict
    }
    let refused = verdict(3) { run in
      run.events.removeAll { $0.trial == 1 }
      run.at(9, .baseline(reasons: ["website: 9 of 90 samples failed (refused)"]))
    }
    #expect(refused.reasons.map(\.outcome) == [.refused] && refused.exitCode == 3)
    #expect(
      refused.reasons[0].text == "the baseline isn't healthy: website: 9 of 90 samples failed (refused)")
    let aborted = verdict(4) { $0.at(30, .guardTripped("hosts-down > 1")) }
    #expect(aborted.outcome == .aborted && aborted.reasons[0].text == "guard: hosts-down > 1")
    let active = verdict(5) { run in
      run.events.removeAll { if case .leaseReverted = $0.event { true } else { false } }
    }
    #expect(active.outcome == .faultActive && active.exitCode == 5)
    #expect(active.reasons[0].text == "falco: host.unplug eth0, eth1, lease l1")
    #expect(verdict(0) { _ in }.outcome == .met)
  }
}
