import Metrics
import Statistics

/// How many trials of a side recovered. A trial that did not has a value without an upper bound, which counts as longer
/// than every other.
package struct SideRecovery: Equatable, Sendable {
  /// The trials that are not void.
  package let trials: Int
  /// Those in which the metric that decides had not ended when observation ended.
  package let unended: Int
  /// Those in which the wait for the platform's recovery ended without it.
  package let unrecovered: Int

  init(_ side: ComparedSide, _ values: [TrialValue]) {
    let judged = side.trials.filter { $0.void == nil }
    trials = judged.count
    unended = values.count {
      if case .value(let bounds) = $0 { !bounds.high.isFinite } else { false }
    }
    unrecovered = judged.count { $0.unrecovered != nil }
  }

  /// Whether no trial recovered.
  package var isNever: Bool { trials > 0 && max(unended, unrecovered) == trials }
}
