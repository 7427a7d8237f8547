import Journal
import Scenario
import Testing

@testable import Metrics

@Suite struct ObjectiveTests {
  func judge(
    _ relation: Objective.Relation, _ limit: Double, _ span: Span, aborted: Bool = false
  ) -> ObjectiveResult.Verdict {
    ObjectiveResult.judge(
      .span(span),
      Objective(subject: "website", metric: .downtime, relation: relation, limit: s(limit).count),
      aborted: aborted)
  }

  @Test("An objective is judged by the bounds of its value")
  func boundsDecide() {
    #expect(judge(.max, 60, measured(52, 51, 60)) == .met)
    #expect(judge(.max, 50, measured(52, 51, 53)) == .missed)
    #expect(judge(.min, 50, measured(52, 51, 53)) == .met)
    #expect(judge(.min, 60, measured(52, 51, 53)) == .missed)
    #expect(judge(.exactly, 0, .measured(.zero)) == .met)
    #expect(judge(.exactly, 50, measured(52, 51, 53)) == .missed)
  }

  @Test("An objective is undecided if the bounds include its limit")
  func straddlingIsUndecided() {
    #expect(judge(.max, 52, measured(51.9, 51, 53)) == .undecided)
    #expect(judge(.max, 60, measured(60.8, 59.6, 61)) == .undecided)
    #expect(judge(.min, 52, measured(52.1, 51, 53)) == .undecided)
    #expect(judge(.exactly, 52, measured(52, 51, 53)) == .undecided)
  }

  @Test("A value that an early end may have kept small meets no maximum and misses no minimum")
  func earlyEndDecidesOnlyWhatCannotChange() {
    #expect(judge(.max, 60, measured(2, 1, 3), aborted: true) == .undecided)
    #expect(judge(.max, 60, measured(62, 61, 63), aborted: true) == .missed)
    #expect(judge(.min, 60, measured(2, 1, 3), aborted: true) == .undecided)
    #expect(judge(.min, 60, measured(62, 61, 63), aborted: true) == .met)
    #expect(judge(.exactly, 0, .measured(.zero), aborted: true) == .undecided)
    #expect(judge(.exactly, 1, measured(2, 2, 2), aborted: true) == .missed)
    let detected = Objective(subject: "manager", metric: .timeToDetect, relation: .max, limit: s(60).count)
    #expect(ObjectiveResult.judge(.span(measured(2, 1, 3)), detected, aborted: true) == .met)
  }

  @Test("A censored value counts as infinite")
  func censoredRanksAsInfinite() {
    #expect(judge(.max, 60, .censored(moreThan: s(40))) == .missed)
    #expect(judge(.exactly, 60, .censored(moreThan: s(40))) == .missed)
    #expect(judge(.min, 60, .censored(moreThan: s(40))) == .met)
    #expect(judge(.max, 60, .censored(moreThan: s(40)), aborted: true) == .undecided)
    #expect(judge(.max, 60, .censored(moreThan: s(61)), aborted: true) == .missed)
  }

  @Test("An objective whose value was not observed is void")
  func whatWasNotObservedIsNeverMet() {
    #expect(judge(.max, 60, .notObserved(reason: "why")) == .void("why"))
  }

  private static func subject(of metric: Metric) -> String? {
    switch metric.subject {
    case .probe: "website"
    case .appendProbe: "writes"
    case .vm: "web"
    case .managerView, .detectingView: "manager"
    case .verdictView: "alerts"
    case .storageView: "storage"
    case .run: nil
    }
  }

  @Test("Every metric has a value")
  func everyMetricHasItsFigure() {
    let objectives = Metric.allCases.map {
      Objective(subject: Self.subject(of: $0), metric: $0, relation: .max, limit: s(60).count)
    }
    var run = HandMadeRun.unplugged(objectives)
    run.watchAlerts()
    run.at(0, .viewSeen(view: "alerts", .verdict(Verdict())))
    run.at(14, .viewSeen(view: "alerts", .verdict(Verdict(complaints: [BlindnessTests.hostDown]))))
    run.at(55, .viewSeen(view: "alerts", .verdict(Verdict())))
    for probe in ["website", "writes"] {
      run.samples(o(120), of: probe, boot: "a")
      run.samples(r(330), of: probe, from: 12)
      run.samples(o(500), of: probe, from: 45, boot: "b")
    }
    run.at(0, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3))))
    run.at(0, .viewSeen(view: "manager", .manager(DetectionTests.state())))
    run.at(14, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline"))))
    let found = RecordsFound(present: [1...950])
    run.at(
      100,
      .writesAudited(
        WritesAudit(
          probe: "writes",
          reads: [
            RecordsRead(.service, found: found),
            RecordsRead(.init(.replica, host: "falco", path: "/bricks/web.img"), found: found),
          ])))
    for host in run.fleet.hosts { run.at(100, .residueAudited(host: host.name, differences: [])) }
    let metrics = run.metrics
    for result in metrics.trials[0].objectives {
      #expect(result.verdict == .met, "\(result.objective.key)")
    }
    #expect(metrics.verdict.outcome == .met, "\(metrics.verdict.reasons)")
    #expect(
      metrics.trials[0].milestones.map(\.kind) == [.detected, .failedOver, .serviceBack, .stable, .faultOver])
  }
}

@Suite struct MilestoneTests {
  @Test("The upper bound for the end of a hang is the first answer, not the sending of its request")
  func aHangEndsWithAnAnswer() {
    var run = HandMadeRun.unplugged()
    run.samples(o(120))
    // Due from 12 s to 24.9 s: the wait ends after 1 s each. Then one due at 25 s, which is answered 400 ms later.
    run.samples(String(repeating: "f", count: 130), from: 12)
    run.samples("s" + o(500), from: 25)
    let back = run.metrics.trials[0].milestones.first { $0.kind == .serviceBack }
    // The effect was at 10.5 s ± 10 ms.
    #expect(back?.time == measured(14.5, 14.39, 14.91))
  }
}

@Suite struct RunMetricsTests {
  @Test("The summary counts every trial")
  func everyTrialCountsInTheSummary() {
    var run = HandMadeRun.unplugged([
      Objective(subject: "website", metric: .downtime, relation: .max, limit: s(2).count)
    ])
    let first = run.events.filter { $0.trial == 1 }
    for trial in 2...3 {
      for var entry in first {
        entry.trial = trial
        run.events.append(entry)
      }
    }
    run.samples(o(120) + r(10) + o(100), trial: 1)
    run.samples(o(120) + r(30) + o(100), trial: 2)
    run.samples(o(120) + r(100), trial: 3)
    let summary = run.metrics.objectives[0]
    #expect([summary.met, summary.missed, summary.undecided, summary.void] == [1, 2, 0, 0])
    #expect(summary.least == s(1).count)
    #expect(summary.median == s(3).count)
    #expect(summary.greatest == nil && summary.censored == 1)
  }

  @Test("No failure in several trials bounds the rate of failures")
  func zeroFailuresBoundTheRate() throws {
    for (trials, percent) in [(3, 63.2), (5, 45.1), (10, 25.9), (20, 13.9)] {
      let bound = try #require(Safety(kind: .residue, trials: trials, failures: 0).rateBelowPercent)
      #expect(abs(bound - percent) < 0.05)
    }
    #expect(Safety(kind: .residue, trials: 3, failures: 1).rateBelowPercent == nil)
  }

  @Test("A trial whose journal is incomplete is aborted")
  func aJournalThatWasCutIsAborted() {
    var run = HandMadeRun.unplugged()
    run.events.removeAll { $0.at == s(100) }
    run.samples(o(120) + r(100))
    #expect(run.trial.aborted == "the journal ends within the trial")
    #expect(RunMetrics(RunJournal(entries: [], samples: [])).trials.isEmpty)
  }
}
