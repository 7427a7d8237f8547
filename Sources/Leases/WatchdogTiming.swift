import Scenario

/// When a lease's watchdog acts.
package enum WatchdogTiming {
  /// How long after the deadline it acts: a live agent reverts before that.
  package static let grace = Nanoseconds.milliseconds(20)
  /// How long after an undo or a failed revert it tries again.
  package static let retryAfter = Nanoseconds.seconds(1)
  /// For how many seconds it undoes an injection again and again that was never confirmed: longer than libvirt waits for
  /// a domain that is busy (30 s, QEMU_JOB_WAIT_TIME in its QEMU driver).
  package static let doubtfulSeconds = 35
}
