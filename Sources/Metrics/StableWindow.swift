import Journal
import Scenario

/// The search for the first stable window after a disturbance.
///
/// A window of the scenario's width is stable where at least 99.9 % of its known samples are ok, its 95th
/// percentile of latency lies in the baseline's `LatencyBand`, and at most half of its samples are unknown.
struct StableWindow {
  let width: Nanoseconds
  let every: Nanoseconds
  let band: Nanoseconds

  /// Nil where the steady phase gave no answer to take a band from.
  init?(steady: [Sample], width: Nanoseconds, every: Nanoseconds) {
    guard let band = LatencyBand(steady: steady) else { return nil }
    self.width = width
    self.every = every
    self.band = band.upper
  }

  private enum Judgement { case stable, unstable, cut }

  /// When the service had recovered from what became effective then.
  enum Finding: Equatable {
    /// Every window was stable.
    case undisturbed
    /// The first stable window after an unstable one began here.
    case recovered(Interval)
    /// No stable window followed; something was amiss as late as this.
    case notRecovered(lastAmiss: Nanoseconds)
    /// The observation is shorter than a window.
    case tooShort
  }

  func first(in samples: [Sample], since effective: Nanoseconds) -> Finding {
    let samples = samples.filter { $0.completed >= effective }
    guard let last = samples.last else { return .tooShort }
    var judged: [(index: Int, judgement: Judgement)] = []
    var (end, known, unknown, failed, slow) = (0, 0, 0, 0, 0)
    func add(_ sample: Sample, _ sign: Int) {
      switch sample.verdict {
      case .unknown: unknown += sign
      case .fail:
        known += sign
        failed += sign
      case .ok:
        known += sign
        if sample.latency > band { slow += sign }
      }
    }
    for (index, sample) in samples.enumerated() {
      while end < samples.count, samples[end].scheduled < sample.scheduled + width {
        add(samples[end], 1)
        end += 1
      }
      let whole = last.scheduled + every >= sample.scheduled + width
      // A window that observation cut short is unstable only where nothing that might have followed mends it.
      let judgedOver = whole ? known : max(known, Int((width.count + every.count - 1) / max(every.count, 1)))
      let answered = judgedOver - failed
      let tooSlow = slow > answered - (answered * 95 + 99) / 100
      let verdict: Judgement =
        if failed * 1000 > judgedOver || tooSlow || sample.verdict == .fail {
          .unstable
        } else if whole, sample.verdict == .ok, unknown <= known {
          .stable
        } else {
          .cut
        }
      judged.append((index, verdict))
      add(sample, -1)
    }
    guard let disturbed = judged.firstIndex(where: { $0.judgement == .unstable }) else {
      return judged.contains { $0.judgement == .stable } ? .undisturbed : .tooShort
    }
    guard let start = judged[disturbed...].first(where: { $0.judgement == .stable })?.index else {
      let amiss = samples.last { $0.verdict == .fail || ($0.verdict == .ok && $0.latency > band) }
      return .notRecovered(lastAmiss: (amiss ?? samples[judged[disturbed].index]).scheduled)
    }
    let before = samples[..<start].last { $0.verdict != .unknown }
    return .recovered(
      Interval(
        estimate: samples[start].scheduled, low: before?.scheduled ?? samples[start].scheduled,
        high: samples[start].completed))
  }
}
