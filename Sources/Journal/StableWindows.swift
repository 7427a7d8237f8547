import Scenario

/// Judges the window that begins with each sample, by `StableRule`, as samples come. Holds the samples of one window.
package struct StableWindows: Sendable {
  /// What a window needs of a sample.
  package struct Member: Sendable {
    package var scheduled: Nanoseconds
    package var completed: Nanoseconds
    package var verdict: Sample.Verdict
    /// It was answered later than the band.
    package var isSlow: Bool
  }

  private let rule: StableRule
  private var tally = StableRule.Tally()
  private var open: [Member] = []
  /// The first member of the oldest open window.
  private var first = 0

  package init(rule: StableRule) { self.rule = rule }

  /// Takes the next sample in the order of their due times, and calls `body` with the judgement and the samples of each
  /// window that ends before it, the oldest first.
  package mutating func take(
    _ sample: Sample, _ body: (StableRule.Judgement, ArraySlice<Member>) -> Void
  ) {
    while first < open.count, open[first].scheduled + rule.width <= sample.scheduled {
      close(tally.judgement, body)
    }
    let member = Member(
      scheduled: sample.scheduled, completed: sample.completed, verdict: sample.verdict,
      isSlow: sample.verdict == .ok && sample.latency > rule.band.upper)
    tally.add(sample.verdict, isSlow: member.isSlow, 1)
    open.append(member)
  }

  /// After the last sample: the windows that are still open, of which all samples that were due before `through` are
  /// complete.
  package mutating func end(
    through: Nanoseconds, _ body: (StableRule.Judgement, ArraySlice<Member>) -> Void
  ) {
    while first < open.count {
      let isWhole = open[first].scheduled + rule.width <= through
      close(
        isWhole
          ? tally.judgement : tally.canStillBeStable(of: rule.expected) ? .open : .unstable, body)
    }
  }

  private mutating func close(
    _ judgement: StableRule.Judgement, _ body: (StableRule.Judgement, ArraySlice<Member>) -> Void
  ) {
    body(judgement, open[first...])
    tally.add(open[first].verdict, isSlow: open[first].isSlow, -1)
    first += 1
    if first > 1024, first * 2 > open.count {
      open.removeFirst(first)
      first = 0
    }
  }
}
