import Journal
import Scenario

/// The draws of a run's seed for each trial: random targets, and the moment of the faults.
///
/// No draw depends on another, so that a plan and a run draw the same in different orders.
package struct TrialDraws: Sendable {
  private let seed: UInt64
  /// The number of consecutive trials with the same random targets. If two settings alternate, both must meet the same
  /// targets, so this is the length of a block.
  private let trialsPerTarget: Int

  package init(seed: UInt64, trialsPerTarget: Int = 1) {
    self.seed = seed
    self.trialsPerTarget = trialsPerTarget
  }

  /// The host of a step that may hit any of several hosts; nil if there is none.
  ///
  /// Each host is drawn once before any host is drawn again. Two runs of equally many trials then hit the same hosts, and
  /// a host with different hardware doesn't decide their comparison.
  func host(ofStep step: Int, in trial: Int, among hosts: [Fleet.Host]) -> Fleet.Host? {
    if hosts.isEmpty { return nil }
    let draw = (trial - 1) / trialsPerTarget
    var random = generator(draw / hosts.count, step)
    return hosts.shuffled(using: &random)[draw % hosts.count]
  }

  /// The length of a trial's steady phase. The faults follow it.
  package func length(of steady: Scenario.Steady, in trial: Int) -> Nanoseconds {
    guard let longest = steady.longest, longest > steady.duration else { return steady.duration }
    var random = generator(trial, Self.moment)
    // Milliseconds, so that a plan shows the whole value.
    let step = Int64(1_000_000)
    return steady.duration
      + Nanoseconds(Int64.random(in: 0...(longest - steady.duration).count / step, using: &random) * step)
  }

  /// Which of two settings each trial of a run has, in blocks of four: ABBA or BAAB. In a block, both settings have the
  /// same mean place in time, so a steady drift affects both.
  package func sides(blocks: Int) -> [Alternation.Side] {
    (1...blocks).flatMap { block -> [Alternation.Side] in
      var random = generator(block, Self.order)
      return Bool.random(using: &random) ? [.a, .b, .b, .a] : [.b, .a, .a, .b]
    }
  }

  /// In place of a step's number.
  private static let order = 0xffff_fffe
  private static let moment = 0xffff_ffff

  private func generator(_ trial: Int, _ step: Int) -> SeededGenerator {
    var mixing = SeededGenerator(seed: seed)
    mixing = SeededGenerator(
      seed: mixing.next() ^ UInt64(truncatingIfNeeded: trial) << 32 ^ UInt64(truncatingIfNeeded: step))
    return SeededGenerator(seed: mixing.next())
  }
}
