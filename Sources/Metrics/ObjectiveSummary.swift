import Scenario

/// An objective over all trials of a run. Trials without a value are counted too.
package struct ObjectiveSummary: Encodable, Equatable, Sendable {
  package var objective: Objective
  /// The trials in which it was met.
  package var met: Int
  /// The trials in which it was missed.
  package var missed: Int
  /// The trials in which the measurement can't decide.
  package var undecided: Int
  /// The trials in which it could not be judged.
  package var void: Int
  /// The lowest value (nanoseconds, or a count); nil if nothing was measured.
  package var least: Int64?
  /// The median of the estimates, where a censored value counts as infinite. Nil if no value was measured, or if the
  /// median is censored.
  package var median: Int64?
  /// The highest value; nil if nothing was measured or a value is censored.
  package var greatest: Int64?
  /// The number of censored values.
  package var censored: Int

  package init(_ objective: Objective, in trials: [TrialMetrics]) {
    self.objective = objective
    let results = trials.flatMap { $0.objectives.filter { $0.objective == objective } }
    met = results.count { $0.verdict == .met }
    missed = results.count { $0.verdict == .missed }
    undecided = results.count { $0.verdict == .undecided }
    void = results.count - met - missed - undecided
    var finite: [Int64] = []
    var censored = 0
    for result in results {
      if case .void = result.verdict { continue }
      switch result.figure {
      case .span(.measured(let interval)): finite.append(interval.estimate.count)
      case .count(.counted(let count)): finite.append(Int64(count))
      case .span(.censored): censored += 1
      case .span(.notObserved), .count(.notObserved): break
      }
    }
    finite.sort()
    self.censored = censored
    least = finite.first
    greatest = censored == 0 ? finite.last : nil
    let count = finite.count + censored
    let middle = [(count - 1) / 2, count / 2]
    median =
      count > 0 && middle[1] < finite.count ? (finite[middle[0]] + finite[middle[1]]) / 2 : nil
  }
}
