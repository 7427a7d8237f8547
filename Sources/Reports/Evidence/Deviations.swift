import Metrics
import Scenario

/// The differences between a run and its plan that the journal shows, a sentence each.
enum Deviations {
  /// A shorter delay of a revert is not counted: a host under load needs some time.
  private static let leastDelay = Nanoseconds.seconds(1)

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
}
