import Scenario

/// The one rule by which a service counts as stable. The conductor waits by it, and the metrics date recovery by it.
///
/// A window begins with a sample and holds all samples that are due less than `width` after that one. It is stable if
/// at least 99.9 % of its known samples are ok, the 95th percentile of their latency lies in the band, and at most half
/// of its samples are unknown.
package struct StableRule: Equatable, Sendable {
  /// The width of a window.
  package let width: Nanoseconds
  /// The time from one sample to the next.
  package let every: Nanoseconds
  /// The latency that counts as usual.
  package let band: LatencyBand

  /// The rule for a probe that asks every `every`.
  package init(width: Nanoseconds, every: Nanoseconds, band: LatencyBand) {
    self.width = width
    self.every = every
    self.band = band
  }

  /// What a window shows.
  package enum Judgement: Sendable {
    /// The service was stable.
    case stable
    /// The service was not stable, whatever the samples that are still missing may show.
    case unstable
    /// Samples are missing or unknown, so that it can't be decided.
    case open
  }

  /// The judgement of the window that begins with each sample.
  ///
  /// - Parameters:
  ///   - samples: in the order in which they were due.
  ///   - through: all samples that were due before this moment have come back.
  package func judge(_ samples: [Sample], through: Nanoseconds) -> [Judgement] {
    var judgements: [Judgement] = []
    judgements.reserveCapacity(samples.count)
    // Bounded, since a journal may be anybody's file.
    let expected = Int(min((width + every - Nanoseconds(1)).count / max(every.count, 1), 1_000_000_000))
    var tally = Tally()
    var end = 0
    for sample in samples {
      while end < samples.count, samples[end].scheduled < sample.scheduled + width {
        tally.add(samples[end], 1, band)
        end += 1
      }
      let isWhole = sample.scheduled + width <= through
      judgements.append(isWhole ? tally.judgement : tally.canStillBeStable(of: expected) ? .open : .unstable)
      tally.add(sample, -1, band)
    }
    return judgements
  }

  /// Whether the service is stable now: its last whole window is stable, and nothing amiss has followed.
  ///
  /// - Parameters:
  ///   - samples: in the order in which they were due.
  ///   - through: all samples that were due before this moment have come back.
  ///   - since: the window begins no earlier than this.
  package func isStable(_ samples: [Sample], through: Nanoseconds, since: Nanoseconds) -> Bool {
    guard let last = samples.lastIndex(where: { $0.scheduled + width <= through }),
      samples[last].scheduled >= since
    else { return false }
    let judgements = judge(samples, through: through)
    return judgements[last] == .stable && !judgements[last...].contains(.unstable)
  }

  /// What a window holds.
  private struct Tally {
    var ok = 0
    var failed = 0
    var unknown = 0
    /// Answers outside of the band.
    var slow = 0

    mutating func add(_ sample: Sample, _ sign: Int, _ band: LatencyBand) {
      switch sample.verdict {
      case .unknown: unknown += sign
      case .fail: failed += sign
      case .ok:
        ok += sign
        if sample.latency > band.upper { slow += sign }
      }
    }

    var judgement: Judgement {
      if !isWithin(ok: ok, failed: failed) { return .unstable }
      return ok > 0 && unknown <= ok + failed ? .stable : .open
    }

    /// Whether a window of so many samples can be stable if all that are missing are answered in time.
    func canStillBeStable(of expected: Int) -> Bool {
      isWithin(ok: max(ok, expected - failed), failed: failed)
    }

    private func isWithin(ok: Int, failed: Int) -> Bool {
      failed * 1000 <= ok + failed && slow <= ok - LatencyBand.rank(95, of: ok)
    }
  }
}
