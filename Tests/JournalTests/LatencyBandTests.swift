import Journal
import Scenario
import Testing

@Suite struct LatencyBandTests {
  private func samples(
    ok: [Int64] = [], failed: Int = 0, unknown: Int = 0
  ) -> [Sample] {
    func sample(_ latency: Int64, _ verdict: Sample.Verdict) -> Sample {
      Sample(
        trial: 1, probe: "website", sequence: 1, scheduled: .seconds(3), sent: .seconds(3),
        completed: .seconds(3) + Nanoseconds(latency), verdict: verdict, status: "")
    }
    return ok.map { sample($0, .ok) } + (0..<failed).map { _ in sample(0, .fail) }
      + (0..<unknown).map { _ in sample(0, .unknown) }
  }

  private let ms: Int64 = 1_000_000

  @Test(
    "A percentile is the nearest rank",
    arguments: [
      (95, Array(1...100), 95), (95, Array(1...20), 19), (95, Array(1...19), 19), (95, Array(1...21), 20),
      (50, [1, 2, 3, 4], 2), (50, [1, 2, 3], 2), (99, Array(1...1000), 990), (100, [1, 2, 3], 3),
      (0, [4, 5], 4),
      (95, [7], 7),
    ] as [(Int, [Int64], Int64)])
  func percentileIsTheNearestRank(_ rank: Int, of values: [Int64], is expected: Int64) {
    #expect(
      LatencyBand.percentile(rank, of: values.shuffled().map { Nanoseconds($0) }) == Nanoseconds(expected))
  }

  @Test("An empty list has no percentile")
  func nothingHasNoPercentile() {
    #expect(LatencyBand.percentile(50, of: []) == nil)
  }

  @Test("The band ends at twice the baseline, and at least 50 ms above it")
  func theBandIsTwiceTheBaselineAndAtLeastFiftyMillisecondsMore() {
    #expect(LatencyBand(steady: samples(ok: [10 * ms]))?.upper == .milliseconds(60))
    #expect(LatencyBand(steady: samples(ok: [50 * ms]))?.upper == .milliseconds(100))
    #expect(LatencyBand(steady: samples(ok: [80 * ms]))?.upper == .milliseconds(160))
    #expect(LatencyBand(steady: samples(failed: 5, unknown: 5)) == nil)
  }

  @Test("Failed samples don't change the band")
  func failuresAreNoPartOfTheBand() {
    var mixed = samples(ok: [10 * ms])
    var failed = samples(failed: 1)
    failed[0].completed = .seconds(60)
    mixed += failed
    #expect(LatencyBand(steady: mixed)?.upper == .milliseconds(60))
  }
}
