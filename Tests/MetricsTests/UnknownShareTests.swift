import Journal
import Scenario
import Testing

@testable import Metrics

/// Objectives on a probe that could not observe its service.
@Suite struct UnknownShareTests {
  private static let objectives = [
    Objective(subject: "website", metric: .downtime, relation: .max, limit: s(60).count),
    Objective(subject: "website", metric: .downtime, relation: .max, limit: s(1).count),
    Objective(subject: "writes", metric: .downtime, relation: .max, limit: s(60).count),
    Objective(subject: "writes", metric: .lost, relation: .max, limit: 0),
    Objective(subject: nil, metric: .timeToEffect, relation: .max, limit: s(60).count),
  ]

  /// 1,000 samples of each probe, of which the website's 40th to 60th second fails.
  private func run(website: String, writes: String = o(1000)) -> HandMadeRun {
    var run = HandMadeRun.unplugged(Self.objectives)
    for host in run.fleet.hosts { run.at(100, .residueAudited(host: host.name, differences: [])) }
    run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [2...1000]))))
    run.samples(website)
    run.samples(writes, of: "writes")
    return run
  }

  private func outage(unknown: Int) -> String {
    String(repeating: "u", count: unknown) + o(400 - unknown) + r(200) + o(400)
  }

  @Test("At most 1 % of unknown samples leaves objectives judged")
  func fewUnknown() {
    let trial = run(website: outage(unknown: 10)).trial
    #expect(trial.probes[0].unknownPerMillion == 10_000)
    #expect(trial.objectives.map(\.verdict) == [.met, .missed, .met, .missed, .met])
    #expect(trial.objectives.allSatisfy { $0.doubt == nil })
  }

  @Test("More than 1 % leaves undecided what rests on the probe, met or missed, and nothing else")
  func manyUnknown() throws {
    let metrics = run(website: outage(unknown: 11)).metrics
    let trial = metrics.trials[0]
    #expect(trial.objectives.map(\.verdict) == [.undecided, .undecided, .met, .missed, .met])
    let doubt = try #require(trial.objectives[0].doubt)
    #expect((doubt.probe, doubt.unknown, doubt.samples) == ("website", 11, 1000))
    #expect(trial.objectives[1].doubt == doubt)
    #expect(trial.objectives[2].doubt == nil)
    let reasons = metrics.verdict.reasons.filter { $0.subject == "website.downtime" }
    #expect(reasons.map(\.outcome) == [.undecided, .undecided])
    #expect(reasons.allSatisfy { $0.doubt == doubt })
  }

  @Test("A sample that was never sent is as unknown as one that was observed too late")
  func unsent() {
    let trial = run(website: String(repeating: "n", count: 11) + o(389) + r(200) + o(400)).trial
    #expect(trial.probes[0].unsent == 11)
    #expect(trial.objectives[0].doubt?.unknown == 11)
  }

  @Test("A lost write counts, however many samples are unknown")
  func lostWrite() {
    let trial = run(website: o(1000), writes: o(900) + String(repeating: "u", count: 100)).trial
    #expect(trial.objectives[2].verdict == .undecided)
    #expect(trial.objectives[3].verdict == .missed)
    #expect(trial.objectives[3].doubt == nil)
  }

  @Test("Requests that the end of the trial cut off do not count as unknown")
  func cutOff() {
    var run = run(website: outage(unknown: 0) + String(repeating: "u", count: 30))
    for index in run.samples.indices where run.samples[index].verdict == .unknown {
      run.samples[index].status = Sample.stopped
    }
    let trial = run.trial
    #expect((trial.probes[0].unknown, trial.probes[0].cut, trial.probes[0].unknownPerMillion) == (30, 30, 0))
    #expect(trial.objectives[0].verdict == .met)
  }

  @Test("In a void trial the reason stays that of the trial")
  func void() {
    var run = run(website: outage(unknown: 100))
    run.at(60, .trialVoid(reason: "why"))
    #expect(run.trial.objectives[0].verdict == .void("why"))
    #expect(run.trial.objectives[0].doubt == nil)
  }

  @Test("What rests on all probes is undecided by any of them")
  func blindness() {
    var run = run(website: outage(unknown: 0), writes: o(900) + String(repeating: "u", count: 100))
    run.watchAlerts()
    run.at(0, .viewSeen(view: "alerts", .verdict(Verdict(complaints: [])), from: nil))
    run.scenario.objectives = [
      Objective(subject: "alerts", metric: .blindness, relation: .max, limit: s(60).count)
    ]
    run.events.sort { $0.at < $1.at }
    #expect(run.trial.objectives[0].doubt?.probe == "writes")
  }
}
