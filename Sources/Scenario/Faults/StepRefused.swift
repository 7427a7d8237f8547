/// A step is impossible. The error has the reason and the next step.
package struct StepRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var step: String
  /// The reason, and the correct notation.
  package var reason: String
  /// The keys of the step whose values it refuses; empty if the target doesn't fit the fault.
  package var parameters: [String]

  package init(_ step: Step, _ reason: String, of parameters: String...) {
    self.step = step.name
    self.reason = reason
    self.parameters = parameters
  }

  /// `step-1: …`.
  package var description: String { "\(step): \(reason)" }
}
