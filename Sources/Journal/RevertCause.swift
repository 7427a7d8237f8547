/// The links of the chain that lifts a fault.
package enum RevertCause: String, Codable, CaseIterable, Sendable {
  /// The controller said so.
  case controller
  /// The agent's stdin ended: the controller was gone.
  case stdin
  /// The deadline on the host.
  case deadline
  /// The agent died, and its watchdog lifted it.
  case watchdog
  /// The watchdog died, and the agent lifted it.
  case agent
  /// The kernel let a set element expire.
  case kernel
  /// `murphy recover`.
  case recover
}
