import Journal
import Metrics
import Scenario
import Testing

@Suite struct PlacementTests {
  /// A domain's states: running at a time, or off, with an uncertainty of 10 ms, and written late if stated.
  func run(_ seen: [(host: String, state: DomainSeen.State, what: String, at: Double)]) -> HandMadeRun {
    var run = HandMadeRun.unplugged()
    for sight in seen {
      run.at(
        99,
        .domainSeen(
          DomainSeen(
            host: sight.host, domain: "web-domain", state: sight.state, what: sight.what, at: s(sight.at),
            uncertainty: .milliseconds(10))))
    }
    return run
  }

  @Test("Domain states are sorted by the time at which they happened")
  func theTruthIsSortedByItsOwnTime() {
    let trial = run([
      ("excelsior", .running, "started/booted", 45), ("falco", .off, "stopped/destroyed", 30),
    ]).trial
    let segments = trial.placements[0].segments
    #expect(segments.map(\.host) == ["excelsior", "falco"])
    #expect(segments.map(\.begin) == [s(45), .zero])
    #expect(segments.map(\.end) == [s(100), s(30)])
    #expect(trial.placements[0].runningTwice == .measured(.zero))
  }

  @Test("The time for which a domain ran on two hosts is measured")
  func runningOnTwoHostsIsMeasured() {
    let trial = run([
      ("excelsior", .running, "started/booted", 45), ("falco", .off, "stopped/destroyed", 52),
    ]).trial
    #expect(trial.placements[0].runningTwice == measured(7, 6.98, 7.02))
  }

  @Test("An overlap within the clocks' uncertainty is not a failure")
  func anOverlapWithinTheClocksUncertaintyIsNoFailure() {
    let metrics = run([
      ("excelsior", .running, "started/booted", 45), ("falco", .off, "stopped/destroyed", 45.01),
    ]).metrics
    #expect(metrics.trials[0].placements[0].runningTwice == measured(0.01, 0, 0.03))
    #expect(metrics.safety.first { $0.kind == .runningTwice }?.failures == 0)
  }

  @Test("A paused domain doesn't count as running")
  func aPausedOneDoesNotRun() {
    let trial = run([
      ("falco", .paused, "suspended/ioerror", 40), ("excelsior", .running, "started/booted", 45),
    ]).trial
    #expect(trial.placements[0].runningTwice == .measured(.zero))
    #expect(trial.placements[0].segments.map(\.state) == [.running, .running, .paused])
  }

  @Test("A start and a stop on any host is an action; a pause and what came before the effect is none")
  func actions() {
    func actions(_ seen: [(host: String, state: DomainSeen.State, what: String, at: Double)]) -> Figure {
      run(seen).trial.figure(.actions, of: "web")
    }
    #expect(actions([]) == .count(.counted(0)))
    #expect(
      actions([("falco", .off, "stopped/crashed", 3), ("falco", .running, "started/booted", 5)])
        == .count(.counted(0)), "the effect is at 10.5 s")
    #expect(
      actions([("falco", .paused, "suspended/paused", 20), ("falco", .running, "resumed/unpaused", 30)])
        == .count(.counted(0)))
    #expect(
      actions([("falco", .off, "stopped/destroyed", 30), ("excelsior", .running, "started/booted", 45)])
        == .count(.counted(2)))
    #expect(
      actions([("falco", .off, "stopped/crashed", 30), ("falco", .running, "started/booted", 31)])
        == .count(.counted(2)))
    var silent = run([])
    silent.at(20, .hostLost(host: "falco", reason: "stdout ended"))
    #expect(
      silent.trial.figure(.actions, of: "web")
        == .count(.notObserved(reason: "falco did not report until the end")))
    #expect(
      silent.trial.figure(.actions, of: "db")
        == .count(.notObserved(reason: "db was not watched in this run")))
  }

  @Test("The state of a domain on a lost host is unknown")
  func aLostHostIsUnknown() {
    var run = run([])
    run.at(20, .hostLost(host: "falco", reason: "stdout ended"))
    #expect(run.trial.placements[0].segments.map(\.state) == [.running, nil])
    run.at(60, .hostRegained(host: "falco"))
    #expect(run.trial.placements[0].segments.map(\.state) == [.running])
  }
}

@Suite struct FailOverTests {
  func run(boots: (String?, String?), what: String = "started/booted", moved: Bool = true) -> HandMadeRun {
    // Down from 12.0 to 45.0.
    var run = HandMadeRun.unplugged()
    run.samples(o(120), boot: boots.0)
    run.samples(r(330), from: 12)
    run.samples(o(500), from: 45, boot: boots.1)
    if moved {
      run.at(
        44,
        .domainSeen(
          DomainSeen(
            host: "excelsior", domain: "web-domain", state: .running, what: what, at: s(43),
            uncertainty: .zero)))
    }
    return run
  }

  @Test("An answer with another boot id ends the fail-over")
  func aChangedBootAnswers() {
    let failOver = run(boots: ("a", "b")).trial.failOvers[0]
    #expect(failOver.from == "falco" && failOver.to == "excelsior")
    #expect(failOver.time == measured(34.5, 44.9 - 10.51, 45.002 - 10.49))
  }

  @Test("A reboot on the same host counts as a fail-over")
  func theSameHostBootedAnewCounts() {
    let failOver = run(boots: ("a", "b"), moved: false).trial.failOvers[0]
    #expect(failOver.to == nil)
    #expect(failOver.time == measured(34.5, 34.39, 34.512))
  }

  @Test("Without boot ids the domain's states decide about the fail-over")
  func withoutIdentityTheTruthDecides() {
    #expect(run(boots: (nil, nil)).trial.failOvers[0].time == measured(34.5, 34.39, 34.512))
  }

  @Test("Answers of the old boot are not a fail-over, unless the machine was migrated")
  func theOldBootIsNotAFailOver() {
    #expect(run(boots: ("a", "a")).trial.failOvers[0].time == .censored(moreThan: s(100 - 10.51)))
    #expect(
      run(boots: ("a", "a"), what: "resumed/migrated").trial.failOvers[0].time
        == measured(34.5, 34.39, 34.512))
  }

  @Test("A machine that no fault affected has no fail-over")
  func oneThatWasNotHitHasNothingToFailOver() {
    var run = HandMadeRun.unplugged()
    run.events.removeAll { if case .stepChosen = $0.event { true } else { false } }
    run.at(10, .stepChosen(StepChosen(step: "unplug", hosts: ["dauntless"], vms: [], how: "any")))
    run.samples(o(900), boot: "a")
    #expect(run.trial.failOvers[0].time == .notObserved(reason: "no fault affected it"))
  }
}
