import Journal
import Scenario
import Testing

@testable import Metrics

/// A fault of 40 s on falco, effective at 10.5 s, that ended early.
@Suite struct ShorterFaultTests {
  private func end(_ firstEnded: Double, lastActive: Double?, _ cause: EndCause = .others) -> LeaseEnded {
    LeaseEnded(
      lease: "l1", lastActive: lastActive.map { s($0) }, firstEnded: s(firstEnded),
      uncertainty: .milliseconds(10), cause: cause, reason: "link eth1 is up")
  }

  private func expectVoid(
    _ run: HandMadeRun, _ reason: String, _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let trial = run.trial
    #expect(trial.void == reason, sourceLocation: sourceLocation)
    #expect(trial.objectives.allSatisfy { $0.verdict == .void(reason) }, sourceLocation: sourceLocation)
    #expect(run.metrics.verdict.reasons.contains { $0.text == reason }, sourceLocation: sourceLocation)
    #expect(run.metrics.verdict.exitCode != 0, sourceLocation: sourceLocation)
  }

  @Test("A fault that another program ends voids the trial with the time and the cause")
  func others() {
    let run = HandMadeRun.ended(by: .deadline, at: 50.5, end(16.5, lastActive: 16.4))
    expectVoid(
      run, "host.unplug on falco was active for 5.9 s of 40 s: ended by something else, link eth1 is up")
    let lease = run.trial.leases[0]
    #expect(lease.held == measured(6, 5.9, 6))
    #expect(lease.ended?.at == Interval(estimate: s(16.5), low: s(16.39), high: s(16.51)))
    // The fault was over at that time, not at its revert.
    #expect(run.trial.milestones.first { $0.kind == .faultOver }?.time == measured(6, 5.88, 6.02))
    #expect(lease.lateBy == .measured(.zero))
  }

  @Test("An end between two distant observations is reported with both")
  func distantObservations() {
    let run = HandMadeRun.ended(by: .watchdog, at: 20, end(20, lastActive: nil))
    expectVoid(
      run,
      "host.unplug on falco was active for 0 s to 9.5 s of 40 s: ended by something else, link eth1 is up")
    #expect(run.trial.leases[0].ended?.at.low == s(10.49))
  }

  @Test("A fault that its watchdog reverts early voids the trial")
  func watchdog() {
    expectVoid(
      .ended(by: .watchdog, at: 10.592, lastActive: 10.59),
      "host.unplug on falco was active for 90 ms of 40 s: reverted by its watchdog, since its agent had died")
  }

  @Test(
    "Each other way in which a fault ends early voids the trial",
    arguments: [
      (RevertCause.stdin, "reverted by its agent, which had lost its controller"),
      (.agent, "reverted by its agent, since its watchdog had died"),
      (.controller, "reverted by the controller"), (.recover, "reverted by murphy recover"),
    ])
  func reverted(cause: RevertCause, words: String) {
    expectVoid(
      .ended(by: cause, at: 30.5, lastActive: 30.5),
      "host.unplug on falco was active for 20 s of 40 s: \(words)")
  }

  @Test("A reboot of the host ends its fault early")
  func aHostThatBootedHadNoFaultAnyMore() {
    let run = HandMadeRun.ended(by: .recover, at: 50.4, end(50.4, lastActive: nil, .reboot))
    expectVoid(run, "host.unplug on falco was active for 0 s to 39.9 s of 40 s: ended by the host's reboot")
  }

  @Test("An effect that came late is a shorter fault")
  func late() {
    var run = HandMadeRun.ended(by: .deadline, at: 50.5, lastActive: 50.5)
    for index in run.events.indices {
      guard case .leaseEffective(var effect) = run.events[index].event else { continue }
      effect.at = s(12)
      run.events[index].event = .leaseEffective(effect)
    }
    expectVoid(
      run,
      "host.unplug on falco was active for 38.5 s of 40 s: reverted at its deadline, and active only from 2 s after its request"
    )
  }

  @Test(
    "A fault is shorter if more than 1 % and more than 0.1 s of the planned time are missing",
    arguments: [(50.1, true), (50.099, false), (50.5, true), (50.6, true)])
  func tolerance(lastActive: Double, isWhole: Bool) {
    let trial = HandMadeRun.ended(by: .deadline, at: max(lastActive, 50.5), lastActive: lastActive).trial
    #expect((trial.void == nil) == isWhole)
    #expect(LeaseMetrics.tolerance(of: .seconds(40)) == .milliseconds(400))
    #expect(LeaseMetrics.tolerance(of: .seconds(2)) == .milliseconds(100))
  }

  @Test("A scenario may accept a shorter fault")
  func counts() {
    var run = HandMadeRun.ended(by: .deadline, at: 50.5, end(16.5, lastActive: 16.5))
    run.scenario.shorterFault = .counts
    #expect(run.trial.void == nil)
    #expect(run.trial.objectives.map(\.verdict) == [.met, .met, .met])
    #expect(!run.metrics.verdict.reasons.contains { $0.outcome == .void })
    #expect(run.trial.leases[0].shortfall != nil)
  }

  @Test("A trial whose fault an abort ends is aborted, and one whose fault ended before is void")
  func aborts() {
    for event in [Event.guardTripped("hosts-down > 1"), .interrupted(signal: "SIGINT")] {
      var run = HandMadeRun.ended(by: .controller, at: 30.5, lastActive: 30.5)
      run.at(30.4, event)
      run.events.sort { $0.at < $1.at }
      #expect(run.trial.void == nil && run.trial.aborted != nil && run.trial.leases[0].shortfall == nil)

      run = HandMadeRun.ended(by: .controller, at: 30.5, end(16.5, lastActive: 16.4))
      run.at(30.4, event)
      run.events.sort { $0.at < $1.at }
      #expect(run.trial.aborted != nil)
      expectVoid(
        run, "host.unplug on falco was active for 5.9 s of 40 s: ended by something else, link eth1 is up")
    }
  }

  @Test("Damage in a void trial counts")
  func damage() {
    var run = HandMadeRun.ended(by: .watchdog, at: 20, lastActive: 20)
    run.events.removeAll { if case .writesAudited = $0.event { true } else { false } }
    run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...900]))))
    #expect(run.trial.void != nil)
    #expect(run.trial.objectives[1].verdict == .missed)
  }

  @Test("In a journal without last observations, a fault counts as active until its revert")
  func earlierJournals() {
    #expect(HandMadeRun.ended(by: .deadline, at: 50.5).trial.leases[0].held == measured(40, 40, 40))
    #expect(HandMadeRun.ended(by: .deadline, at: 50.5).trial.void == nil)
    expectVoid(
      .ended(by: .watchdog, at: 20.5),
      "host.unplug on falco was active for 10 s of 40 s: reverted by its watchdog, since its agent had died")
  }
}
