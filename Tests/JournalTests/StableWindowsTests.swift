import Scenario
import Testing

@testable import Journal

@Suite struct StableWindowsTests {
  /// 100 ms apart, with stretches of each result.
  private static func samples(_ random: inout SystemRandomNumberGenerator) -> [Sample] {
    var letter: Character = "o"
    return (0..<Int64.random(in: 0...120, using: &random)).map { number in
      if Int.random(in: 0..<8, using: &random) == 0 {
        letter = "oooosfu".randomElement(using: &random) ?? "o"
      }
      let due = Nanoseconds.milliseconds(100) * number
      return Sample(
        trial: 1, probe: "website", sequence: number + 1, scheduled: due, sent: due,
        completed: due + .milliseconds(letter == "o" ? 2 : 400),
        verdict: letter == "f" ? .fail : letter == "u" ? .unknown : .ok, status: "")
    }
  }

  @Test("Windows judged as samples come are judged as if all samples were there")
  func sameAsTheRule() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let samples = Self.samples(&random)
      let rule = StableRule(
        width: .milliseconds(Int64.random(in: 1...3000, using: &random)), every: .milliseconds(100),
        band: LatencyBand(upper: .milliseconds(100)))
      let through = (samples.last?.scheduled ?? .zero) + rule.every
      var windows = StableWindows(rule: rule)
      var judged: [(StableRule.Judgement, [Nanoseconds])] = []
      for sample in samples { windows.take(sample) { judged.append(($0, $1.map(\.scheduled))) } }
      windows.end(through: through) { judged.append(($0, $1.map(\.scheduled))) }
      #expect(judged.map(\.0) == rule.judge(samples, through: through), "\(samples)")
      for (index, window) in judged.enumerated() {
        let due = samples[index].scheduled
        #expect(window.1 == samples.map(\.scheduled).filter { $0 >= due && $0 < due + rule.width })
      }
    }
  }
}
