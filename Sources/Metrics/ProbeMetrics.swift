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
  /// Unknown samples that the end of the trial's probes cut off: no sign that the prober could not observe the service.
  package var cut: Int
  /// Samples that are unknown or were never sent, without those that the trial's end cut off.
  package var unobserved: Int { unknown + unsent - cut }
  /// The share of unobserved samples, in millionths; nil without a sample.
  package var unknownPerMillion: Int?
  /// `failed / (ok + failed)`, in millionths; nil if no result is known.
  package var failedPerMillion: Int?
  /// The first of them; see `outagesLeftOut`.
  package var outages: [Outage]
  /// Outages that are counted and not listed, since the probe had very many; nil if there are none.
  var outagesLeftOut: Int?
  /// Sum of the outages. Its upper bound includes the time between two ok samples in which all samples are unknown.
  package var downtime: Span
  /// The longest outage, with the same bounds.
  package var longestOutage: Span
  /// The longest time below the service's least level; without one, the longest outage.
  package var disruption: Span
  /// How long the service answered later than its normal latency. Its bounds are those of outages.
  package var degraded: Span
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
    return .counted(outages.count + (outagesLeftOut ?? 0))
  }

  /// The 99th percentile of latency while faults were active.
  package var latencyP99: Span {
    guard let during = latency.first(where: { $0.phase == .faults }) else {
      return .notObserved(reason: "no fault was injected")
    }
    guard let p99 = during.p99 else {
      return .notObserved(reason: "no sample was answered while faults were active")
    }
    return .measured(Interval(estimate: p99, low: during.p99Low ?? p99, high: p99))
  }

  init(_ fold: ProbeFold, in trial: TrialRecord) {
    probe = fold.probe.name
    (samples, ok, failed) = (fold.samples, fold.ok, fold.failed)
    (unknown, unsent, cut) = (fold.unknown, fold.unsent, fold.cut)
    failedPerMillion = ok + failed == 0 ? nil : failed * 1_000_000 / (ok + failed)
    outages = fold.outages.outages
    outagesLeftOut = fold.outages.leftOut == 0 ? nil : fold.outages.leftOut
    let known = fold.outages.isKnown
    if known {
      downtime = fold.outages.downtime
      longestOutage = fold.outages.longest ?? .measured(.zero)
    } else {
      let reason = samples == 0 ? "the probe took no sample" : "all samples are unknown"
      downtime = .notObserved(reason: reason)
      longestOutage = .notObserved(reason: reason)
    }
    disruption =
      if known, let disruptions = fold.disruptions {
        disruptions.longest ?? .measured(.zero)
      } else {
        longestOutage
      }
    degraded =
      if let slow = fold.slow {
        slow.isKnown ? slow.downtime : downtime
      } else {
        .notObserved(reason: Self.noBaseline)
      }
    latency = fold.latencies.map(Latency.init)
    (timeToRecover, timeToRecoverSinceRevert) = Self.recovery(fold, known: known, in: trial)
    unknownPerMillion = samples == 0 ? nil : unobserved * 1_000_000 / samples
  }

  private static let noBaseline = "the steady phase gave no baseline of latency"

  private static func recovery(_ fold: ProbeFold, known: Bool, in trial: TrialRecord) -> (Span, Span) {
    func none(_ reason: String) -> (Span, Span) {
      (.notObserved(reason: reason), .notObserved(reason: reason))
    }
    guard let effective = trial.effective else { return none("no fault became effective") }
    guard known else {
      return none(fold.samples == 0 ? "the probe took no sample" : "all samples are unknown")
    }
    guard let recovery = fold.recovered else { return none(noBaseline) }
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
