/// A step is impossible. The error has the reason and the next step.
package struct StepRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var step: String
  /// The reason, and the correct notation.
  package var reason: String

  package init(_ step: Step, _ reason: String) {
    self.step = step.name
    self.reason = reason
  }

  /// `step-1 (host.unplug): …`.
  package var description: String { "\(step): \(reason)" }
}
