import Linux
import Scenario

/// Reverts what has a lease at the controller: `murphy-agent recover` on this machine.
package enum ControllerRecovery {
  /// - Returns: what was done, a line each, and whether nothing is left.
  package static func perform(_ place: Fleet.Controller) throws(ProcessFailure) -> (
    report: [String], isClean: Bool
  ) {
    let outcome = try ChildProcess.run(
      AgentCommand.recovery(atController: place), environment: AgentCommand.environment, within: .seconds(60))
    return (visibleLines(outcome.output + outcome.errors), outcome.end.isSuccess)
  }
}
