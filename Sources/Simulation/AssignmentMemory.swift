import Scenario
import Synchronization

/// The assignments of steps. Each is determined once, since a run requests them repeatedly and each request reads JSON.
private final class AssignmentMemory<Question: Hashable & Sendable>: Sendable {
  private let known = Mutex<[Question: [Assignment]]>([:])

  func assignments(
    _ question: Question, else determine: () throws(StepRefused) -> [Assignment]
  ) throws(StepRefused) -> [Assignment] {
    if let answer = known.withLock({ $0[question] }) { return answer }
    let answer = try determine()
    known.withLock { $0[question] = answer }
    return answer
  }
}

/// A step of one run.
private struct StepOfRun: Hashable {
  var step: String
  var host: String?
}

/// A step of any run whose fleet is one of `Course`: these differ by their number of hosts.
private struct StepOfAnyRun: Hashable {
  var fault: String
  var target: String
  var parameters: [String: ParameterValue]
  var host: String?
  var hosts: Int
}

private let ofAnyRun = AssignmentMemory<StepOfAnyRun>()

extension FaultCatalogue {
  /// The same faults, for the steps of one scenario on one fleet. A step with another chosen target is the same step
  /// here.
  ///
  /// - Parameter isOfCourse: whether the fleet is one of `Course`.
  func remembering(isOfCourse: Bool) -> FaultCatalogue {
    let ofRun = AssignmentMemory<StepOfRun>()
    return FaultCatalogue(
      kinds.map { kind in
        FaultKind(
          kind.description,
          assign: { step, host, fleet throws(StepRefused) in
            let stepOfRun = StepOfRun(step: step.name, host: host?.name)
            return try ofRun.assignments(stepOfRun) { () throws(StepRefused) -> [Assignment] in
              if !isOfCourse { return try kind.assign(step, host, fleet) }
              let question = StepOfAnyRun(
                fault: step.fault, target: "\(step.target)", parameters: step.parameters, host: host?.name,
                hosts: fleet.hosts.count)
              return try ofAnyRun.assignments(question) { () throws(StepRefused) -> [Assignment] in
                try kind.assign(step, host, fleet)
              }
            }
          },
          traits: kind.traits)
      })
  }
}
