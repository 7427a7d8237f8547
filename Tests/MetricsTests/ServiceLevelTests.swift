import Journal
import Scenario
import Testing

@testable import Metrics

/// Metrics of a service and of the storage apart from outages.
@Suite struct DegradedTimeTests {
  private func degraded(_ pattern: String, _ change: (inout HandMadeRun) -> Void = { _ in }) -> Span {
    var run = HandMadeRun.unplugged()
    run.samples(pattern)
    change(&run)
    return run.trial.probes[0].degraded
  }

  @Test("Degraded time is the time of late answers, and no part of an outage")
  func lateAnswers() {
    // The band ends at 52 ms. Late from 20.0 to 30.0, down from 40.0 to 50.0.
    let found = degraded(o(200) + sl(100) + o(100) + r(100) + o(500))
    // The first late answer was complete at 20.4, the last one was due at 29.9; around them the good samples.
    #expect(found == measured(10, 29.9 - 20.4, 30.002 - 19.9))
  }

  @Test("Late answers between failures end with the failure")
  func betweenFailures() {
    #expect(degraded(o(200) + r(100) + sl(50) + r(10) + o(640)) == measured(5, 34.9 - 30.4, 35.001 - 29.9))
  }

  @Test("Unknown samples within late answers widen nothing, and between good ones the upper bound")
  func unknown() {
    #expect(degraded(o(200) + sl(50) + "uu" + sl(48) + o(700)) == measured(10, 29.9 - 20.4, 30.002 - 19.9))
    #expect(degraded(o(200) + "uu" + o(700)) == measured(0, 0, 20.202 - 19.9))
  }

  @Test("A late first answer counts from the first sample on")
  func firstSample() {
    #expect(degraded("s" + o(900)) == measured(0.1, 0, 0.102))
  }

  @Test("Degraded time that did not end is censored, unless the wait for recovery ended as stable")
  func end() {
    #expect(degraded(o(200) + sl(100)) == .censored(moreThan: s(29.9 - 20.4)))
    let stable = degraded(o(300) + sl(2)) { $0.at(60, .recoveryEnded(.stable)) }
    #expect(stable == measured(0.1, 0, 30.5 - 29.9))
  }

  @Test("Without a baseline of latency there is no degraded time")
  func noBaseline() {
    #expect(
      degraded(r(900)) == .notObserved(reason: "the steady phase gave no baseline of latency"))
    let unknown = degraded(String(repeating: "u", count: 900)) {
      $0.at(10, .baseline(reasons: [], bands: ["website": .milliseconds(52)]))
    }
    #expect(unknown == .notObserved(reason: "all samples are unknown"))
  }

  @Test("An objective on degraded time is judged by its bounds, and void in a void trial")
  func objective() {
    func verdict(_ limit: Double, isVoid: Bool = false) -> ObjectiveResult.Verdict {
      var run = HandMadeRun.unplugged([
        Objective(subject: "website", metric: .degraded, relation: .max, limit: s(limit).count)
      ])
      run.samples(o(200) + sl(100) + o(700))
      if isVoid { run.at(60, .trialVoid(reason: "a reason")) }
      return run.trial.objectives[0].verdict
    }
    #expect(verdict(11) == .met)
    #expect(verdict(10) == .undecided)
    #expect(verdict(9) == .missed)
    #expect(verdict(11, isVoid: true) == .void("a reason"))
  }
}

@Suite struct ExposureTests {
  private func exposure(_ sights: [(Double, StorageState)], effective: Bool = true) -> Span {
    var run = HandMadeRun.unplugged()
    if !effective {
      run.events.removeAll { if case .leaseEffective = $0.event { true } else { false } }
    }
    for (at, state) in sights { run.at(at, .viewSeen(view: "storage", .storage(state))) }
    return run.trial.storage[0].exposure
  }

  private func state(_ bricks: Int, heal: Int = 0) -> StorageState {
    StorageMetricsTests.state(bricks, heal: heal)
  }

  @Test("Exposure is the time in which a brick was missing or had something to heal")
  func missingAndHealing() {
    // Queried every second: missing since 11 to 12, healing, whole since 69 to 70, missing again for 5 s.
    let found = exposure([
      (0, state(3)), (12, state(2)), (55, state(3, heal: 9)), (70, state(3)), (80, state(2)), (85, state(3)),
    ])
    #expect(found == measured(58 + 5, 69 - 12 + 84 - 80, 70 - 11 + 85 - 79))
  }

  @Test("A peer that is missing while all bricks are there is no exposure")
  func peerOnly() {
    var lonely = state(3)
    lonely.peersConnected = 1
    #expect(exposure([(0, state(3)), (12, lonely), (70, state(3))]) == .measured(.zero))
  }

  @Test(
    "While bricks are not known, a missing peer counts for the estimate, and silence for the upper bound only"
  )
  func notKnown() {
    var lonely = StorageState(unknown: "no answer", peersConnected: 1, peers: 3)
    #expect(exposure([(0, state(3)), (12, lonely), (20, state(3))]) == measured(8, 0, 9))
    lonely.peersConnected = 3
    #expect(exposure([(0, state(3)), (12, lonely), (20, state(3))]) == measured(0, 0, 9))
  }

  @Test("Exposure that did not end is censored")
  func goesOn() {
    #expect(exposure([(0, state(3)), (12, state(2))]) == .censored(moreThan: s(100 - 12)))
    let silent = exposure([
      (0, state(3)), (12, state(2)), (20, state(3)), (30, StorageState(unknown: "no answer")),
    ])
    #expect(silent == .censored(moreThan: s(19 - 12)))
  }

  @Test("Storage that lacked a copy before the effect is exposed from the effect on")
  func before() {
    #expect(exposure([(0, state(2)), (20, state(3))]) == measured(9.5, 19 - 10.51, 20 - 10.49))
  }

  @Test("Without an effect or a report there is no exposure")
  func notObserved() {
    #expect(exposure([]) == .notObserved(reason: "the view reported nothing"))
    #expect(exposure([(0, state(3))], effective: false) == .notObserved(reason: "no fault became effective"))
  }
}

@Suite struct RecoveryPointTests {
  /// The recovery point of a run whose records are present in these ranges, and were all acknowledged.
  private func point(_ present: NumberRanges?, _ pattern: String = o(900)) -> Span {
    var run = HandMadeRun.unplugged()
    run.samples(pattern, of: "writes")
    if let present {
      run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: present))))
    }
    return run.trial.writes[0].recoveryPoint
  }

  @Test("The recovery point is 0 if no acknowledged write is lost")
  func nothingLost() {
    #expect(point([1...900]) == .measured(.zero))
    // Records 201 to 300 were not acknowledged, so they may be missing.
    #expect(point([1...200, 301...900], o(200) + r(100) + o(600)) == .measured(.zero))
  }

  @Test("The recovery point is the time from the last write before the first lost one to the last lost one")
  func lost() {
    // Record n was due at (n - 1) / 10 s, and acknowledged up to 2 ms later: 200 at 19.9, 230 at 22.9.
    #expect(point([1...200, 231...900]) == measured(3, 2.998, 3.002))
    // A second gap counts too, and the writes that are not acknowledged don't.
    #expect(
      point([1...200, 231...400, 502...900], o(400) + r(100) + o(400)) == measured(30.1, 30.098, 30.102))
  }

  @Test("If the first acknowledged write is lost, the recovery point is before the trial")
  func beforeTheTrial() {
    #expect(point([11...900]) == .censored(moreThan: s(0.9 - 0.002)))
    #expect(point([]) == .censored(moreThan: s(89.9 - 0.002)))
  }

  @Test("Without readable records or acknowledgements there is no recovery point")
  func notObserved() {
    #expect(point(nil) == .notObserved(reason: "the records were never read"))
    #expect(point([], r(900)) == .notObserved(reason: "no write was acknowledged"))
  }

  @Test("A recovery point beyond its limit is damage: it counts in a void trial")
  func damage() {
    func verdict(_ present: NumberRanges) -> ObjectiveResult.Verdict {
      var run = HandMadeRun.unplugged([
        Objective(subject: "writes", metric: .recoveryPoint, relation: .max, limit: s(1).count)
      ])
      run.samples(o(900), of: "writes")
      run.at(60, .trialVoid(reason: "a reason"))
      run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: present))))
      return run.trial.objectives[0].verdict
    }
    #expect(verdict([1...200, 231...900]) == .missed)
    #expect(verdict([1...200, 206...900]) == .void("a reason"))
  }
}

@Suite struct RequestMediansTests {
  @Test("A part's median is the time from the end of the previous part")
  func parts() {
    var run = HandMadeRun.unplugged()
    run.samples(o(100) + r(10) + o(490))
    for index in run.samples.indices where run.samples[index].verdict == .ok {
      // In the faults phase every second handshake takes 1 ms longer.
      let isSlow = run.samples[index].scheduled >= s(10) && index.isMultiple(of: 2)
      run.samples[index].parts = RequestParts(
        resolved: us(100), connected: us(300),
        secured: us(isSlow ? 1900 : 900), firstByte: us(1950))
    }
    let latency = run.trial.probes[0].latency
    func exactly(_ microseconds: Int64) -> Interval { Interval(exactly: us(microseconds)) }
    let steady = latency[0].parts
    #expect(steady?.resolve == exactly(100) && steady?.connect == exactly(200))
    #expect(
      steady?.secure == exactly(600) && steady?.firstByte == exactly(1050) && steady?.rest == exactly(50))
    #expect(latency[1].parts?.secure == exactly(600))
    #expect(latency[2].parts == nil)
  }

  @Test("A request without a part has its time in the next one")
  func absentParts() {
    var run = HandMadeRun.unplugged()
    run.samples(o(10))
    for index in run.samples.indices {
      run.samples[index].parts = RequestParts(connected: us(300), firstByte: us(900))
    }
    let parts = run.trial.probes[0].latency[0].parts
    #expect(parts?.resolve == nil && parts?.secure == nil)
    #expect(parts?.firstByte == Interval(exactly: us(600)))
    #expect(parts?.rest == Interval(exactly: us(1100)))
  }

  @Test("A connection alone has no first byte and no rest")
  func connectionOnly() {
    var run = HandMadeRun.unplugged()
    run.samples(o(10))
    for index in run.samples.indices { run.samples[index].parts = RequestParts(connected: us(300)) }
    let parts = run.trial.probes[0].latency[0].parts
    #expect(parts?.connect == Interval(exactly: us(300)))
    #expect(parts?.firstByte == nil && parts?.rest == nil)
  }
}

private func us(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1000) }
