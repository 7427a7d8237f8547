/// A step that can't be done: what is wrong with it, and what to write.
package struct StepRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// The step's name.
  package var step: String
  /// What is wrong, and what to write.
  package var reason: String

  /// A refusal of a step.
  package init(_ step: Step, _ reason: String) {
    self.step = step.name
    self.reason = reason
  }

  /// `step-1 (host.unplug): …`.
  package var description: String { "\(step): \(reason)" }
}
