import Journal
import Scenario

/// The results of the probes in one trial: samples in the order in which they were due, the latency band of the steady
/// phase, and the time since which each probe fails.
struct ProbeHistory: Sendable {
  private let scenario: Scenario
  private let fleet: Fleet
  private var recent: [String: [Sample]] = [:]
  private var steady: [String: [Sample]] = [:]
  private var failing: [String: Nanoseconds] = [:]
  /// By probe, the upper limit of normal latency. A probe without a healthy baseline has none.
  private(set) var bands: [String: LatencyBand] = [:]

  init(of scenario: Scenario, in fleet: Fleet) {
    self.scenario = scenario
    self.fleet = fleet
  }

  /// Records a sample. If the sample ended an outage, returns when the service was observed to answer again.
  ///
  /// - Parameter isSteady: whether the sample is of the steady phase, whose samples make the baseline.
  mutating func take(_ sample: Sample, isSteady: Bool) -> Nanoseconds? {
    // Samples are kept in the order in which they were due, so a late answer is inserted before its successors.
    let before = recent[sample.probe]?.lastIndex { $0.scheduled <= sample.scheduled }
    let place = before.map { $0 + 1 } ?? 0
    recent[sample.probe, default: []].insert(sample, at: place)
    if isSteady { steady[sample.probe, default: []].append(sample) }
    let end = noteOutage(sample)
    // This is enough for every window that is judged. The samples' file has the rest.
    let patience = (fleet.probe(sample.probe)?.timeout ?? .zero) + .seconds(1)
    let horizon = sample.scheduled - max(scenario.recovery.stable, scenario.steady.duration) - patience
    if let first = recent[sample.probe]?.first, first.scheduled < horizon - .seconds(5) {
      recent[sample.probe]?.removeAll { $0.scheduled < horizon }
    }
    return end
  }

  /// Computes since when a probe fails, by the rule of the metrics. Requests count in the order in which they were due,
  /// not in the order of their ends: a timeout doesn't count against a later request that was answered.
  private mutating func noteOutage(_ sample: Sample) -> Nanoseconds? {
    let (probe, due) = (sample.probe, sample.scheduled)
    let known = recent[probe] ?? []
    switch sample.verdict {
    case .ok:
      guard let since = failing[probe], since <= due else { return nil }
      failing[probe] = known.first { $0.verdict == .fail && $0.scheduled > due }?.scheduled
      return sample.completed
    case .fail:
      if known.contains(where: { $0.verdict == .ok && $0.scheduled >= due }) { return nil }
      failing[probe] = min(failing[probe] ?? due, due)
    case .unknown: break
    }
    return nil
  }

  /// When the first request of a probe's present outage was due; nil if the probe isn't down.
  func failingSince(_ probe: String) -> Nanoseconds? { failing[probe] }

  /// Records the baseline from the steady phase, which ended at the given time. Returns why it isn't healthy, a line for
  /// each probe that failed.
  mutating func takeBaseline(until end: Nanoseconds) -> [String] {
    var reasons: [String] = []
    for name in scenario.steady.probes {
      let samples = (steady[name] ?? []).filter { $0.scheduled <= end }
      let failed = samples.filter { $0.verdict == .fail }
      bands[name] = LatencyBand(steady: samples)
      if samples.isEmpty {
        reasons.append("\(name): no sample is complete")
      } else if bands[name] == nil || failed.count * 1000 > samples.count {
        let words = Set(failed.map(\.status)).sorted().joined(separator: ", ")
        reasons.append("\(name): \(failed.count) of \(samples.count) samples failed (\(words))")
      }
    }
    return reasons
  }

  /// Whether a probe's service has been stable since the recovery phase began.
  func isStable(_ name: String, since: Nanoseconds) -> Bool {
    guard let probe = fleet.probe(name), let band = bands[name] else { return false }
    let samples = recent[name] ?? []
    let rule = StableRule(width: scenario.recovery.stable, every: probe.every, band: band)
    return rule.isStable(samples, through: Self.returned(samples, every: probe.every), since: since)
  }

  /// Why a probe's service has not been stable since the recovery phase began; nil if it has.
  func unstable(_ name: String, since: Nanoseconds, at now: Nanoseconds) -> String? {
    guard let band = bands[name] else { return "\(name): no baseline" }
    if isStable(name, since: since) { return nil }
    let width = scenario.recovery.stable
    let last = (recent[name] ?? []).filter { $0.scheduled >= now - width }
    let failed = last.count { $0.verdict == .fail }
    if failed > 0 { return "\(name): \(failed) of \(last.count) samples failed in the last \(width)" }
    // Without a number, a service that only answers late looks like one that is down.
    let late = last.count { $0.verdict == .ok && $0.latency > band.upper }
    return late > 0
      ? "\(name): \(late) of \(last.count) samples were answered later than normal in the last \(width)"
      : "\(name): not stable for the last \(width)"
  }

  /// All samples that were due before this time are complete. The prober numbers them without a gap.
  private static func returned(_ samples: [Sample], every: Nanoseconds) -> Nanoseconds {
    let pairs = zip(samples, samples.dropFirst())
    let last = pairs.first { $1.sequence > $0.sequence + 1 }?.0 ?? samples.last
    return last.map { $0.scheduled + every } ?? .zero
  }
}
