import AgentProtocol
import Journal
import Metrics
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The decisions of a run and its metrics afterwards must agree.
@Suite struct VerdictTests {
  /// A platform in virtual time that alternately fails, slows down, answers out of order and doesn't answer.
  @Test("A run ends as stable exactly when its metrics count the service as recovered")
  func stableIsOneRule() throws {
    var ends: [String: Int] = [:]
    for seed in 1...80 as ClosedRange<UInt64> {
      let rehearsal = Self.restless(seed)
      #expect(rehearsal.run() == .completed)
      let trial = try #require(rehearsal.metrics.trials.first)
      let isRecovered = trial.probes[0].timeToRecover.interval != nil
      let context = "seed \(seed): \(trial.probes[0].timeToRecover), \(trial.unwell)"
      switch trial.recoveryOutcome {
      case .stable: #expect(isRecovered, "\(context)")
      case .cap, .noProgress:
        // After a failure that is less than a window before the end, no other window fits.
        let ended = try #require(
          rehearsal.time(of: "recovery cap") ?? rehearsal.time(of: "recovery no-progress"))
        let wasJustStable = rehearsal.lastStable > ended - rehearsal.scenario.recovery.stable - .seconds(1)
        #expect(!isRecovered || wasJustStable, "\(context)")
      case .aborted, nil: Issue.record("it ended by \(String(describing: trial.recoveryOutcome)): \(context)")
      }
      // A run that did not recover doesn't pass.
      #expect((rehearsal.metrics.verdict.exitCode == 0) == (trial.recoveryOutcome == .stable), "\(context)")
      ends["\(trial.recoveryOutcome == .stable) \(isRecovered)", default: 0] += 1
    }
    // The random platforms are of each kind, so that the rule is tested.
    #expect(ends["true true"] ?? 0 > 10 && ends["false false"] ?? 0 > 10, "\(ends)")
  }

  private static func restless(_ seed: UInt64) -> Rehearsal {
    var random = SeededGenerator(seed: seed)
    var spells: [(until: Nanoseconds, verdict: Sample.Verdict, latency: Nanoseconds)] = []
    var time = Nanoseconds.seconds(8)
    let longest = [2000, 9000].randomElement(using: &random) ?? 9000
    while time < .seconds(200) {
      time += .milliseconds(Int64.random(in: 100...Int64(longest), using: &random))
      let verdict = [.ok, .ok, .ok, .fail, .unknown].randomElement(using: &random) ?? Sample.Verdict.ok
      let latency = [1, 1, 1, 51, 52, 400, 990].randomElement(using: &random) ?? Int64(1)
      spells.append((time, verdict, .milliseconds(latency)))
    }
    func spell(_ now: Nanoseconds) -> (verdict: Sample.Verdict, latency: Nanoseconds) {
      let spell = now < .seconds(8) ? nil : spells.first { now < $0.until }
      return spell.map { ($0.verdict, $0.latency) } ?? (.ok, .milliseconds(1))
    }
    var scenario = Scenario.rehearsal(views: [])
    scenario.recovery.noProgress = .seconds([5, 30].randomElement(using: &random) ?? 5)
    scenario.recovery.cap = .seconds(60)
    let rehearsal = Rehearsal(scenario)
    rehearsal.website = { spell($0.now).verdict }
    rehearsal.latency = { spell($0.now).latency }
    return rehearsal
  }

  @Test("A service that fails again until the end has not recovered")
  func relapseIsNoRecovery() throws {
    let rehearsal = Rehearsal(.rehearsal([.unplug(seconds: 40)], views: []))
    // The service is down during the fail-over, stable on the other host, and down again when the first host is back.
    rehearsal.website = { rehearsal in
      rehearsal.now > .seconds(10) && rehearsal.now < .seconds(20) || rehearsal.now > .seconds(50)
        ? .fail : .ok
    }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery no-progress"))
    let trial = try #require(rehearsal.metrics.trials.first)
    #expect(trial.probes[0].timeToRecover.interval == nil)
    #expect(trial.unwell.count == 1)
    #expect(rehearsal.metrics.verdict.outcome == .missed)
  }

  @Test("The band by which the run judges is in its journal, and is the metrics' band")
  func theBandIsRecorded() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    let bands = try #require(
      rehearsal.journal.compactMap { if case .baseline(_, let bands) = $0.event { bands } else { nil } }.first
    )
    #expect(bands == ["website": .milliseconds(51)])
  }

  // MARK: Endings

  @Test("The reasons of a refused run are in its journal and in its verdict")
  func refusalIsJournaled() {
    let rehearsal = Rehearsal(.rehearsal())
    let held = Refusal.held(by: "root", since: "noon", reason: "disks are replaced")
    rehearsal.host("falco").refusal = held
    rehearsal.run()
    let reasons = rehearsal.metrics.verdict.reasons
    #expect(reasons.map(\.outcome) == [.refused])
    #expect(reasons.first?.text == "falco: \(held)")
    #expect(rehearsal.metrics.verdict.exitCode == 3)
  }

  @Test("A run refused for its baseline is refused, not void")
  func unhealthyBaselineIsRefused() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.website = { _ in .fail }
    rehearsal.run()
    #expect(Set(rehearsal.metrics.verdict.reasons.map(\.outcome)) == [.refused])
    #expect(rehearsal.metrics.verdict.exitCode == 3)
  }

  @Test("An aborted run's reason is in its journal", arguments: [3, 2000, 8500, 19_500] as [Int64])
  func abortIsJournaled(_ milliseconds: Int64) {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.at(.milliseconds(milliseconds)) { $0.interrupt() }
    rehearsal.run()
    let verdict = rehearsal.metrics.verdict
    #expect(verdict.outcome == .aborted && verdict.exitCode == 4)
    #expect(verdict.reasons.first?.text == "\(RunReason.interrupted(signal: "SIGINT"))")
  }

  @Test("The journal of a run names a fault that may still be active")
  func activeFaultIsJournaled() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.breakUndo(on: "falco")
    rehearsal.run()
    let verdict = rehearsal.metrics.verdict
    #expect(verdict.outcome == .faultActive && verdict.exitCode == 5)
    #expect(
      verdict.reasons.first?.text == "falco: host.unplug eth0, eth1 (carrier), lease sim_1: device is busy")
  }

  @Test("A run that meets its objectives passes")
  func aGoodRunPasses() {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    #expect(rehearsal.metrics.verdict.reasons == [])
    #expect(rehearsal.metrics.verdict.exitCode == 0)
  }

  @Test("A second trial that can't begin makes the run void, and doesn't count as an abort")
  func aTrialThatCannotBeginIsVoid() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 3
    let rehearsal = Rehearsal(scenario)
    rehearsal.website = { rehearsal in rehearsal.story.contains("recovery stable") ? .fail : .ok }
    rehearsal.run()
    let verdict = rehearsal.metrics.verdict
    #expect(verdict.outcome == .void && verdict.exitCode == 1)
    #expect(verdict.reasons.contains { $0.text == "1 of 3 trials did not begin" })
  }

  // MARK: Steps

  @Test("A step whose condition never occurs voids the trial, and so do the steps after it")
  func aConditionThatNeverComesVoids() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
      .unplug("three", .after(step: "two", delay: .zero), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let rehearsal = Rehearsal(scenario)
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.metrics.trials[0].stepsNotDone.map(\.description) == [
        "step two did not happen: its condition was never met: manager sees nothing down",
        "step three did not happen: it waits for two, which did not happen",
      ])
    #expect(rehearsal.metrics.verdict.outcome == .void && rehearsal.metrics.verdict.exitCode == 1)
  }

  @Test("A run in which no condition occurred reports this as its reason")
  func aRunOfConditionsAloneIsVoid() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let rehearsal = Rehearsal(.rehearsal([.unplug("one", never)]))
    #expect(rehearsal.run() == .completed)
    #expect(
      rehearsal.metrics.trials[0].void
        == "step one did not happen: its condition was never met: manager sees nothing down")
  }

  @Test("A step that an abort prevented is named, and the trial counts as ended early")
  func aStepBehindAnAbortIsNamed() {
    let rehearsal = Rehearsal(
      .rehearsal([.unplug("one"), .unplug("two", .after(step: "one", delay: .seconds(9)))]))
    rehearsal.at(.seconds(9)) { $0.interrupt() }
    rehearsal.run()
    let trial = rehearsal.metrics.trials[0]
    #expect(trial.stepsNotDone.map(\.step) == ["two"])
    #expect(trial.void == nil && trial.aborted == "\(RunReason.interrupted(signal: "SIGINT"))")
    #expect(rehearsal.metrics.verdict.outcome == .aborted)
  }
}

extension Rehearsal {
  /// The metrics of the conductor's journal and the prober's samples.
  var metrics: RunMetrics {
    let began = RunBegan(
      run: "run", wall: "2026-11-23T06:30:00Z", seed: 1, scenario: scenario, fleet: fleet, digests: [:],
      versions: [:])
    return RunMetrics(
      RunJournal(entries: [Entry(at: .zero, trial: 0, event: .runBegan(began))] + journal, samples: samples))
  }

  /// The end of the last stable window, according to samples that were complete.
  var lastStable: Nanoseconds {
    let bands = journal.compactMap { if case .baseline(_, let bands) = $0.event { bands } else { nil } }.first
    guard let band = bands?["website"], let probe = fleet.probe("website") else { return .zero }
    let rule = StableRule(
      width: scenario.recovery.stable, every: probe.every, band: LatencyBand(upper: band))
    let sorted = samples.sorted { $0.scheduled < $1.scheduled }
    let through = (sorted.last?.scheduled ?? .zero) + probe.every
    let last = rule.judge(sorted, through: through).lastIndex(of: .stable)
    return last.map { sorted[$0].scheduled + rule.width } ?? .zero
  }
}
