import Journal
import Scenario

/// A step of the scenario that did not happen in a trial, and why.
package struct StepNotDone: Encodable, Equatable, Sendable {
  package var step: String
  /// Why none of its faults was requested.
  package var reason: String

  /// The steps of a timeline for which no fault was requested, in the file's order.
  ///
  /// - Parameter entries: of one trial, up to its end or to the end of its faults phase.
  package static func all(in timeline: [Step], by entries: some Sequence<Entry>) -> [StepNotDone] {
    var chosen: Set<String> = []
    var leases: [String: String] = [:]
    var reverted: Set<String> = []
    for entry in entries {
      switch entry.event {
      case .stepChosen(let choice): chosen.insert(choice.step)
      case .leaseRequested(let request): leases[request.lease] = request.step
      case .leaseReverted(let revert): reverted.insert(revert.lease)
      default: break
      }
    }
    let done = Set(leases.values)
    let active = Set(leases.filter { !reverted.contains($0.key) }.values)
    return timeline.filter { !done.contains($0.name) }.map { step in
      let reason =
        if chosen.contains(step.name) {
          "it was armed, and the trial ended before its fault was injected"
        } else {
          switch step.trigger {
          case .when(let condition): "its condition was never met: \(condition)"
          case .after(let other, _) where !done.contains(other): "it waits for \(other), which did not happen"
          case .after(let other, _) where active.contains(other):
            "it waits for the end of \(other), which was not observed"
          case .after, .at: "the trial ended before its time"
          }
        }
      return StepNotDone(step: step.name, reason: reason)
    }
  }
}

extension StepNotDone: CustomStringConvertible {
  /// `step two did not happen: its condition was never met: manager sees host down`.
  package var description: String { "step \(step) did not happen: \(reason)" }
}
