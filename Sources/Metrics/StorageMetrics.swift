import Journal
import Scenario

/// What a storage view showed in a trial.
package struct StorageMetrics: Encodable, Equatable, Sendable {
  /// The view.
  package var view: String
  /// When storage was whole again and stayed so to the end, minus effective.
  package var timeToFullRedundancy: Span
  /// Fewest bricks online at once; nil where the view showed nothing.
  package var fewestBricks: Int?
  /// Bricks in all.
  package var bricks: Int?
  /// Most entries waiting to be healed at once.
  package var largestHealBacklog: Int?
  /// Most entries in split-brain at once.
  package var splitBrain: Count

  init(_ view: Fleet.View, in trial: TrialRecord) {
    self.view = view.name
    let trace = trial.storage(view)
    // The state that held when the trial began counts with what was seen in it.
    let first = max((trace.sights.firstIndex { $0.at > trial.begin } ?? trace.sights.count) - 1, 0)
    let states = trace.sights.dropFirst(first).compactMap(\.state)
    fewestBricks = states.map(\.bricksOnline).min()
    bricks = states.last?.bricks
    largestHealBacklog = states.map(\.healBacklog).max()
    splitBrain =
      states.filter { $0.unknown == nil }.map(\.splitBrain).max().map { .counted($0) }
      ?? .notObserved(reason: "the view showed nothing")
    timeToFullRedundancy = Self.redundancy(trace, in: trial)
  }

  private static func redundancy(_ trace: ViewTrace<StorageState>, in trial: TrialRecord) -> Span {
    guard let effective = trial.effective else { return .notObserved(reason: "no fault became effective") }
    guard trace.sights.contains(where: { $0.state != nil }) else {
      return .notObserved(reason: "the view showed nothing")
    }
    let sights = trace.sights
    // Only what the view showed last before the effect, and what came after, tells of this fault.
    let from = max((sights.firstIndex { $0.at > effective.low } ?? sights.count) - 1, 0)
    guard let lastBroken = sights[from...].lastIndex(where: { $0.state.map { !$0.isWhole } ?? false }) else {
      guard sights[from...].contains(where: { $0.state == nil }) else { return .measured(.zero) }
      return untold(sights, from: from, since: effective)
    }
    guard let whole = sights[lastBroken...].firstIndex(where: { $0.state?.isWhole ?? false }) else {
      // A journal holds the changes alone: what was broken last was so until the view fell silent, or to the end.
      let until = lastBroken + 1 < sights.count ? sights[lastBroken + 1].at - trace.every : trial.end
      return .censored(moreThan: max(max(until, sights[lastBroken].at) - effective.high, .zero))
    }
    guard sights[sights.count - 1].state != nil else {
      return .censored(moreThan: max(trace.change(at: whole).low - effective.high, .zero))
    }
    var interval = trace.change(at: whole)
    // Where the view fell silent after it had shown storage whole, it is sure only once it speaks again.
    if let silent = sights[whole...].lastIndex(where: { $0.state == nil }) {
      interval.high = sights[silent + 1].at
    }
    return .measured(interval.since(effective).notNegative)
  }

  /// Storage was never seen broken, but the view was silent for a while.
  private static func untold(_ sights: [ViewTrace<StorageState>.Sight], from: Int, since effective: Interval)
    -> Span
  {
    guard let silent = sights.lastIndex(where: { $0.state == nil }), silent >= from, silent + 1 < sights.count
    else { return .notObserved(reason: "the view showed nothing after the fault") }
    let high = max(sights[silent + 1].at - effective.low, .zero)
    return .measured(Interval(estimate: high, low: .zero, high: high))
  }
}
