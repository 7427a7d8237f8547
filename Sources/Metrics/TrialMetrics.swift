import Journal
import Scenario
import Views

/// The metrics of one trial.
package struct TrialMetrics: Encodable, Equatable, Sendable {
  /// The trial, from 1.
  package var trial: Int
  /// The setting that was applied for it; nil if the run has only one.
  package var setting: SettingApplied?
  /// Why the trial can't be judged; nil if it can. A trial is void if a fault never became effective, if a step did
  /// not happen, or, unless the scenario accepts it, if a fault was active for less than its planned time.
  package var void: String?
  /// Why it ended before its audit (a guard, a signal); nil if it did not.
  package var aborted: String?
  /// When it began, since the run began.
  package var begin: Nanoseconds
  /// When its observation ended: at the start of the audit, otherwise at the last entry.
  package var end: Nanoseconds
  /// Its phases, in order.
  package var phases: [PhaseSpan]
  /// The steps that did not happen, once the faults phase had begun.
  package var stepsNotDone: [StepNotDone]
  /// Why the wait for recovery ended.
  package var recoveryOutcome: RecoveryOutcome?
  /// What was unhealthy when the wait for recovery ended.
  package var unwell: [String]
  /// What was unhealthy in the steady phase.
  package var baseline: [String]
  /// How the steps' targets were chosen.
  package var choices: [StepChosen]
  /// Every fault.
  package var leases: [LeaseMetrics]
  /// When the first fault was verified to be effective.
  package var effective: Interval?
  /// Effective minus requested, the longest of the faults.
  package var timeToEffect: Span
  /// By probe, in the scenario's order.
  package var probes: [ProbeMetrics]
  /// By probe with an aim for its availability. Nil if there is none.
  package var errorBudgets: [ErrorBudget]?
  /// By append probe.
  package var writes: [WriteMetrics]
  /// By storage view.
  package var storage: [StorageMetrics]
  /// By view of a manager or of monitoring, and by broken object.
  package var detections: [Detection]
  /// What the platform's timers predict; nil if hosts reported none.
  package var budgets: [Budget]?
  /// By view of monitoring; nil if there is none.
  package var blindness: [Blindness]?
  /// By manager view; nil if there is none.
  package var accuracy: [ManagerAccuracy]?
  /// The hosts whose beliefs views showed; nil if the journal doesn't have them.
  package var sources: [ViewSource]?
  /// How old the data behind views' reports were; nil if no source reports it.
  package var ages: [ViewAge]?
  /// The disagreements of hosts, by view; nil if there was none.
  package var disagreements: [Disagreement]?
  /// By virtual machine, in the fleet's order.
  package var failOvers: [FailOver]
  /// By virtual machine: the hosts on which it ran.
  package var placements: [Placement]
  /// By virtual machine that ran at the effect. Nil if there is none.
  package var lostVMTimes: [LostVMTime]?
  package var residue: Residue
  /// The milestones of the recovery.
  package var milestones: [Milestone]
  /// The milestones as named parts of the time to recover. Nil if there is no milestone.
  package var recoveryPhases: [RecoveryPhase]?
  /// Each safety promise.
  package var safety: [SafetyResult]
  /// Each of the scenario's objectives.
  package var objectives: [ObjectiveResult]

  init(_ trial: TrialRecord, _ folds: [ProbeFold], of ending: RunEnding) {
    self.trial = trial.number
    begin = trial.begin
    end = trial.end
    phases = trial.phases
    choices = trial.choices
    leases = trial.leases
    effective = trial.effective
    timeToEffect =
      Span.longest(trial.leases.map(\.timeToEffect)) ?? .notObserved(reason: "no fault was requested")
    recoveryOutcome = trial.recoveryOutcome
    baseline = []
    unwell = []
    var marked: String?
    var isObserved = true
    for entry in trial.entries {
      switch entry.event {
      case .settingApplied(let applied): setting = applied
      case .phaseBegan(.audit): isObserved = false
      case .recoveryEnded(_, let unwell): self.unwell = unwell
      case .baseline(let reasons, _): baseline = reasons
      case .guardTripped(let condition) where isObserved: aborted = aborted ?? "guard tripped: \(condition)"
      case .interrupted(let signal) where isObserved: aborted = aborted ?? "interrupted by \(signal)"
      case .trialVoid(let reason): marked = reason
      default: break
      }
    }
    if aborted == nil, trial.phase(.audit) == nil || recoveryOutcome == .aborted {
      switch ending {
      case .completed, .refused: break
      case .aborted(let reason): aborted = reason
      case .faultsActive: aborted = "a fault may still be active"
      case .cut: aborted = "the journal ends within the trial"
      }
    }
    stepsNotDone =
      trial.phase(.faults) == nil
      ? [] : StepNotDone.all(in: trial.began.scenario.timeline, by: trial.entries)
    if case .refused = ending {
      void = "the run was refused before any fault"
    } else {
      void =
        marked ?? Self.ineffective(trial.leases)
        ?? (trial.began.scenario.shorterFault == .counts ? nil : Self.shorter(trial.leases))
        ?? (aborted == nil && !stepsNotDone.isEmpty
          ? stepsNotDone.map(\.description).joined(separator: "; ") : nil)
        ?? (trial.leases.isEmpty ? "no fault was requested" : nil)
    }
    let probes = folds.map { ProbeMetrics($0, in: trial) }
    self.probes = probes
    let errorBudgets = probes.compactMap { ErrorBudget($0, of: trial.began.scenario) }
    self.errorBudgets = errorBudgets.isEmpty ? nil : errorBudgets
    writes = folds.compactMap { fold in fold.writes.map { WriteMetrics($0, of: fold.probe.name) } }
    storage = trial.views.compactMap { view in
      view.kind.form == .storage ? StorageMetrics(view, in: trial) : nil
    }
    detections = trial.views.flatMap { Detection.all($0, in: trial) }
    let blindness = trial.views.filter { $0.kind.form == .verdict }.map { Blindness($0, probes, in: trial) }
    self.blindness = blindness.isEmpty ? nil : blindness
    let sources = trial.views.compactMap { ViewSource($0, in: trial) }
    self.sources = sources.isEmpty ? nil : sources
    let ages = trial.views.filter { $0.kind.form == .verdict }.compactMap { ViewAge($0, in: trial) }
    self.ages = ages.isEmpty ? nil : ages
    let disagreements = trial.views.flatMap { Disagreement.all($0, in: trial) }
    self.disagreements = disagreements.isEmpty ? nil : disagreements
    let placements = trial.began.fleet.vms.map { Placement($0, in: trial) }
    self.placements = placements
    let budgets = Budget.all(
      in: trial, detections: detections, storage: storage, probes: probes, placements: placements)
    self.budgets = budgets.isEmpty ? nil : budgets
    let accuracy = trial.views.filter { $0.kind.form == .manager }.map {
      ManagerAccuracy($0, placements, in: trial)
    }
    self.accuracy = accuracy.isEmpty ? nil : accuracy
    failOvers = zip(trial.began.fleet.vms, placements).map { vm, placement in
      FailOver(vm, placement: placement, folds, in: trial)
    }
    let lostVMTimes = LostVMTime.all(placements, folds, in: trial)
    self.lostVMTimes = lostVMTimes.isEmpty ? nil : lostVMTimes
    residue = Residue(in: trial)
    safety = SafetyResult.all(in: trial, writes: writes, placements: placements, residue: residue)
    milestones = []
    objectives = []
    if let effective {
      milestones = Milestone.all(
        effective: effective, leases: leases, probes: probes, storage: storage, detections: detections,
        failOvers: failOvers)
      recoveryPhases = milestones.isEmpty ? nil : RecoveryPhase.all(milestones)
    }
    objectives = trial.began.scenario.objectives.map { ObjectiveResult($0, in: self) }
  }

  /// The reason if a requested fault was never effective. The trial then has no result about the platform.
  private static func ineffective(_ leases: [LeaseMetrics]) -> String? {
    guard let idle = leases.first(where: { $0.effective == nil }) else { return nil }
    let why = idle.failure.map { ": \($0)" } ?? ""
    return "\(idle.fault) on \(idle.host) never became effective\(why)"
  }

  /// The reason if a fault was shorter than planned. The trial then has no result about the platform under the planned
  /// fault.
  private static func shorter(_ leases: [LeaseMetrics]) -> String? {
    let shortfalls = leases.compactMap(\.shortfall)
    return shortfalls.isEmpty ? nil : shortfalls.joined(separator: "; ")
  }

  /// Why the platform counts as not recovered; nil if it recovered, or if there was no wait for recovery.
  package var unrecovered: String? {
    let what = unwell.isEmpty ? "" : ": " + unwell.joined(separator: "; ")
    return switch recoveryOutcome {
    case .noProgress: "no progress for too long\(what)"
    case .cap: "the cap was reached\(what)"
    case .stable, .aborted, nil: nil
    }
  }

  /// The sum over all virtual machines.
  package var lostVMTime: Span {
    if let lostVMTimes { return Span.sum(lostVMTimes.map(\.time)) }
    return .notObserved(
      reason: effective == nil
        ? "no fault became effective" : "no virtual machine is known to have run at the effect")
  }

  /// How often a virtual machine started or stopped on a host. Nil if the fleet doesn't have it.
  private func actions(of vm: String?) -> Count? {
    guard let placement = placements.first(where: { $0.vm == vm }) else { return nil }
    guard placement.isObserved else { return .notObserved(reason: "no host reported its domains") }
    guard let effective else { return .notObserved(reason: "no fault became effective") }
    if let silent = placement.segments.first(where: { $0.state == nil && $0.end >= end }) {
      return .notObserved(reason: "\(silent.host) did not report until the end")
    }
    return .counted(placement.actions(since: effective.low, until: end))
  }

  /// The value of a metric for a subject, named as in objectives.
  package func figure(_ metric: Metric, of subject: String?) -> Figure {
    let probe = probes.first { $0.probe == subject }
    let writes = writes.first { $0.probe == subject }
    let storage = storage.first { $0.view == subject }
    let blindness = blindness?.first { $0.view == subject }
    let accuracy = accuracy?.first { $0.view == subject }
    let unwatched = "\(subject ?? "the subject") was not watched in this run"
    func span(_ span: Span?) -> Figure { .span(span ?? .notObserved(reason: unwatched)) }
    func count(_ count: Count?) -> Figure { .count(count ?? .notObserved(reason: unwatched)) }
    return switch metric {
    case .timeToEffect: .span(timeToEffect)
    case .downtime: span(probe?.downtime)
    case .outages: count(probe?.outageCount)
    case .longestOutage: span(probe?.longestOutage)
    case .disruption: span(probe?.disruption)
    case .timeToRecover: span(probe?.timeToRecover)
    case .degraded: span(probe?.degraded)
    case .failedRequests: count(probe?.failedRequests)
    case .latencyP99: span(probe?.latencyP99)
    case .lost: count(writes?.lost)
    case .torn: count(writes?.torn)
    case .stale: count(writes?.stale)
    case .indeterminate: count(writes.map { .counted($0.indeterminate) })
    case .differingReplicas: count(writes?.differingReplicas)
    case .recoveryPoint: span(writes?.recoveryPoint)
    case .timeToFailOver: span(failOvers.first { $0.vm == subject }?.time)
    case .actions: count(actions(of: subject))
    case .timeToDetect: span(Span.longest(detections.filter { $0.view == subject }.map(\.time)))
    case .blindness: span(blindness?.blind)
    case .falseAlarm: span(blindness?.falseAlarm)
    case .falseDown: span(accuracy?.falseDown)
    case .falseUp: span(accuracy?.falseUp)
    case .wrongHost: span(accuracy?.wrongHost)
    case .noReport: span(accuracy?.unknown ?? blindness?.noReport)
    case .timeToFullRedundancy: span(storage?.timeToFullRedundancy)
    case .exposure: span(storage?.exposure)
    case .splitBrain: count(storage?.splitBrain)
    case .lostVMTime: .span(lostVMTime)
    case .residue: .count(residue.count)
    }
  }
}

extension TrialRecord {
  /// Whether the trial is complete: it has its audit, or the end that a run without a fault has.
  ///
  /// - Parameter run: the entries of the whole run.
  func isWhole(in run: [Entry]) -> Bool {
    phase(.audit) != nil
      || run.contains { entry in
        switch entry.event {
        case .runEnded: true
        case .trialVoid: entry.trial == number && leases.isEmpty
        default: entry.trial > number
        }
      }
  }
}
