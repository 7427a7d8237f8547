import Journal
import Metrics
import Scenario

/// The differences between a run and its plan that the journal shows, a sentence each.
enum Deviations {
  /// A shorter delay of a revert is not counted: a host under load needs some time.
  private static let leastDelay = Nanoseconds.seconds(1)

  /// The time from the begin of the faults phase to the injection of a step at 0 s, in which its host is armed.
  private static let arming = Nanoseconds.seconds(2)

  static func all(_ report: Report) -> [String] {
    let metrics = report.metrics
    var found: [String] = []
    for trial in metrics.trials {
      let which = metrics.trials.count == 1 ? "" : "trial \(trial.trial): "
      func add(_ text: String) { found.append(which + text) }
      if let void = trial.void { add("void: \(void)") }
      if let aborted = trial.aborted { add("ended early: \(aborted)") }
      if !trial.baseline.isEmpty {
        add("not healthy before the faults: \(trial.baseline.joined(separator: "; "))")
      }
      for step in trial.stepsNotDone { add(step.description) }
      for (step, late) in lateStarts(trial, report.began.scenario.timeline) {
        add("step \(step) began \(Figures.time(late)) after its planned time")
      }
      for choice in trial.choices {
        let first = metrics.trials.lazy.flatMap(\.choices).first { $0.step == choice.step }
        if let first, (first.hosts, first.vms) != (choice.hosts, choice.vms) {
          add("target changed: step \(choice.step) hit \(targets(choice)), and \(targets(first)) before")
        }
      }
      for lease in trial.leases {
        if let shortfall = lease.shortfall { add(shortfall) }
        if let late = lease.lateBy.interval, late.low > leastDelay {
          add("\(lease.fault) on \(lease.host) was reverted \(Figures.interval(late)) after its deadline")
        }
      }
      for probe in trial.probes where Doubt(probe) != nil {
        add(
          "\(probe.probe): \(Figures.grouped(probe.unobserved)) of \(Figures.grouped(probe.samples)) samples are unknown"
        )
      }
      for change in HostChange.byOthers(trial.residue) {
        add("changed on \(change.host) by something else: \(change.line)")
      }
    }
    if let remark = report.exitCodeRemark { found.append(remark) }
    return found
  }

  private static func targets(_ choice: StepChosen) -> String {
    (choice.vms.isEmpty ? choice.hosts : choice.vms).joined(separator: ", ")
  }

  /// The steps with a planned time whose first fault was requested more than the least delay after it.
  private static func lateStarts(_ trial: TrialMetrics, _ timeline: [Step]) -> [(String, Nanoseconds)] {
    guard let phase = trial.phases.first(where: { $0.phase == .faults }) else { return [] }
    return timeline.compactMap { step in
      guard case .at(let time) = step.trigger,
        let requested = trial.leases.filter({ $0.step == step.name }).map(\.requested).min()
      else { return nil }
      let late = requested - (phase.begin + arming + time)
      return late > leastDelay ? (step.name, late) : nil
    }
  }
}
