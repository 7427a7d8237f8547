import Journal
import Scenario

/// A probe's results in a trial.
package struct ProbeMetrics: Encodable, Equatable, Sendable {
  package var probe: String
  /// Samples that were due.
  package var samples: Int
  /// Samples that were answered as expected.
  package var ok: Int
  /// Samples that were sent and failed.
  package var failed: Int
  /// Samples that were sent and whose result is unknown.
  package var unknown: Int
  /// Samples that were never sent.
  package var unsent: Int
  /// `failed / (ok + failed)`, in millionths; nil if no result is known.
  package var failedPerMillion: Int?
  package var outages: [Outage]
  /// Sum of the outages. Its upper bound includes the time between two ok samples in which all samples are unknown.
  package var downtime: Span
  /// The longest outage, with the same bounds.
  package var longestOutage: Span
  /// Start of the first stable window, minus the time of the effect.
  package var timeToRecover: Span
  /// Start of the first stable window, minus the time of the last fault's revert request.
  package var timeToRecoverSinceRevert: Span
  /// By phase.
  package var latency: [Latency]

  /// Failed, unknown and unsent samples: the value for an objective on failed requests.
  package var failedRequests: Count {
    samples == 0 ? .notObserved(reason: "the probe took no sample") : .counted(failed + unknown + unsent)
  }

  package var outageCount: Count {
    if case .notObserved(let reason) = downtime { return .notObserved(reason: reason) }
    return .counted(outages.count)
  }

  /// The 99th percentile of latency while faults were active.
  package var latencyP99: Span {
    guard let during = latency.first(where: { $0.phase == .faults }) else {
      return .notObserved(reason: "no fault was injected")
    }
    guard let p99 = during.p99 else {
      return .notObserved(reason: "no sample was answered while faults were active")
    }
    return .measured(Interval(exactly: p99))
  }

  init(_ probe: Fleet.Probe, in trial: TrialRecord) {
    let samples = trial.samples[probe.name] ?? []
    self.probe = probe.name
    self.samples = samples.count
    let sent = samples.filter { $0.sent != nil }
    let ok = sent.filter { $0.verdict == .ok }.count
    let failed = sent.filter { $0.verdict == .fail }.count
    (self.ok, self.failed) = (ok, failed)
    unknown = sent.count - ok - failed
    unsent = samples.count - sent.count
    failedPerMillion = ok + failed == 0 ? nil : failed * 1_000_000 / (ok + failed)
    let (outages, blind) = Outage.all(in: samples)
    self.outages = outages
    let known = samples.contains { $0.verdict != .unknown }
    if known {
      let hidden = blind.map { Span.measured(Interval(estimate: .zero, low: .zero, high: $0)) }
      downtime = Span.sum(outages.map(\.length) + hidden)
      longestOutage = Span.longest(outages.map(\.length) + hidden) ?? .measured(.zero)
    } else {
      let reason = samples.isEmpty ? "the probe took no sample" : "all samples are unknown"
      downtime = .notObserved(reason: reason)
      longestOutage = .notObserved(reason: reason)
    }
    latency = trial.phases.filter { $0.phase != .audit }.map { Latency(samples, in: $0) }
    (timeToRecover, timeToRecoverSinceRevert) = Self.recovery(probe, samples, known: known, in: trial)
  }

  private static func recovery(_ probe: Fleet.Probe, _ samples: [Sample], known: Bool, in trial: TrialRecord)
    -> (Span, Span)
  {
    func none(_ reason: String) -> (Span, Span) {
      (.notObserved(reason: reason), .notObserved(reason: reason))
    }
    guard let effective = trial.effective else { return none("no fault became effective") }
    guard known else {
      return none(samples.isEmpty ? "the probe took no sample" : "all samples are unknown")
    }
    guard let band = trial.band(of: probe.name) else {
      return none("the steady phase gave no baseline of latency")
    }
    let rule = StableRule(width: trial.began.scenario.recovery.stable, every: probe.every, band: band)
    let recovery = ServiceRecovery(
      samples, by: rule, since: effective.low, endedStable: trial.recoveryOutcome == .stable)
    let notReverted = Span.notObserved(reason: "the fault's revert was never requested")
    switch recovery {
    case .tooShort: return none("observed for less than a stable window")
    case .unheard: return none("too many of its last samples are unknown")
    case .undisturbed: return (.measured(.zero), .notObserved(reason: "it was never disturbed"))
    case .notRecovered(let failure):
      return (
        .censored(moreThan: max(failure - effective.high, .zero)),
        trial.reverting.map { .censored(moreThan: max(failure - $0.high, .zero)) } ?? notReverted
      )
    case .recovered(let start):
      let sinceRevert = trial.reverting.map { reverting -> Span in
        let span = start.since(reverting)
        return span.high < .zero
          ? .notObserved(reason: "it recovered before the fault was reverted") : .measured(span.notNegative)
      }
      return (.measured(start.since(effective).notNegative), sinceRevert ?? notReverted)
    }
  }
}
