import Scenario

/// The times at which a lease's watchdog acts.
package enum WatchdogTiming {
  /// The delay after the deadline. A live agent reverts before that.
  package static let grace = Nanoseconds.milliseconds(20)
  /// The delay before an undo or a failed revert is repeated.
  package static let retryAfter = Nanoseconds.seconds(1)
  /// For how many seconds the undo of an injection that was never confirmed is repeated, by the watchdog of an agent that
  /// died or by the agent. This is longer than libvirt waits for a busy domain (30 s, QEMU_JOB_WAIT_TIME in its QEMU
  /// driver).
  static let doubtfulSeconds = 35
}
