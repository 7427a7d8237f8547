import Journal
import Scenario
import Testing

@testable import Metrics

/// The levels of services that a scenario states: MBCO, MTPD and availability.
@Suite struct ServiceTests {
  private func run(
    _ pattern: String, mbco: Nanoseconds? = .milliseconds(200), availability: Int? = nil, mtpd: Double? = nil
  ) -> HandMadeRun {
    var run = HandMadeRun.unplugged(
      mtpd.map {
        [Objective(subject: "website", metric: .disruption, relation: .max, limit: s($0).count)]
      } ?? [])
    run.scenario.services = [.init(probe: "website", mbco: mbco, availabilityPerMillion: availability)]
    run.samples(pattern)
    return run
  }

  @Test("A service is disrupted while it does not answer, or answers later than its MBCO")
  func disruption() {
    // Late from 20.0, down from 25.0 to 35.0, late until 40.0: one disruption, one outage of 10 s.
    let probe = run(o(200) + sl(50) + r(100) + sl(50) + o(600)).trial.probes[0]
    #expect(probe.disruption == measured(20, 39.9 - 20.4, 40.002 - 19.9))
    // The request of 24.6 is the last that was answered by 25.0, when the first that failed was due.
    #expect(probe.longestOutage == measured(10, 34.9 - 25.001, 35.4 - 24.6))
  }

  @Test("Answers within the MBCO are not a disruption, although they are late")
  func withinMBCO() {
    let probe = run(o(200) + sl(50) + o(750), mbco: .milliseconds(500)).trial.probes[0]
    #expect(probe.disruption == .measured(.zero))
    #expect(probe.degraded.interval?.estimate == s(5))
  }

  @Test("Without an MBCO the longest disruption is the longest outage")
  func noMBCO() {
    let probe = run(o(200) + sl(50) + r(100) + o(650), mbco: nil).trial.probes[0]
    #expect(probe.disruption == probe.longestOutage)
    #expect(probe.disruption.interval?.estimate == s(10))
  }

  @Test("A disruption without an end is censored, and one without a known sample is not observed")
  func censored() {
    #expect(run(o(200) + sl(100)).trial.probes[0].disruption == .censored(moreThan: s(29.9 - 20.4)))
    #expect(
      run(String(repeating: "u", count: 300)).trial.probes[0].disruption
        == .notObserved(reason: "all samples are unknown"))
  }

  @Test("An objective reports the used share of its limit with bounds")
  func share() throws {
    let result = run(o(200) + sl(50) + r(100) + sl(50) + o(600), mtpd: 100).trial.objectives[0]
    #expect(result.verdict == .met)
    let used = try #require(result.used)
    #expect(used.low == 195_000 && used.estimate == 200_000 && used.high == 201_020)
    let open = try #require(run(o(200) + r(200), mtpd: 10).trial.objectives[0].used)
    #expect(open.low > 1_900_000 && open.estimate == nil && open.high == nil)
    #expect(run(o(400), mtpd: 0).trial.objectives[0].used == nil)
  }

  @Test("The error budget of a month is used by the downtime alone")
  func errorBudget() throws {
    let budgets = run(o(200) + sl(50) + r(100) + sl(50) + o(600), availability: 999_000).trial.errorBudgets
    let budget = try #require(budgets?.first)
    #expect(budgets?.count == 1 && budget.probe == "website")
    // 0.1 % of 30 days.
    #expect(budget.allowed == .seconds(2592))
    let used = try #require(budget.used)
    // 10 s, at least 9.899 s, at most 10.8 s.
    #expect(used.estimate == 3858 && used.low == 3819 && used.high == 4167)
    #expect(run(o(400)).trial.errorBudgets == nil)
    #expect(
      run(String(repeating: "u", count: 300), availability: 999_000).trial.errorBudgets?.first?.used == nil)
  }
}
