import Metrics
import Reports
import Scenario
import Statistics
import Testing

@testable import Comparison
@testable import Journal

struct AlternatedRunTests {
  private func down(_ seconds: [Double]) -> [HandMadeSide.Trial] { seconds.map { .down($0) } }

  private func compare(_ run: HandMadeSide) throws -> SideComparison {
    SideComparison(try #require(try run.alternated))
  }

  private static let slow: [Double] = [43, 44, 43, 45, 44, 43, 44, 43, 45, 44]
  private static let fast: [Double] = [11, 12, 11, 12, 13, 11, 12, 11, 12, 12]

  @Test("Five blocks in which one setting is shorter are better, and the sentence names the factor")
  func better() throws {
    let comparison = try compare(.alternated(down(Self.slow), down(Self.fast)))
    #expect(comparison.verdict == .better)
    #expect(comparison.design == .interleaved(blocks: 5))
    #expect(comparison.base.trials.count == 10 && comparison.candidate.trials.count == 10)
    // Only pairs within a block count, and the margin has no allowance for separate runs.
    #expect(comparison.primary?.evidence[.better]?.pairs == 20)
    let blocks = try #require(comparison.primary?.pairs)
    #expect(
      blocks.map { Set($0.map { [$0.base, $0.candidate] }) }
        == (0..<5).map { block -> Set<[Int]> in
          let (first, second) = (2 * block + 1, 2 * block + 2)
          return [[first, first], [first, second], [second, first], [second, second]]
        })
    #expect(comparison.primary?.margin == Margin(relative: 0.1, absolute: 200_000_000))
    #expect(comparison.differences.map(\.key) == ["gluster.vms.network.ping-timeout"])
    let lines = ComparisonReport([comparison]).terminalLines
    #expect(lines[0] == "✓ ping-timeout 10 in run against ping-timeout 42 in run (interleaved): Better")
    #expect(
      lines.contains {
        $0.contains("shorter by more than 10 % (at least 200 ms) in 20 of 20 pairings")
      }, "\(lines)")
    #expect(lines.contains { $0.contains("gluster.vms.network.ping-timeout (base 42; candidate 10)") })
    #expect(lines.contains { $0.contains("took turns in 5 blocks of four") })
  }

  @Test("Two settings that make no difference are no regression")
  func same() throws {
    let comparison = try compare(.alternated(down(Self.slow), down(Self.slow.reversed())))
    #expect(comparison.verdict == .noRegression)
  }

  @Test("A drift over the blocks doesn't confound settings that took turns")
  func drift() throws {
    let drifting = (0..<10).map { 20 + Double($0) }
    let comparison = try compare(.alternated(down(drifting), down(drifting.map { $0 / 2 })))
    #expect(comparison.drifts.contains { $0.isShown })
    #expect(comparison.verdict == .better)
  }

  @Test("What differs besides the factor confounds the sides, also within one of them")
  func confounded() throws {
    var run = HandMadeSide.alternated(down(Self.slow), down(Self.fast))
    run.fingerprints[7]?["kernel"] = "6.9"
    let comparison = try compare(run)
    #expect(comparison.verdict == .confounded)
    #expect(comparison.differences.filter { !$0.isDeclared }.map(\.key) == ["kernel"])
  }

  @Test("A void trial is counted, and the rest of its block still compares")
  func void() throws {
    var slow = down(Self.slow)
    slow[3] = .void
    let comparison = try compare(.alternated(slow, down(Self.fast)))
    #expect(comparison.verdict == .better)
    #expect(comparison.primary?.base.count { $0.bounds == nil } == 1)
    #expect(comparison.primary?.evidence[.better]?.pairs == 18)
  }

  @Test("Two blocks can't show more than no regression")
  func twoBlocks() throws {
    let comparison = try compare(.alternated(down([43, 44, 43, 45]), down([11, 12, 11, 12])))
    #expect(comparison.verdict == .noRegression)
    // A third block has two values of each side.
    #expect(comparison.primary?.valuesToShow([.better]) == 6)
  }

  @Test("A run that ended early has the blocks that it made")
  func ended() throws {
    var run = HandMadeSide.alternated(down(Self.slow), down(Self.fast))
    run.trials = Array(run.trials.prefix(13))
    let comparison = try compare(run)
    #expect(comparison.design == .interleaved(blocks: 4))
    #expect(comparison.primary?.evidence[.better]?.pairs == 12)
  }

  @Test("Two values of a scenario's parameter differ in that part of the scenario only")
  func parameter() throws {
    var run = HandMadeSide.alternated(down(Self.slow), down(Self.fast))
    run.fingerprints = [:]
    var other = HandMadeSide([10]).scenario
    other.trials = 20
    var same = other
    same.timeline[0].duration = .seconds(20)
    run.alternation?.kind = .parameter
    run.alternation?.factor = "unplug.for"
    run.alternation?.b.scenario = same
    #expect(
      try compare(run).differences == [
        Difference(key: "scenario.timeline", base: [], candidate: [], isDeclared: true)
      ])
    same.recovery.stable = .seconds(1)
    run.alternation?.b.scenario = same
    #expect(try compare(run).verdict == .confounded)
  }

  @Test("Each trial names its setting, and a run with one setting has no sides")
  func names() throws {
    let run = HandMadeSide.alternated(down([20, 21]), down([10, 11]))
    #expect(
      RunMetrics(run.journal).trials.map { $0.setting?.setting } == [
        "ping-timeout 42", "ping-timeout 10", "ping-timeout 10", "ping-timeout 42",
      ])
    let report = try Report(run.journal)
    #expect(String(decoding: report.markdown(), as: UTF8.self).contains("## Trial 2: ping-timeout 10\n"))
    #expect(report.terminalLines.contains { $0.contains("ping-timeout 42 and ping-timeout 10") })
    #expect(try HandMadeSide([20]).alternated == nil)
  }

  /// The lines of a run's OpenMetrics export.
  private func exported(_ run: HandMadeSide) throws -> [Substring] {
    String(decoding: try Report(run.journal).openMetrics(), as: UTF8.self).split(separator: "\n")
  }

  @Test("Each value of the OpenMetrics export has the setting of its trial")
  func openMetrics() throws {
    let lines = try exported(.alternated(down([20, 21]), down([10, 11])))
    for (trial, labels) in ["A 42", "B 10", "B 10", "A 42"].enumerated() {
      let (side, value) = (labels.prefix(1), labels.suffix(2))
      let own =
        "side=\"\(side)\",setting=\"ping-timeout \(value)\",trial=\"\(trial + 1)\",metric=\"downtime\",subject=\"website\","
      #expect(lines.count { $0.contains(own) && $0.contains("bound=\"estimate\"") } == 1, "\(own)")
      #expect(!lines.contains { $0.contains("trial=\"\(trial + 1)\"") && !$0.contains("side=\"\(side)\"") })
    }
    for (family, ending) in [
      ("murphy_run_trials", ",state=\"judged\"} 2 "),
      ("murphy_objective_trials", ",objective=\"website.downtime\",verdict=\"met\"} 2 "),
    ] {
      #expect(
        lines.filter { $0.hasPrefix("\(family){") && $0.contains(ending) }.map { $0.contains("side=\"A\"") }
          == [
            true, false,
          ])
    }
    #expect(
      lines.contains {
        $0.hasPrefix("murphy_run_exit_code{")
          && $0.contains("settings=\"ping-timeout 42, ping-timeout 10\",outcome=")
      })
  }

  @Test("Runs with another value of a parameter are another series, and runs with another kernel the same")
  func conditions() throws {
    func conditions(_ run: HandMadeSide) throws -> Set<Substring> {
      Set(
        try exported(run).filter { !$0.hasPrefix("#") }.compactMap { line in
          line.split(separator: ",").first { $0.hasPrefix("conditions=") }
        })
    }
    let run = HandMadeSide([20])
    var other = run
    other.objectives[0].limit = 30_000_000_000
    var kernel = run
    kernel.fingerprint["kernel"] = "6.12"
    let label = try conditions(run)
    #expect(label.count == 1)
    #expect(try conditions(kernel) == label)
    #expect(try conditions(other).isDisjoint(with: label))
  }
}
