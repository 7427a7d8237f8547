import Journal
import Scenario

/// A storage view in a trial.
package struct StorageMetrics: Encodable, Equatable, Sendable {
  package var view: String
  /// When the storage had full redundancy again and kept it to the end, minus the time of the effect.
  package var timeToFullRedundancy: Span
  /// How long a copy of the data was missing or outdated, from the effect on. Its upper bound includes the time in which
  /// the state of the copies is not known; the estimate includes it while a peer is known to be missing.
  package var exposure: Span
  /// The fewest bricks online at once; nil if the view reported nothing.
  package var fewestBricks: Int?
  /// All bricks.
  package var bricks: Int?
  /// The most entries waiting to be healed at once.
  package var largestHealBacklog: Int?
  /// The most entries in split-brain at once.
  package var splitBrain: Count

  init(_ view: Fleet.View, in trial: TrialRecord) {
    self.view = view.name
    let trace = trial.storage(view)
    // The state at the beginning of the trial counts, and all states during it.
    let first = max((trace.sights.firstIndex { $0.at > trial.begin } ?? trace.sights.count) - 1, 0)
    let states = trace.sights.dropFirst(first).compactMap(\.state)
    fewestBricks = states.map(\.bricksOnline).min()
    bricks = states.last?.bricks
    largestHealBacklog = states.map(\.healBacklog).max()
    splitBrain =
      states.filter { $0.unknown == nil }.map(\.splitBrain).max().map { .counted($0) }
      ?? .notObserved(reason: "the view reported nothing")
    timeToFullRedundancy = Self.redundancy(trace, in: trial)
    exposure = Self.exposure(trace, in: trial)
  }

  private static func exposure(_ trace: ViewTrace<StorageState>, in trial: TrialRecord) -> Span {
    guard let effective = trial.effective else { return .notObserved(reason: "no fault became effective") }
    guard trace.sights.contains(where: { $0.state != nil }) else {
      return .notObserved(reason: "the view reported nothing")
    }
    let after = BoundedPeriods([(effective, Interval(exactly: max(trial.end, effective.high)))])
    let known = trace.periods(in: trial) { $0.lacksCopy != nil }.certain
    let lacking = BoundedPeriods(
      // A state whose copies are not known is kept only if a peer is missing.
      estimate: trace.periods(in: trial) { $0.lacksCopy ?? true }.estimate,
      certain: trace.periods(in: trial) { $0.lacksCopy == true }.certain,
      possible: trace.periods(in: trial) { $0.lacksCopy == true }.possible
        .union(known.complement(from: trial.begin, to: trial.end)))
    let length = lacking.intersection(after).length
    return trace.sights.last?.state?.lacksCopy == false
      ? .measured(length) : .censored(moreThan: length.low)
  }

  private static func redundancy(_ trace: ViewTrace<StorageState>, in trial: TrialRecord) -> Span {
    guard let effective = trial.effective else { return .notObserved(reason: "no fault became effective") }
    guard trace.sights.contains(where: { $0.state != nil }) else {
      return .notObserved(reason: "the view reported nothing")
    }
    let sights = trace.sights
    // Only the last state before the effect and the states after it belong to this fault.
    let from = max((sights.firstIndex { $0.at > effective.low } ?? sights.count) - 1, 0)
    guard let lastBroken = sights[from...].lastIndex(where: { $0.state.map { !$0.isWhole } ?? false }) else {
      guard sights[from...].contains(where: { $0.state == nil }) else { return .measured(.zero) }
      return untold(sights, from: from, since: effective)
    }
    guard let whole = sights[lastBroken...].firstIndex(where: { $0.state?.isWhole ?? false }) else {
      // A journal contains only changes: the last degraded state lasted until the view stopped reporting, or to the
      // end.
      let until = lastBroken + 1 < sights.count ? sights[lastBroken + 1].at - trace.every : trial.end
      return .censored(moreThan: max(max(until, sights[lastBroken].at) - effective.high, .zero))
    }
    guard sights[sights.count - 1].state != nil else {
      return .censored(moreThan: max(trace.change(at: whole).low - effective.high, .zero))
    }
    var interval = trace.change(at: whole)
    // If the view stopped reporting after it had shown full redundancy, the next report confirms it.
    if let silent = sights[whole...].lastIndex(where: { $0.state == nil }) {
      interval.high = sights[silent + 1].at
    }
    return .measured(interval.since(effective).notNegative)
  }

  /// The storage was never seen degraded, but the view did not report for a while.
  private static func untold(_ sights: [ViewTrace<StorageState>.Sight], from: Int, since effective: Interval)
    -> Span
  {
    guard let silent = sights.lastIndex(where: { $0.state == nil }), silent >= from, silent + 1 < sights.count
    else { return .notObserved(reason: "the view reported nothing after the fault") }
    let high = max(sights[silent + 1].at - effective.low, .zero)
    return .measured(Interval(estimate: high, low: .zero, high: high))
  }
}
