import Journal
import Metrics
import Scenario
import Testing

@Suite struct ProbeMetricsTests {
  @Test("The time to recover ends with the begin of the first stable window")
  func recoveryBeginsWithTheFirstStableWindow() {
    // Down from 12.0 to 40.0, then two failures at 41.0 and 41.1, then ok: the window of 10 s begins at 41.2.
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + r(280) + o(10) + r(2) + o(400))
    // Effective 10.5 ± 0.01; the last failure was due at 41.1, the first ok was done at 41.202.
    #expect(run.trial.probes[0].timeToRecover == measured(30.7, 41.1 - 10.51, 41.202 - 10.49))
    #expect(
      run.trial.probes[0].timeToRecoverSinceRevert
        == .notObserved(reason: "it recovered before the fault was reverted"))
  }

  @Test("The time to recover since the revert counts from the request to revert")
  func recoverySinceRevertCountsFromTheRequest() {
    // Down from 12.0 to 55.0; the revert was requested at 50.
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + r(430) + o(300))
    #expect(run.trial.probes[0].timeToRecoverSinceRevert == measured(5.0, 4.9, 5.002))
  }

  @Test("Slow answers are not stable")
  func slowAnswersAreNotStable() {
    // Steady p95 is 2 ms, so the band ends at 52 ms; from 12.0 to 30.0 answers take 400 ms. Five slow ones of a
    // hundred are within the 95th percentile, so the window may begin half a second before they end.
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + sl(180) + o(300))
    #expect(run.trial.probes[0].downtime == .measured(.zero))
    #expect(run.trial.probes[0].timeToRecover == measured(19.0, 29.4 - 10.51, 29.9 - 10.49))
  }

  @Test("A service that was never disturbed recovers in no time")
  func neverDisturbedRecoversAtOnce() {
    var run = HandMadeRun.unplugged()
    run.samples(o(600))
    #expect(run.trial.probes[0].timeToRecover == .measured(.zero))
  }

  @Test("A slow answer near the end of observation is not a failure to recover")
  func aSlipNearTheEndOfObservationIsNotAFailureToRecover() {
    var run = HandMadeRun.unplugged()
    run.samples(o(595) + "s" + o(4))
    #expect(run.trial.probes[0].timeToRecover == .measured(.zero))
  }

  @Test("Recovery is judged by the run's band, if its journal has one")
  func theRunsBandIsUsed() {
    // From the samples alone, the band would end at 52 ms.
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + sl(180) + o(300))
    run.at(10, .baseline(reasons: [], bands: ["website": .milliseconds(400)]))
    #expect(run.trial.probes[0].timeToRecover == .measured(.zero))
  }

  @Test("A service that fails again to the end has not recovered, however stable it was in between")
  func aRelapseIsNoRecovery() {
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + r(280) + o(200) + r(250))
    #expect(run.trial.probes[0].timeToRecover == .censored(moreThan: s(84.9 - 10.51)))
    // In the last window's width another recovery can't be detected.
    var slip = HandMadeRun.unplugged()
    slip.samples(o(120) + r(280) + o(200) + r(90))
    #expect(slip.trial.probes[0].timeToRecover == measured(29.5, 39.9 - 10.51, 40.002 - 10.49))
  }

  @Test("A service without known samples at the end does not count as recovered")
  func unheardIsNotRecovered() {
    var run = HandMadeRun.unplugged()
    run.samples(o(300) + String(repeating: "u", count: 300))
    #expect(
      run.trial.probes[0].timeToRecover == .notObserved(reason: "too many of its last samples are unknown"))
  }

  @Test("Samples that are delivered after a run ended as stable don't change that")
  func whatComesAfterTheDecisionIsNoRelapse() {
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + r(280) + o(200) + r(250))
    run.at(60.1, .recoveryEnded(.stable))
    #expect(run.trial.probes[0].timeToRecover == measured(29.5, 39.9 - 10.51, 40.002 - 10.49))
  }

  @Test("The time to recover of a service that stays unstable is censored")
  func notRecoveredIsCensored() {
    var run = HandMadeRun.unplugged()
    run.samples(o(120) + r(400) + o(50))
    // The last fail was due at 51.9; five seconds of ok are not a stable window.
    #expect(run.trial.probes[0].timeToRecover == .censored(moreThan: s(51.9 - 10.51)))
  }

  @Test("Without an effective fault there is no time to recover")
  func withoutEffectThereIsNothingToRecoverFrom() {
    var run = HandMadeRun()
    run.at(0, .phaseBegan(.steady))
    run.samples(o(100))
    #expect(run.trial.probes[0].timeToRecover == .notObserved(reason: "no fault became effective"))
  }

  @Test("Latency is computed per phase")
  func latencyIsExactByPhase() {
    var run = HandMadeRun.unplugged()
    run.samples(o(197) + sl(3) + r(10) + sl(390))
    let latency = run.trial.probes[0].latency
    #expect(latency.map(\.phase) == [.steady, .faults, .recovery])
    #expect(latency[0].p50 == s(0.002) && latency[0].p99 == s(0.002) && latency[0].max == s(0.002))
    #expect(latency[1].answered == 490 && latency[1].unanswered == 10)
    #expect(latency[1].p50 == s(0.4))
    #expect(run.trial.probes[0].latencyP99 == measured(0.4, 0.4, 0.4))
  }

  @Test("Percentiles of latency are nearest ranks")
  func percentilesAreNearestRank() {
    var run = HandMadeRun.unplugged()
    run.samples(o(98) + sl(2), from: 10)
    let during = run.trial.probes[0].latency[1]
    #expect(during.p50 == s(0.002) && during.p99 == s(0.4) && during.max == s(0.4))
    var other = HandMadeRun.unplugged()
    other.samples(o(99) + sl(1), from: 10)
    #expect(other.trial.probes[0].latency[1].p99 == s(0.002))
  }

  @Test("A phase without an answer has no latency")
  func nothingAnsweredHasNoLatency() {
    var run = HandMadeRun.unplugged()
    run.samples(o(100) + r(500))
    #expect(
      run.trial.probes[0].latencyP99
        == .notObserved(reason: "no sample was answered while faults were active"))
  }
}
