import Journal
import Metrics
import Scenario
import Testing

@testable import Conductor

/// What a run decides while it is under way, and what its metrics say of it afterwards: never two things.
@Suite struct VerdictTests {
  /// A platform that fails, slows down, answers out of order and goes unheard by turns, in virtual time.
  @Test("A run ends as stable just where its metrics find the service recovered")
  func stableIsOneRule() throws {
    var ends: [String: Int] = [:]
    for seed in 1...80 as ClosedRange<UInt64> {
      let world = Self.restless(seed)
      #expect(world.run() == .completed)
      let trial = try #require(world.metrics.trials.first)
      let isRecovered = trial.probes[0].timeToRecover.interval != nil
      let context = "seed \(seed): \(trial.probes[0].timeToRecover), \(trial.unwell)"
      switch trial.recoveryOutcome {
      case .stable: #expect(isRecovered, "\(context)")
      case .cap, .noProgress:
        // Disturbed within the last window's width, there was no room for another window.
        let ended = try #require(world.time(of: "recovery cap") ?? world.time(of: "recovery no-progress"))
        let wasJustStable = world.lastStable > ended - world.scenario.recovery.stable - .seconds(1)
        #expect(!isRecovered || wasJustStable, "\(context)")
      case .aborted, nil: Issue.record("it ended by \(String(describing: trial.recoveryOutcome)): \(context)")
      }
      // A run that did not recover doesn't pass.
      #expect((world.metrics.verdict.exitCode == 0) == (trial.recoveryOutcome == .stable), "\(context)")
      ends["\(trial.recoveryOutcome == .stable) \(isRecovered)", default: 0] += 1
    }
    // The platforms are of each kind, so that the rule was tried.
    #expect(ends["true true"] ?? 0 > 10 && ends["false false"] ?? 0 > 10, "\(ends)")
  }

  private static func restless(_ seed: UInt64) -> World {
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
    let world = World(scenario)
    world.website = { spell($0.now).verdict }
    world.latency = { spell($0.now).latency }
    return world
  }

  @Test("A service that fails again for good has not recovered, however well it was before")
  func relapseIsNoRecovery() throws {
    let world = World(.rehearsal([.unplug(seconds: 40)], views: []))
    // Down while it fails over, stable on the other host, and gone for good when the first one is back.
    world.website = { world in
      world.now > .seconds(10) && world.now < .seconds(20) || world.now > .seconds(50) ? .fail : .ok
    }
    world.run()
    #expect(world.story.contains("recovery no-progress"))
    let trial = try #require(world.metrics.trials.first)
    #expect(trial.probes[0].timeToRecover.interval == nil)
    #expect(trial.unwell.count == 1)
    #expect(world.metrics.verdict.outcome == .missed)
  }

  @Test("The band by which the run judges is in its journal, and is the metrics' band")
  func theBandIsRecorded() throws {
    let world = World(.rehearsal())
    world.run()
    let bands = try #require(
      world.journal.compactMap { if case .baseline(_, let bands) = $0.event { bands } else { nil } }.first)
    #expect(bands == ["website": .milliseconds(51)])
  }

  // MARK: Endings

  @Test("A refused run's reasons are in its journal, and its verdict gives them")
  func refusalIsJournaled() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.refusesRun = "held since noon: disks are replaced"
    world.run()
    let reasons = world.metrics.verdict.reasons
    #expect(reasons.map(\.outcome) == [.refused])
    #expect(reasons.first?.text == "falco: held since noon: disks are replaced")
    #expect(world.metrics.verdict.exitCode == 3)
  }

  @Test("A run refused for its baseline is refused, not void")
  func unhealthyBaselineIsRefused() {
    let world = World(.rehearsal())
    world.website = { _ in .fail }
    world.run()
    #expect(Set(world.metrics.verdict.reasons.map(\.outcome)) == [.refused])
    #expect(world.metrics.verdict.exitCode == 3)
  }

  @Test("An aborted run's reason is in its journal", arguments: [3, 2000, 8500, 19_500] as [Int64])
  func abortIsJournaled(_ milliseconds: Int64) {
    let world = World(.rehearsal())
    world.at(.milliseconds(milliseconds)) { $0.report(.interrupted(signal: "SIGINT")) }
    world.run()
    let verdict = world.metrics.verdict
    #expect(verdict.outcome == .aborted && verdict.exitCode == 4)
    #expect(verdict.reasons.first?.text == "interrupted by SIGINT")
  }

  @Test("A run whose fault may still be active names it in its journal")
  func activeFaultIsJournaled() {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.hosts["falco"]?.stuck = "device is busy"
    world.run()
    let verdict = world.metrics.verdict
    #expect(verdict.outcome == .faultActive && verdict.exitCode == 5)
    #expect(
      verdict.reasons.first?.text == "falco: host.unplug eth0, eth1 (carrier), lease 3f9a_1: device is busy")
  }

  @Test("A run without a reason against it passes")
  func aGoodRunPasses() {
    let world = World(.rehearsal())
    world.run()
    #expect(world.metrics.verdict.reasons == [])
    #expect(world.metrics.verdict.exitCode == 0)
  }

  @Test("A second trial that can't begin makes the run void, and its end is no abort")
  func aTrialThatCannotBeginIsVoid() {
    var scenario = Scenario.rehearsal()
    scenario.trials = 3
    let world = World(scenario)
    world.website = { world in world.story.contains("recovery stable") ? .fail : .ok }
    world.run()
    let verdict = world.metrics.verdict
    #expect(verdict.outcome == .void && verdict.exitCode == 1)
    #expect(verdict.reasons.contains { $0.text == "1 of 3 trials did not begin" })
  }

  // MARK: Steps

  @Test("A step whose condition never comes voids the trial, and so does what waits for it")
  func aConditionThatNeverComesVoids() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    var scenario = Scenario.rehearsal([
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", never, .named("excelsior")),
      .unplug("three", .after(step: "two", delay: .zero), .named("excelsior")),
    ])
    scenario.beyondQuorum = true
    let world = World(scenario)
    #expect(world.run() == .completed)
    #expect(
      world.metrics.trials[0].stepsNotDone.map(\.description) == [
        "step two did not happen: its condition was never met: manager sees nothing down",
        "step three did not happen: it waits for two, which did not happen",
      ])
    #expect(world.metrics.verdict.outcome == .void && world.metrics.verdict.exitCode == 1)
  }

  @Test("A run in which no condition came says so, not that no fault was requested")
  func aRunOfConditionsAloneIsVoid() {
    let never = Step.Trigger.when(.sees(view: "manager", object: "nothing", state: .down))
    let world = World(.rehearsal([.unplug("one", never)]))
    #expect(world.run() == .completed)
    #expect(
      world.metrics.trials[0].void
        == "step one did not happen: its condition was never met: manager sees nothing down")
  }

  @Test("A step that an abort came before is named, and the trial counts as ended early")
  func aStepBehindAnAbortIsNamed() {
    let world = World(.rehearsal([.unplug("one"), .unplug("two", .after(step: "one", delay: .seconds(9)))]))
    world.at(.seconds(9)) { $0.report(.interrupted(signal: "SIGINT")) }
    world.run()
    let trial = world.metrics.trials[0]
    #expect(trial.stepsNotDone.map(\.step) == ["two"])
    #expect(trial.void == nil && trial.aborted == "interrupted by SIGINT")
    #expect(world.metrics.verdict.outcome == .aborted)
  }
}

extension World {
  /// The metrics of what the conductor wrote and the prober sampled.
  var metrics: RunMetrics {
    let began = RunBegan(
      run: "run", wall: "2026-11-23T06:30:00Z", seed: 1, scenario: scenario, fleet: fleet, digests: [:],
      versions: [:])
    var trial = 0
    let entries = journal.map { at, event in
      if event == .phaseBegan(.steady) { trial += 1 }
      return Entry(at: at, trial: trial, event: event)
    }
    return RunMetrics(
      RunJournal(entries: [Entry(at: .zero, trial: 0, event: .runBegan(began))] + entries, samples: samples))
  }

  /// The end of the last window that was stable, by samples that had all come back.
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
