import Metrics
import Scenario

/// The time that one phase of the recovery took on both sides. This is exploratory: no claim is tested.
package struct PhaseDifference: Equatable, Sendable {
  /// The milestone at which the phase ends. The phase begins at the previous milestone, or at the first effect.
  package var until: Milestone.Kind
  /// The median time of the phase. Nil if a trial did not reach its milestone.
  package var base: Nanoseconds?
  package var candidate: Nanoseconds?

  package var difference: Nanoseconds? {
    guard let base, let candidate else { return nil }
    return candidate - base
  }

  /// The phases between the milestones that every trial with a value reached on both sides.
  static func all(_ base: [TrialMetrics], _ candidate: [TrialMetrics]) -> [PhaseDifference] {
    let sides = [base, candidate].map { $0.filter { $0.void == nil && !$0.milestones.isEmpty } }
    guard sides.allSatisfy({ !$0.isEmpty }) else { return [] }
    func medians(_ trials: [TrialMetrics]) -> [Milestone.Kind: Nanoseconds] {
      var medians: [Milestone.Kind: Nanoseconds] = [:]
      for kind in Milestone.Kind.allCases {
        let times = trials.compactMap { trial in
          trial.milestones.first { $0.kind == kind }?.time.interval?.estimate
        }
        if times.count == trials.count { medians[kind] = times.sorted()[times.count / 2] }
      }
      return medians
    }
    let (left, right) = (medians(sides[0]), medians(sides[1]))
    let kinds = Milestone.Kind.allCases.filter { left[$0] != nil && right[$0] != nil }
      .sorted { (left[$0] ?? .zero) < (left[$1] ?? .zero) }
    var (before, after) = (Nanoseconds.zero, Nanoseconds.zero)
    return kinds.map { kind in
      let (leftEnd, rightEnd) = (left[kind] ?? before, right[kind] ?? after)
      defer { (before, after) = (leftEnd, rightEnd) }
      return PhaseDifference(until: kind, base: leftEnd - before, candidate: rightEnd - after)
    }
  }

  /// The phase with the greatest share of the difference.
  package static func greatest(_ phases: [PhaseDifference]) -> PhaseDifference? {
    phases.max { ($0.difference?.count.magnitude ?? 0) < ($1.difference?.count.magnitude ?? 0) }
  }
}
