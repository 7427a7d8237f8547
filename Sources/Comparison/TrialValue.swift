import Metrics
import Scenario
import Statistics

/// The value of a metric in one trial, as a comparison counts it.
package enum TrialValue: Equatable, Sendable {
  /// Nanoseconds, or a count.
  case value(BoundedValue)
  /// The trial was ended early, so the value could have grown further. It has no upper bound.
  case endedEarly(BoundedValue)
  /// The trial doesn't measure the platform under the planned fault, or the metric was not observed. It has the reason.
  case void(String)

  package init(_ trial: TrialMetrics, _ metric: Metric, of subject: String?) {
    if let void = trial.void {
      self = .void(void)
      return
    }
    let result = trial.objectives.first { $0.objective.metric == metric && $0.objective.subject == subject }
    if let doubt = result?.doubt {
      self = .void("\(doubt.unknown) of \(doubt.samples) samples of \(doubt.probe) are unknown")
      return
    }
    let isOpen = trial.aborted != nil && metric.traits.contains(.grows)
    switch trial.figure(metric, of: subject) {
    case .span(.measured(let interval)):
      let (low, high) = (Double(interval.low.count), Double(interval.high.count))
      self = isOpen ? .endedEarly(.censored(above: low)) : .value(BoundedValue(low: low, high: high))
    case .count(.counted(let count)):
      self =
        isOpen ? .endedEarly(.censored(above: Double(count))) : .value(BoundedValue(exactly: Double(count)))
    case .span(.censored(let bound)):
      let value = BoundedValue.censored(above: Double(bound.count))
      self = trial.aborted == nil ? .value(value) : .endedEarly(value)
    case .span(.notObserved(let reason)), .count(.notObserved(let reason)): self = .void(reason)
    }
  }

  /// The bounds; nil for a void trial.
  package var bounds: BoundedValue? {
    switch self {
    case .value(let value), .endedEarly(let value): value
    case .void: nil
    }
  }
}
