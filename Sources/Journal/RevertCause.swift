/// What triggers a revert.
package enum RevertCause: String, Codable, CaseIterable, Sendable {
  /// A request by the controller.
  case controller
  /// The agent's stdin ended: the controller is gone.
  case stdin
  case deadline
  /// The agent died, and its watchdog reverted.
  case watchdog
  /// The watchdog died, and the agent reverted.
  case agent
  /// The kernel removed an expired set element.
  case kernel
  /// `murphy recover`.
  case recover
}
