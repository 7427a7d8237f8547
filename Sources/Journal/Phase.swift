/// The phases of a trial.
package enum Phase: String, Codable, CaseIterable, Sendable {
  /// Nothing is broken; the baseline is taken.
  case steady
  /// The timeline runs.
  case faults
  /// Every fault is lifted; the platform mends.
  case recovery
  /// The damage is counted.
  case audit
}

/// Why waiting for recovery ended.
package enum RecoveryOutcome: String, Codable, CaseIterable, Sendable {
  /// The platform was well for the whole stable window.
  case stable
  /// Nothing moved on for too long.
  case noProgress = "no-progress"
  /// The cap was reached.
  case cap
  /// The run was aborted.
  case aborted
}
