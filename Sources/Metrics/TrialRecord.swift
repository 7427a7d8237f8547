import Journal
import Scenario

/// One trial's part of a journal, prepared for the metrics.
struct TrialRecord {
  let number: Int
  let began: RunBegan
  /// What was known when the trial began, and its own entries: domains' states and views carry over from one trial to
  /// the next.
  let known: [Entry]
  /// The entries of this trial, as written.
  let entries: [Entry]
  let phases: [PhaseSpan]
  let leases: [LeaseMetrics]
  let begin: Nanoseconds
  /// When observation ended: at the start of the audit, otherwise at the last entry.
  let end: Nanoseconds

  /// - Parameters:
  ///   - observed: from the first sample's due time to the last one's answer; nil without a sample.
  ///   - isOpen: whether samples are still being read: then the trial has no end yet.
  init(
    _ entries: TrialEntries, began: RunBegan, observed: (first: Nanoseconds, last: Nanoseconds)?, isOpen: Bool
  ) {
    number = entries.number
    self.began = began
    known = entries.known
    self.entries = entries.own
    // A setting is applied and hosts are surveyed before the trial itself begins.
    let steady = entries.own.first { if case .phaseBegan = $0.event { true } else { false } }
    let first = [(steady ?? entries.own.first)?.at, observed?.first].compactMap { $0 }.min() ?? .zero
    let last =
      isOpen ? Nanoseconds(.max) : [entries.own.last?.at, observed?.last].compactMap { $0 }.max() ?? first
    var phases: [PhaseSpan] = []
    for entry in entries.own {
      guard case .phaseBegan(let phase) = entry.event else { continue }
      if let open = phases.indices.last { phases[open].end = entry.at }
      phases.append(PhaseSpan(phase: phase, begin: entry.at, end: last))
    }
    self.phases = phases
    begin = first
    end = phases.first { $0.phase == .audit }?.begin ?? last
    leases = LeaseMetrics.all(in: entries.own, end: last)
  }

  /// The first verified effect of the trial.
  var effective: Interval? {
    leases.compactMap(\.effective).min { $0.estimate < $1.estimate }
  }

  /// The first verified effect of a step.
  func effective(step: String) -> Interval? {
    leases.filter { $0.step == step }.compactMap(\.effective).min { $0.estimate < $1.estimate }
  }

  /// When the revert of the last fault was requested. If the host reverted it without a request, or something else
  /// ended it, the time of that end.
  var reverting: Interval? {
    leases.compactMap {
      $0.instant == true ? $0.over : $0.ended?.at ?? $0.reverting.map { Interval(exactly: $0) } ?? $0.reverted
    }
    .max { $0.estimate < $1.estimate }
  }

  /// How the steps' targets were chosen, in order.
  var choices: [StepChosen] {
    entries.compactMap { entry in
      if case .stepChosen(let choice) = entry.event { return choice }
      return nil
    }
  }

  /// Why the wait for recovery ended.
  var recoveryOutcome: RecoveryOutcome? {
    entries.reversed().lazy.compactMap { entry -> RecoveryOutcome? in
      if case .recoveryEnded(let outcome, _) = entry.event { outcome } else { nil }
    }.first
  }

  /// The latency that counts as normal for a probe, as the run determined it at the end of its steady phase; nil in a
  /// journal of an earlier version.
  func band(of probe: String) -> LatencyBand? {
    for entry in entries {
      if case .baseline(_, let bands) = entry.event, let upper = bands[probe] {
        return LatencyBand(upper: upper)
      }
    }
    return nil
  }

  func phase(_ phase: Phase) -> PhaseSpan? { phases.first { $0.phase == phase } }

  /// The run's probes, in the scenario's order, without those that the fleet doesn't have.
  var probes: [Fleet.Probe] { began.scenario.steady.probes.compactMap { began.fleet.probe($0) } }
  /// The run's views, in the scenario's order.
  var views: [Fleet.View] { began.scenario.steady.views.compactMap { began.fleet.view($0) } }
}

/// A phase of a trial.
package struct PhaseSpan: Encodable, Equatable, Sendable {
  package var phase: Phase
  /// When it began, since the run began.
  package var begin: Nanoseconds
  /// When the next began, or the trial ended.
  package var end: Nanoseconds
}
