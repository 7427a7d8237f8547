import Journal
import Scenario

/// One trial's part of a journal, prepared for the metrics.
struct TrialRecord {
  let number: Int
  let began: RunBegan
  /// The whole journal, since the states of domains and views at the end of a trial are valid at the start of the next.
  let journal: RunJournal
  /// The entries of this trial, as written.
  let entries: [Entry]
  /// The samples by probe, in the order of their due times.
  let samples: [String: [Sample]]
  let phases: [PhaseSpan]
  let leases: [LeaseMetrics]
  let begin: Nanoseconds
  /// When observation ended: at the start of the audit, otherwise at the last entry.
  let end: Nanoseconds

  init(number: Int, began: RunBegan, journal: RunJournal) {
    self.number = number
    self.began = began
    self.journal = journal
    let entries = journal.entries.filter { $0.trial == number }
    self.entries = entries
    var samples: [String: [Sample]] = [:]
    var (firstDue, lastDone): (Nanoseconds?, Nanoseconds?) = (nil, nil)
    // A trial may have a million samples, so this is one pass and makes no copy except the result.
    for sample in journal.samples where sample.trial == number {
      firstDue = min(firstDue ?? sample.scheduled, sample.scheduled)
      lastDone = max(lastDone ?? sample.completed, sample.completed)
      samples[sample.probe, default: []].append(sample)
    }
    for probe in samples.keys {
      samples[probe]?.sort { ($0.scheduled, $0.sequence) < ($1.scheduled, $1.sequence) }
    }
    self.samples = samples
    let first = [entries.first?.at, firstDue].compactMap { $0 }.min() ?? .zero
    let last = [entries.last?.at, lastDone].compactMap { $0 }.max() ?? first
    var phases: [PhaseSpan] = []
    for entry in entries {
      guard case .phaseBegan(let phase) = entry.event else { continue }
      if let open = phases.indices.last { phases[open].end = entry.at }
      phases.append(PhaseSpan(phase: phase, begin: entry.at, end: last))
    }
    self.phases = phases
    begin = first
    end = phases.first { $0.phase == .audit }?.begin ?? last
    leases = LeaseMetrics.all(in: entries, end: last)
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

  /// The upper limit of normal latency of a probe, as the run determined it at the end of its steady phase. A journal
  /// of an earlier version doesn't have it, so it is computed from the samples that the run can have had by then.
  func band(of probe: String) -> LatencyBand? {
    for entry in entries {
      if case .baseline(_, let bands) = entry.event, let upper = bands[probe] {
        return LatencyBand(upper: upper)
      }
    }
    guard let steady = phase(.steady) else { return nil }
    let due = steady.begin + began.scenario.steady.duration
    return LatencyBand(
      steady: (samples[probe] ?? []).filter { $0.scheduled <= due && $0.completed < steady.end })
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
