import Glibc
import Journal
import Metrics
import Scenario
import Testing

@testable import Comparison

/// Sides that differ only by noise, 1,000 times: whole comparisons, from metrics to verdict. `make statistics` has
/// the rates of the tests within them.
struct EqualSidesTests {
  private static let seeds = 1000

  /// A run's metrics with noise about 40 s as the website's downtime, with the bounds of a probe at 10 Hz.
  private struct Noise {
    let metrics: RunMetrics
    /// The standard deviation, as a share of the downtime.
    let share: Double

    init(_ run: HandMadeSide, share: Double) {
      metrics = RunMetrics(run.journal)
      self.share = share
    }

    func drawn(by generator: inout SeededGenerator) -> RunMetrics {
      var drawn = metrics
      for trial in drawn.trials.indices {
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)))
          .squareRoot()
        let normal = radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &generator))
        let ticks = Int64((400 * (1 + share * normal)).rounded())
        drawn.trials[trial].probes[0].downtime = .measured(
          Interval(
            estimate: .milliseconds(ticks * 100), low: .milliseconds(ticks * 100 - 100),
            high: .milliseconds(ticks * 100 + 100)))
      }
      return drawn
    }
  }

  private static let downs = Array(repeating: HandMadeSide.Trial.down(40), count: 6)

  /// The verdicts of settings that took turns in three blocks, by their number.
  private func interleaved(_ run: HandMadeSide, share: Double) throws -> [String: Int] {
    let (noise, entries) = (Noise(run, share: share), run.journal.entries)
    var verdicts: [String: Int] = [:]
    for seed in 0..<Self.seeds {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sides = try #require(try AlternatedRun(entries, noise.drawn(by: &generator)))
      verdicts[Self.name(SideComparison(sides).verdict), default: 0] += 1
    }
    return verdicts
  }

  private static func name(_ verdict: SideComparison.Verdict) -> String {
    switch verdict {
    case .noRegression: "no regression"
    case .inconclusive: "inconclusive"
    case .worse, .better, .worseBySafety: "false"
    case .suggestive: "suggestive"
    case .confounded: "confounded"
    case .refused: "refused"
    }
  }

  @Test(
    "Settings that take turns and differ only by noise of 3 % are no regression or inconclusive, 1,000 times")
  func turns() throws {
    let verdicts = try interleaved(.alternated(Self.downs, Self.downs), share: 0.03)
    #expect(Set(verdicts.keys).isSubset(of: ["no regression", "inconclusive"]), "\(verdicts)")
    #expect(verdicts["no regression", default: 0] > Self.seeds / 2, "\(verdicts)")
  }

  @Test("Without a margin at most 5 % of settings that differ only by noise are called worse or better")
  func turnsWithoutMargin() throws {
    var run = HandMadeSide.alternated(Self.downs, Self.downs)
    run.compare = Scenario.Compare(percent: 0, absolute: .zero)
    let verdicts = try interleaved(run, share: 0.1)
    // Three standard errors of 1,000 draws are 2 %. Some are called so: the noise reaches the test.
    #expect((1...70).contains(verdicts["false", default: 0]), "\(verdicts)")
  }

  @Test(
    "Two runs of five trials that differ only by noise of 3 % are neither worse nor better, 1,000 times; at most 5 % a side are taken for a drift"
  )
  func separate() throws {
    let run = HandMadeSide(trials: Array(Self.downs.prefix(5)))
    let noise = Noise(run, share: 0.03)
    let journal = run.journal
    let began = try #require(journal.began)
    var verdicts: [String: Int] = [:]
    for seed in 0..<Self.seeds {
      var generator = SeededGenerator(seed: UInt64(seed))
      func side(_ label: String) throws -> ComparedSide {
        ComparedSide(
          label: label,
          runs: [try ComparedRun(began, surveys: journal.allSurveys, noise.drawn(by: &generator))])
      }
      let comparison = SideComparison(try side("base"), try side("candidate"), factors: [])
      verdicts[Self.name(comparison.verdict), default: 0] += 1
    }
    #expect(Set(verdicts.keys).isSubset(of: ["no regression", "inconclusive", "confounded"]), "\(verdicts)")
    #expect(verdicts["confounded", default: 0] <= Self.seeds / 10, "\(verdicts)")
  }
}
