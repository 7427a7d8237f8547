import Journal
import Scenario

/// When a service was stable again after a fault, by the same rule as the conductor's.
enum ServiceRecovery: Equatable {
  /// Every window was stable.
  case undisturbed
  /// The first stable window after an unstable one began at this time.
  case recovered(Interval)
  /// It was not stable when observation ended; the last bad sample was at this time.
  case notRecovered(lastFailure: Nanoseconds)
  /// It was stable, but too few samples are known from then to the end.
  case unheard
  /// The observation is shorter than a window.
  case tooShort
}

/// Dates a service's recovery as samples come, in the order of their due times.
struct RecoveryFold {
  private let rule: StableRule
  private let effective: Nanoseconds
  private let endedStable: Bool
  private var windows: StableWindows
  private var first: Nanoseconds?
  private var last: Nanoseconds?
  /// The last sample that failed, or was answered later than the band.
  private var lastBad: Nanoseconds?
  private var judgements = Judgements()

  private struct Judgements {
    /// The beginning of the first unstable window.
    var disturbed: Nanoseconds?
    /// The beginning of the last stable window.
    var lastStable: Nanoseconds?
    var isUnstableSince = false
    /// The first good answer in the first stable window after an unstable one.
    var recovered: Interval?
    /// The last known sample before the window.
    var before: Nanoseconds?

    mutating func take(_ judgement: StableRule.Judgement, _ members: ArraySlice<StableWindows.Member>) {
      guard let first = members.first else { return }
      switch judgement {
      case .stable:
        (lastStable, isUnstableSince) = (first.scheduled, false)
        if disturbed != nil, recovered == nil, let start = members.firstIndex(where: { $0.verdict == .ok }) {
          let known = members[..<start].last { $0.verdict != .unknown }?.scheduled ?? before
          recovered = Interval(
            estimate: members[start].scheduled, low: known ?? members[start].scheduled,
            high: members[start].completed)
        }
      case .unstable:
        disturbed = disturbed ?? first.scheduled
        isUnstableSince = true
      case .open: break
      }
      if first.verdict != .unknown { before = first.scheduled }
    }
  }

  /// - Parameters:
  ///   - effective: the earliest time at which the fault may have become effective.
  ///   - endedStable: whether the run ended because the service was stable: samples that were delivered after that
  ///     decision don't change it.
  init(by rule: StableRule, since effective: Nanoseconds, endedStable: Bool) {
    self.rule = rule
    self.effective = effective
    self.endedStable = endedStable
    windows = StableWindows(rule: rule)
  }

  mutating func take(_ sample: Sample) {
    guard sample.completed >= effective else { return }
    first = first ?? sample.scheduled
    last = sample.scheduled
    if sample.verdict == .fail || (sample.verdict == .ok && sample.latency > rule.band.upper) {
      lastBad = sample.scheduled
    }
    windows.take(sample) { judgements.take($0, $1) }
  }

  /// The result, after the last sample.
  mutating func end() -> ServiceRecovery {
    guard let first, let last else { return .tooShort }
    let through = last + rule.every
    windows.end(through: through) { judgements.take($0, $1) }
    // A stable window doesn't fit after a failure that is less than a window before the end, so such a failure decides
    // nothing.
    let isOver =
      judgements.lastStable.map { !endedStable && through >= $0 + rule.width + rule.width } ?? true
    if isOver {
      if judgements.lastStable == nil, judgements.disturbed == nil { return .tooShort }
      if judgements.lastStable != nil, !judgements.isUnstableSince { return .unheard }
      return .notRecovered(lastFailure: lastBad ?? judgements.disturbed ?? first)
    }
    return judgements.recovered.map { .recovered($0) } ?? .undisturbed
  }
}
