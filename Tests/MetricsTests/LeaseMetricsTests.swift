import Journal
import Metrics
import Scenario
import Testing

@Suite struct LeaseMetricsTests {
  @Test("The time to effect has the uncertainty of the host's clock")
  func effectCarriesTheClocksUncertainty() {
    let trial = HandMadeRun.unplugged().trial
    #expect(trial.timeToEffect == measured(0.5, 0.49, 0.51))
    #expect(trial.leases[0].took == .milliseconds(3))
    #expect(trial.leases[0].revertedBy == .deadline)
    #expect(trial.leases[0].lateBy == .measured(.zero))
    #expect(trial.void == nil)
  }

  @Test("The slowest of several leases counts")
  func theWorstOfTheLeasesCounts() {
    var run = HandMadeRun.unplugged()
    run.at(
      20,
      .leaseRequested(
        LeaseRequested(
          lease: "l2", step: "second", host: "excelsior", fault: "link.drop", object: "eth1",
          duration: .seconds(10), cutsControlPath: false)))
    run.at(
      22,
      .leaseEffective(
        LeaseEffective(lease: "l2", at: s(22), uncertainty: .zero, took: s(2), evidence: "no carrier")))
    run.at(
      40, .leaseReverted(LeaseReverted(lease: "l2", at: s(35), uncertainty: .zero, cause: .watchdog)))
    let trial = run.trial
    #expect(trial.timeToEffect == measured(2, 2, 2))
    #expect(trial.leases[1].lateBy == measured(3, 3, 3))
    #expect(trial.effective == Interval(s(10.5), uncertainty: .milliseconds(10)))
  }

  @Test("An effect that an uncertain clock dates before its request took no time")
  func anEffectSeenBeforeItsRequestByAnUncertainClockTookNoTime() {
    var run = HandMadeRun()
    run.at(10, .phaseBegan(.faults))
    run.at(
      10,
      .leaseRequested(
        LeaseRequested(
          lease: "l", step: "s", host: "falco", fault: "host.unplug", object: "", duration: .seconds(1),
          cutsControlPath: false)))
    run.at(
      10.1,
      .leaseEffective(
        LeaseEffective(lease: "l", at: s(9.99), uncertainty: s(0.03), took: s(0.001), evidence: "")))
    #expect(run.trial.timeToEffect == measured(0, 0, 0.02))
  }

  @Test("The revert of a lease that was never reverted is censored")
  func aLeaseNeverRevertedIsCensored() {
    var run = HandMadeRun.unplugged()
    run.events.removeAll { if case .leaseReverted = $0.event { true } else { false } }
    // Due at 50.5, the last entry is at 100.
    #expect(run.trial.leases[0].lateBy == .censored(moreThan: s(100 - 50.51)))
  }

  @Test("A fault without an effect voids the trial and all its objectives")
  func aFaultWithoutEffectVoidsTheTrial() {
    var run = HandMadeRun.unplugged([
      Objective(subject: "website", metric: .downtime, relation: .max, limit: s(60).count),
      Objective(subject: nil, metric: .residue, relation: .max, limit: 0),
    ])
    run.events.removeAll { if case .leaseEffective = $0.event { true } else { false } }
    run.at(11, .leaseFailed(lease: "l1", message: "eth9 is not a link"))
    for host in run.fleet.hosts { run.at(100, .residueAudited(host: host.name, differences: [])) }
    run.samples(o(900))
    let trial = run.trial
    #expect(trial.void == "host.unplug on falco never became effective: eth9 is not a link")
    #expect(
      trial.objectives[0].verdict == .void("host.unplug on falco never became effective: eth9 is not a link"))
    #expect(
      trial.objectives[1].verdict == trial.objectives[0].verdict, "it tried nothing, so it meets nothing")
    #expect(trial.residue.count == .counted(0))
    #expect(run.metrics.verdict.outcome == .void)
  }
}
