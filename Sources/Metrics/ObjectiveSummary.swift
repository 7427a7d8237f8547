import Scenario

/// An objective over all trials of a run. No trial is dropped: those that yield nothing are counted.
package struct ObjectiveSummary: Encodable, Equatable, Sendable {
  /// What was demanded.
  package var objective: Objective
  /// In how many trials it was met.
  package var met: Int
  /// In how many it was missed.
  package var missed: Int
  /// In how many the measurement can't tell.
  package var undecided: Int
  /// In how many nothing could be judged.
  package var void: Int
  /// The least value (nanoseconds, or a count); nil where nothing was measured.
  package var least: Int64?
  /// The median of the estimates, a censored one ranked as infinite; nil where nothing was measured or the
  /// median is censored itself.
  package var median: Int64?
  /// The greatest value; nil where nothing was measured or any is censored.
  package var greatest: Int64?
  /// How many values are censored.
  package var censored: Int

  init(_ objective: Objective, in trials: [TrialMetrics]) {
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
