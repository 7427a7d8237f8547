import Journal
import Metrics
import Scenario
import Testing

@Suite struct OutageTests {
  func website(_ pattern: String) -> ProbeMetrics {
    var run = HandMadeRun.unplugged()
    run.samples(pattern)
    return run.trial.probes[0]
  }

  @Test("Samples that are all ok are not an outage")
  func allWellIsNoOutage() {
    let probe = website(o(50))
    #expect(probe.outages.isEmpty)
    #expect(probe.downtime == .measured(.zero))
    #expect(probe.longestOutage == .measured(.zero))
    #expect(probe.outageCount == .counted(0))
  }

  @Test("An outage of refused connections has narrow bounds")
  func refusedRunHasTightBounds() {
    // L due 0.9; f due 1.0, done 1.001; g due 1.9; F due 2.0, done 2.002.
    let probe = website(o(10) + r(10) + o(10))
    #expect(probe.outages.count == 1)
    #expect(probe.outages[0].length == measured(1.0, 0.899, 1.102))
    #expect(probe.outages[0].failed == 10)
    #expect(probe.outages[0].statuses == ["refused"])
    #expect(probe.downtime == measured(1.0, 0.899, 1.102))
  }

  @Test("An outage of timeouts is bounded by the timeouts")
  func timedOutRunIsBoundedByItsTimeouts() {
    // f due 1.0, done 2.0; g due 3.9: at least 1.9 s.
    #expect(website(o(10) + f(30) + o(10)).downtime == measured(3.0, 1.9, 3.102))
  }

  /// The service was down from 0.95 s to 2 s. The request of 1.0 s was lost, and TCP sent it again at 2.001 s.
  @Test("An answer from after an outage doesn't show that the service was up before it")
  func lateAnswerIsNoBeginning() {
    var run = HandMadeRun.unplugged()
    run.samples(o(11) + f(9) + o(10))
    let place = run.samples.firstIndex { $0.probe == "website" && $0.scheduled == s(1.0) }
    run.samples[place ?? 0].completed = s(2.001)
    let probe = run.trial.probes[0]
    #expect(probe.outages.count == 1)
    #expect(probe.outages[0].lastOk == s(0.9))
    // f due 1.1, done 2.1; g due 1.9; F due 2.0, done 2.002.
    #expect(probe.outages[0].length == measured(0.9, 0, 1.102))
    #expect(probe.downtime == measured(0.9, 0, 1.102))
  }

  @Test("An outage of one sample may have lasted no time")
  func oneSampleOutageMayHaveBeenNoTimeAtAll() {
    #expect(website(o(10) + r(1) + o(10)).downtime == measured(0.1, 0, 0.202))
  }

  @Test("The downtime of two outages is their sum")
  func twoOutagesAddUp() {
    let probe = website(o(10) + r(10) + o(10) + r(5) + o(10))
    #expect(probe.outageCount == .counted(2))
    #expect(probe.downtime == measured(1.5, 0.899 + 0.399, 1.102 + 0.602))
    #expect(probe.longestOutage == measured(1.0, 0.899, 1.102))
  }

  @Test("An outage at the start is censored")
  func outageAtStartIsCensored() {
    let probe = website(r(10) + o(10))
    #expect(probe.outages[0].lastOk == nil)
    #expect(probe.downtime == .censored(moreThan: s(0.899)))
  }

  @Test("An outage at the end is censored")
  func outageAtEndIsCensored() {
    let probe = website(o(10) + r(10))
    #expect(probe.outages[0].firstOk == nil)
    #expect(probe.downtime == .censored(moreThan: s(0.899)))
    #expect(probe.longestOutage == .censored(moreThan: s(0.899)))
  }

  @Test("A censored outage makes the sum censored")
  func censoredAddsToWhatWasMeasured() {
    #expect(website(o(10) + r(10) + o(5) + r(10)).downtime == .censored(moreThan: s(0.899 * 2)))
  }

  @Test("A probe without any ok sample has one censored outage")
  func noOkAtAllIsCensored() {
    let probe = website(r(10))
    #expect(probe.downtime == .censored(moreThan: s(0.899)))
    #expect(probe.outageCount == .counted(1))
  }

  @Test("An unknown sample widens an outage's bounds, and neither opens nor closes it")
  func unknownNeitherOpensNorClosesButWidens() {
    // r due 1.0, 1.1 · unknown 1.2, 1.3 · r due 1.4, 1.5: between 1.101 and 1.4 it may have answered.
    let inside = website(o(10) + "rruurr" + o(10))
    #expect(inside.outageCount == .counted(1))
    #expect(inside.outages[0].unknown == 2)
    #expect(inside.outages[0].length == measured(0.6, 0.499 - 0.299, 0.702))

    // L due 0.7, unknown 0.8 and 0.9, r due 1.0 … 1.4, unknown 1.5, ok due 1.6.
    let around = website(o(8) + "uu" + r(5) + "u" + o(10))
    #expect(around.outages[0].length == measured(0.6, 0.399, 0.902))
    #expect(around.outages[0].unknown == 3)
    #expect(around.unknown == 3)

    // L due 0.9, unknown, ok due 1.1, done 1.102: it may have been down for as long.
    let alone = website(o(10) + "u" + o(10))
    #expect(alone.outages.isEmpty)
    #expect(alone.downtime == measured(0, 0, 0.202))

    // Unknown to the end: from L, due 0.9, to the last that was done, at 1.26.
    #expect(website(o(10) + "uuu").downtime == measured(0, 0, 0.36))
  }

  @Test("A probe whose samples are all unknown has no observed downtime")
  func nothingKnownIsNotObserved() {
    #expect(website("uuuu").downtime == .notObserved(reason: "all samples are unknown"))
    #expect(website("").downtime == .notObserved(reason: "the probe took no sample"))
    #expect(website("").outageCount == .notObserved(reason: "the probe took no sample"))
  }

  @Test("Requests are counted by their results")
  func requestsAreCountedByWhatBecameOfThem() {
    let probe = website(o(6) + r(2) + "unn")
    #expect([probe.ok, probe.failed, probe.unknown, probe.unsent] == [6, 2, 1, 2])
    #expect(probe.failedRequests == .counted(5))
    #expect(probe.failedPerMillion == 250_000)
  }
}
