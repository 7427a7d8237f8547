import Linux
import Scenario

/// Reverts the controller's leases: `murphy-agent recover` on this machine.
package enum ControllerRecovery {
  /// - Returns: a line for each result, and whether no lease is left.
  package static func perform(_ place: Fleet.Controller) throws(ProcessFailure) -> (
    report: [String], isClean: Bool
  ) {
    let outcome = try ChildProcess.run(
      AgentCommand.recovery(atController: place), environment: AgentCommand.environment, within: .seconds(60))
    return (visibleLines(outcome.output + outcome.errors), outcome.end.isSuccess)
  }
}
