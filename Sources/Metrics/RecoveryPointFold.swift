import Journal
import Scenario

/// The time from the acknowledgement of the last write before the first lost one to that of the last lost one: how far
/// back a service falls that needs all writes up to a number.
///
/// Acknowledgements after the last lost one are of the time after the recovery, so they don't count. A write was
/// acknowledged after it was due and before its answer was read.
struct RecoveryPointFold {
  private var firstAnswer: Nanoseconds?
  /// The last write before the first lost one.
  private var point: (due: Nanoseconds, answered: Nanoseconds)?
  private var lastLost: (due: Nanoseconds, answered: Nanoseconds)?

  /// Takes an acknowledged write, in the order of their numbers.
  mutating func take(_ sample: Sample, isPresent: Bool) {
    if firstAnswer == nil { firstAnswer = sample.completed }
    if !isPresent {
      lastLost = (sample.scheduled, sample.completed)
    } else if lastLost == nil {
      point = (sample.scheduled, sample.completed)
    }
  }

  var span: Span {
    guard let firstAnswer else { return .notObserved(reason: "no write was acknowledged") }
    guard let lastLost else { return .measured(.zero) }
    // If the first one is lost, the recovery point is before the trial.
    guard let point else { return .censored(moreThan: max(lastLost.due - firstAnswer, .zero)) }
    return .measured(
      Interval(
        estimate: lastLost.answered - point.answered, low: lastLost.due - point.answered,
        high: lastLost.answered - point.due
      ).notNegative)
  }
}
