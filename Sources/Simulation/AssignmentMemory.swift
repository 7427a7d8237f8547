import Scenario
import Synchronization

/// The assignments of a run's steps. Each is determined once, since a run requests them repeatedly and each request
/// reads JSON.
private final class AssignmentMemory: Sendable {
  private struct Question: Hashable {
    var step: String
    var host: String?
  }

  private let known = Mutex<[Question: Result<[Assignment], StepRefused>]>([:])

  func assignments(
    of kind: FaultKind, for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    let question = Question(step: step.name, host: host?.name)
    if let answer = known.withLock({ $0[question] }) { return try answer.get() }
    let answer = Result { () throws(StepRefused) in try kind.assign(step, host, fleet) }
    known.withLock { $0[question] = answer }
    return try answer.get()
  }
}

extension FaultCatalogue {
  /// The same faults, for the steps of one scenario on one fleet. A step with another chosen target is the same step
  /// here.
  func remembering() -> FaultCatalogue {
    let memory = AssignmentMemory()
    return FaultCatalogue(
      kinds.map { kind in
        FaultKind(
          kind.description,
          assign: { step, host, fleet throws(StepRefused) in
            try memory.assignments(of: kind, for: step, on: host, in: fleet)
          },
          traits: kind.traits)
      })
  }
}
