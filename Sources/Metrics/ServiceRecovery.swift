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

  /// - Parameters:
  ///   - samples: of one probe, in the order of their due times.
  ///   - effective: the earliest time at which the fault may have become effective.
  ///   - endedStable: whether the run ended because the service was stable: samples that were delivered after that
  ///     decision don't change it.
  init(_ samples: [Sample], by rule: StableRule, since effective: Nanoseconds, endedStable: Bool) {
    let samples = samples.filter { $0.completed >= effective }
    guard let through = samples.last.map({ $0.scheduled + rule.every }) else {
      self = .tooShort
      return
    }
    let judgements = rule.judge(samples, through: through)
    let lastStable = judgements.lastIndex(of: .stable)
    let disturbed = judgements.firstIndex(of: .unstable)
    // A stable window doesn't fit after a failure that is less than a window before the end, so such a failure decides
    // nothing.
    let isOver =
      lastStable.map { !endedStable && through >= samples[$0].scheduled + rule.width + rule.width } ?? true
    if isOver {
      guard judgements[(lastStable ?? 0)...].contains(.unstable) else {
        self = lastStable == nil ? .tooShort : .unheard
        return
      }
      let failure = samples.last {
        $0.verdict == .fail || ($0.verdict == .ok && $0.latency > rule.band.upper)
      }
      self = .notRecovered(lastFailure: (failure ?? samples[disturbed ?? 0]).scheduled)
      return
    }
    guard let disturbed else {
      self = .undisturbed
      return
    }
    guard let first = judgements[disturbed...].firstIndex(of: .stable),
      let start = samples[first...].firstIndex(where: { $0.verdict == .ok })
    else {
      self = .undisturbed
      return
    }
    let before = samples[..<start].last { $0.verdict != .unknown }
    self = .recovered(
      Interval(
        estimate: samples[start].scheduled, low: before?.scheduled ?? samples[start].scheduled,
        high: samples[start].completed))
  }
}
