import Metrics
import Scenario
import Statistics

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

  /// The phase that changed most in the direction of a metric's difference; nil if that has no direction, or if no phase
  /// explains it.
  ///
  /// Phases after the milestone at which the metric ends don't belong to it. After an earlier return of the service the
  /// rest of the fault's planned time is longer, for example.
  static func greatest(_ phases: [PhaseDifference], of metric: MetricComparison) -> PhaseDifference? {
    guard let direction = metric.direction else { return nil }
    let end = metric.metric.milestone.flatMap { kind in phases.lastIndex { $0.until == kind } }
    let parts = end.map { phases[...$0] } ?? phases[...]
    func size(_ phase: PhaseDifference) -> Int64 {
      let change = phase.difference?.count ?? 0
      return direction == .worse ? change : -change
    }
    return parts.filter { size($0) > 0 }.max { size($0) < size($1) }
  }
}

extension Metric {
  /// The milestone that ends what the metric measures; nil if it measures no time up to a milestone.
  fileprivate var milestone: Milestone.Kind? {
    switch self {
    case .timeToDetect: .detected
    case .timeToFailOver: .failedOver
    case .downtime, .outages, .longestOutage, .failedRequests, .lostVMTime: .serviceBack
    case .disruption, .timeToRecover, .degraded: .stable
    default: nil
    }
  }
}
