import Scenario

/// Why a probe's results decide nothing: the prober could not observe too many of its samples.
package struct Doubt: Encodable, Equatable, Sendable {
  package var probe: String
  /// Samples that are unknown or were never sent, without those that the trial's end cut off.
  package var unknown: Int
  package var samples: Int

  /// nil if at most 1 % of the probe's samples are unknown.
  package init?(_ probe: ProbeMetrics) {
    guard probe.unobserved * 100 > probe.samples else { return nil }
    self.probe = probe.probe
    unknown = probe.unobserved
    samples = probe.samples
  }
}

extension TrialMetrics {
  /// The probes on which an objective rests.
  func probes(behind objective: Objective) -> [ProbeMetrics] {
    switch objective.metric.subject {
    case .probe, .appendProbe: probes.filter { $0.probe == objective.subject }
    case .vm:
      probes.filter { probe in
        failOvers.contains { $0.vm == objective.subject && $0.probes.contains(probe.probe) }
      }
    // It is judged by whether any probe was down.
    case .verdictView: probes
    case .managerView, .detectingView, .storageView, .run: []
    }
  }
}
