import Journal
import Scenario

/// How long a virtual machine, which ran at the effect, was lost: it ran on no host, or on a host from which its clients
/// may have been cut off.
///
/// - The lower bound is the time in which it ran on no host, by libvirt's events on all hosts.
/// - The upper bound is the time in which it did not run on a host that answered and had no fault.
/// - Of the time between, the estimate includes the time in which a probe was down that can show it: its answers have the
///   identity of a boot, or it failed.
package struct LostVMTime: Encodable, Equatable, Sendable {
  package var vm: String
  package var time: Span

  /// The virtual machines of the fleet that ran at the effect.
  static func all(_ placements: [Placement], _ probes: [ProbeFold], in trial: TrialRecord) -> [LostVMTime] {
    guard let effective = trial.effective else { return [] }
    let after = BoundedPeriods([(effective, Interval(exactly: max(trial.end, effective.high)))])
    let down = Periods(
      FailOver.asking(probes).flatMap(\.outages.outages).map { ($0.firstFail, $0.firstOk ?? trial.end) })
    return placements.compactMap { placement in
      guard placement.isObserved, placement.host(at: effective.low) != nil else { return nil }
      func complement(_ periods: Periods) -> Periods { periods.complement(from: trial.begin, to: trial.end) }
      let ran = placement.running(orUnseen: true, in: trial)
      let ranWell = trial.began.fleet.hosts.reduce(BoundedPeriods.none) { periods, host in
        periods.union(placement.running(on: host.name, in: trial).intersection(trial.up(host.name)))
      }
      let lost = BoundedPeriods(
        estimate: complement(ran.estimate).union(complement(ranWell.estimate).intersection(down)),
        certain: complement(ran.possible), possible: complement(ranWell.certain))
      let length = lost.intersection(after).length
      // Observation ends before the trial's end at the latest, so the last instant decides.
      let isBack = ranWell.certain.all.last.map { $0.end >= trial.end } ?? false
      return LostVMTime(
        vm: placement.vm, time: isBack ? .measured(length) : .censored(moreThan: length.low))
    }
  }
}
