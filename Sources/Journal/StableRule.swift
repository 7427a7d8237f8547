import Scenario

/// The rule that decides whether a service is stable. The conductor waits for it, and the metrics date recovery by
/// it.
///
/// A window begins with a sample and contains all samples that are due less than `width` after that one. It is stable
/// if at least 99.9 % of its known samples are ok, the 95th percentile of their latency is in the band, and at most
/// half of its samples are unknown.
package struct StableRule: Equatable, Sendable {
  package let width: Nanoseconds
  /// The time from one sample to the next.
  package let every: Nanoseconds
  /// The latency that counts as normal.
  package let band: LatencyBand

  /// The rule for a probe with the interval `every`.
  package init(width: Nanoseconds, every: Nanoseconds, band: LatencyBand) {
    self.width = width
    self.every = every
    self.band = band
  }

  package enum Judgement: Sendable {
    case stable
    /// The service was not stable, for any result of the missing samples.
    case unstable
    /// Undecided, since samples are missing or unknown.
    case open
  }

  /// The judgement of the window that begins with each sample.
  ///
  /// - Parameters:
  ///   - samples: in the order of their due times.
  ///   - through: all samples that were due before this moment are complete.
  package func judge(_ samples: [Sample], through: Nanoseconds) -> [Judgement] {
    var judgements: [Judgement] = []
    judgements.reserveCapacity(samples.count)
    let expected = expected
    var tally = Tally()
    var end = 0
    for sample in samples {
      while end < samples.count, samples[end].scheduled < sample.scheduled + width {
        tally.add(samples[end].verdict, isSlow: isSlow(samples[end]), 1)
        end += 1
      }
      let isWhole = sample.scheduled + width <= through
      judgements.append(isWhole ? tally.judgement : tally.canStillBeStable(of: expected) ? .open : .unstable)
      tally.add(sample.verdict, isSlow: isSlow(sample), -1)
    }
    return judgements
  }

  /// Whether the service is stable now: its last complete window is stable, and no bad sample followed.
  ///
  /// - Parameters:
  ///   - samples: in the order of their due times.
  ///   - through: all samples that were due before this moment are complete.
  ///   - since: the window begins no earlier than this.
  package func isStable(_ samples: [Sample], through: Nanoseconds, since: Nanoseconds) -> Bool {
    guard let last = samples.lastIndex(where: { $0.scheduled + width <= through }),
      samples[last].scheduled >= since
    else { return false }
    let judgements = judge(samples, through: through)
    return judgements[last] == .stable && !judgements[last...].contains(.unstable)
  }

  /// The samples of a whole window. Limited, since a journal is untrusted input.
  var expected: Int {
    Int(min((width + every - Nanoseconds(1)).count / max(every.count, 1), 1_000_000_000))
  }

  private func isSlow(_ sample: Sample) -> Bool {
    sample.verdict == .ok && sample.latency > band.upper
  }

  struct Tally {
    var ok = 0
    var failed = 0
    var unknown = 0
    /// Answers outside the band.
    var slow = 0

    mutating func add(_ verdict: Sample.Verdict, isSlow: Bool, _ sign: Int) {
      switch verdict {
      case .unknown: unknown += sign
      case .fail: failed += sign
      case .ok:
        ok += sign
        if isSlow { slow += sign }
      }
    }

    var judgement: Judgement {
      if !isWithin(ok: ok, failed: failed) { return .unstable }
      return ok > 0 && unknown <= ok + failed ? .stable : .open
    }

    /// Whether a window with so many samples can be stable if all missing ones are answered in time.
    func canStillBeStable(of expected: Int) -> Bool {
      isWithin(ok: max(ok, expected - failed), failed: failed)
    }

    private func isWithin(ok: Int, failed: Int) -> Bool {
      failed * 1000 <= ok + failed && slow <= ok - LatencyBand.rank(95, of: ok)
    }
  }
}
