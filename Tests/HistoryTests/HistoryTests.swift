import Metrics
import Scenario
import Statistics
import Testing

@testable import Comparison
@testable import History

struct HistoryTests {
  @Test("Runs with equal conditions are a segment, and a changed kernel begins the next one and is named")
  func segments() throws {
    let history = History(
      RunRecord.months([50, 51, 49]) + RunRecord.months([50, 51], from: 3, kernel: "6.12"))
    #expect(history.segments.map(\.runs.count) == [3, 2])
    #expect(
      history.segments[1].changes == [
        Difference(key: "kernel", base: ["6.1"], candidate: ["6.12"], isDeclared: false)
      ])
    #expect(history.segments[0].changes.isEmpty)
    #expect(history.segments[0].effect == nil)
  }

  @Test("A run without a value stays in its segment, with any conditions")
  func withoutValue() {
    var refused = RunRecord.made(2, nil, outcome: .refused)
    refused.conditions.fingerprints = [:]
    let history = History(RunRecord.months([50, 51]) + [refused] + RunRecord.months([50], from: 3))
    #expect(history.segments.map(\.runs.count) == [4])
    #expect(
      history.segments[0].values(of: "website.downtime").map(\.run.name) == ["run-0", "run-1", "run-3"])
  }

  @Test(
    "The fewest runs that show a known change are 4 and 4, 5 and 3, 6 and 3, or 8 and 2",
    arguments: [(4, 4, true), (3, 4, false), (5, 3, true), (6, 3, true), (6, 2, false), (8, 2, true)])
  func fewestRuns(_ before: Int, _ after: Int, _ isShown: Bool) throws {
    let history = History(
      RunRecord.months((0..<before).map { 40 + Double($0 % 3) })
        + RunRecord.months((0..<after).map { 50 + Double($0 % 3) }, from: before, kernel: "6.12"))
    let effect = try #require(history.segments[1].effect)
    #expect(effect.before == before && effect.after == after)
    #expect((effect.claim?.claim == .worse) == isShown)
    #expect(history.keys.contains("worse-since-change") == isShown)
  }

  @Test("A known change that the margin allows is no regression, and a shorter downtime is better")
  func otherEffects() {
    func claim(_ seconds: [Double?]) -> Claim? {
      History(RunRecord.months([50, 51, 49, 50]) + RunRecord.months(seconds, from: 4, kernel: "6.12"))
        .segments[1].effect?.claim?.claim
    }
    #expect(claim([51, 50, 52, 51]) == .noRegression)
    #expect(claim([30, 31, 30, 32]) == .better)
    #expect(claim([30, 70, 50, 52]) == nil)
  }

  @Test("A latest run beyond all earlier ones is watched, and two of them are a change")
  func latest() throws {
    let steady = [50.0, 51, 49, 50, 52, 51]
    let watched = History(RunRecord.months(steady + [58]))
    #expect(watched.latest?.finding == .watch(.worse, chance: 1 / 7))
    #expect(watched.findings.map(\.severity) == [.watch])
    let changed = History(RunRecord.months(steady + [58, 57]))
    #expect(changed.latest?.finding == .changed(.worse, chance: 2 / 56))
    #expect(changed.findings.contains { $0.key == "changed" && $0.severity == .failure })
    #expect(History(RunRecord.months(steady + [51.5])).latest?.finding == .within)
    #expect(History(RunRecord.months(steady + [40])).latest?.finding == .watch(.better, chance: 1 / 7))
    #expect(History(RunRecord.months(steady + [40])).findings.isEmpty)
    #expect(History(RunRecord.months([50, 51, 49, 70])).latest?.finding == .tooFew)
    // Its bounds overlap with those of the greatest earlier run.
    #expect(History(RunRecord.months(steady + [52.1])).latest?.finding == .within)
  }

  @Test("Two runs beyond four earlier ones are no change yet")
  func tooFewForChange() {
    let history = History(RunRecord.months([50, 51, 49, 50, 58, 57]))
    #expect(history.latest?.finding == .within)
  }

  @Test("A change that no condition explains is found with the runs next to it")
  func unknownChange() throws {
    let history = History(RunRecord.months([50, 51, 49, 50, 51, 60, 61, 59, 60, 62, 61]))
    let change = try #require(history.unknownChange)
    #expect(change.before == "run-4" && change.after == "run-5")
    #expect(change.direction == .worse)
    #expect(change.chance <= 0.01)
    #expect(history.segments.count == 1)
    // The runs since the change don't rise.
    #expect(history.creep?.isShown == false)
    #expect(History(RunRecord.months([50, 51, 49, 50, 51, 50, 52, 51, 50, 49])).unknownChange == nil)
  }

  @Test("A slow rise is shown with the month in which the limit is reached")
  func creep() throws {
    let history = History(RunRecord.months([50, 50.5, 51, 51.5, 52, 52.5]))
    let creep = try #require(history.creep)
    #expect(creep.isShown)
    #expect(creep.direction == .worse)
    // 7.5 s remain at half a second a month: 15 months after the last run.
    let reaches = try #require(creep.reaches)
    #expect(abs(reaches - (beginning + 20 * month)) < month / 10)
    #expect(history.findings.map(\.severity) == [.watch, .watch])
    let near = History(RunRecord.months([55, 56, 57, 58, 59, 59.5]))
    #expect(near.findings.contains { $0.key == "creep" && $0.severity == .failure })
    let falling = History(RunRecord.months([52.5, 52, 51.5, 51, 50.5, 50]))
    #expect(falling.creep?.reaches == nil)
    #expect(falling.findings.isEmpty)
  }

  @Test("The share of the limit that the latest run used has bounds")
  func marginUsed() throws {
    let used = try #require(History(RunRecord.months([50, 54])).marginsUsed.first)
    #expect(abs(used.low - 53.9 / 60) < 1e-9 && abs(used.high - 54.1 / 60) < 1e-9)
  }

  @Test("Promises and objectives are pooled over trials")
  func pooled() throws {
    let history = History(RunRecord.months(Array(repeating: 50, count: 12)))
    let safety = try #require(history.safety.first)
    #expect(safety.trials == 36 && safety.failures == 0)
    #expect(try #require(safety.rateBelowPercent) < 8)
    let rate = try #require(history.rates.first)
    #expect(rate.met == Proportion(36, of: 36))
  }

  @Test("A result older than its period is stale, and a gap has the reasons of refused runs")
  func age() {
    let runs =
      RunRecord.months([50]) + [.made(1, nil, outcome: .refused)] + RunRecord.months([51], from: 2)
    let history = History(runs, now: beginning + 2 * month + 36 * 86_400, period: 35 * 86_400)
    #expect(history.age.isStale)
    #expect(history.keys == ["stale"])
    #expect(
      history.age.gaps == [
        Age.Gap(from: beginning, to: beginning + 2 * month, reasons: ["falco is held"])
      ])
    #expect(!History(runs).age.isStale)
    #expect(History([.made(0, nil, outcome: .refused)]).age.isStale)
  }

  @Test("A missed objective of the latest run fails, and a refused run after it is shown")
  func notMet() {
    let missed = RunRecord.made(1, 70, outcome: .missed)
    #expect(History([.made(0, 50), missed]).keys == ["not-met"])
    #expect(History([missed, .made(2, 50)]).keys.isEmpty)
    #expect(
      History([.made(0, 50), missed, .made(2, nil, outcome: .refused)]).keys == ["not-met", "refused"])
  }

  @Test(
    "The allowance is the greatest difference of neighbouring runs with equal conditions, from five pairs on")
  func allowance() throws {
    #expect(History(RunRecord.months([50, 51, 50, 51, 50])).allowance == nil)
    // The pair across the change of the kernel is not one of them.
    let history = History(
      RunRecord.months([50, 51, 50, 55]) + RunRecord.months([100, 100, 100], from: 4, kernel: "6.12"))
    #expect(abs(try #require(history.allowance) - 0.1) < 1e-9)
  }

  @Test("Runs of a scenario on two fleets are two histories")
  func fleets() {
    var other = RunRecord.made(0, 50)
    other.fleet = "lab"
    let all = History.all([.made(0, 50), .made(1, 50), other], now: beginning, period: month)
    #expect(all.map(\.fleet) == ["lab", "tdf"])
    #expect(all.map(\.runs.count) == [1, 2])
  }
}
