package enum Phase: String, Codable, CaseIterable, Sendable {
  /// No fault; the baseline is measured.
  case steady
  /// The timeline runs.
  case faults
  /// Every fault is reverted; the platform recovers.
  case recovery
  /// Damage is counted.
  case audit
}

/// Why the wait for recovery ended.
package enum RecoveryOutcome: String, Codable, CaseIterable, Sendable {
  /// The platform was healthy for the whole stable window.
  case stable
  /// There was no progress for too long.
  case noProgress = "no-progress"
  /// The cap was reached.
  case cap
  /// The run was aborted.
  case aborted
}
