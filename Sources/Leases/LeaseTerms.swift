import AgentProtocol
import Scenario

/// A lease's values for decisions.
package struct LeaseTerms: Equatable, Sendable {
  /// Its name.
  package var name: String
  /// The kernel's boot in which it was taken.
  package var boot: String
  /// When the host reverts it without its controller, on CLOCK_BOOTTIME.
  package var deadline: Nanoseconds
  /// Whether the kernel ends the fault after the deadline, because its set elements expire.
  package var expires: Bool
  /// Whether a daemon injects the fault, and may do so after the agent that asked for it has died.
  package var isByDaemon: Bool

  /// Terms of these parts.
  package init(name: String, boot: String, deadline: Nanoseconds, expires: Bool, isByDaemon: Bool) {
    self.name = name
    self.boot = boot
    self.deadline = deadline
    self.expires = expires
    self.isByDaemon = isByDaemon
  }
}

extension LeaseTerms {
  /// Whether nothing may be injected under the lease any more.
  ///
  /// - Parameters:
  ///   - boottime: CLOCK_BOOTTIME.
  ///   - log: what the lease's log says; nil where it can't be read.
  ///   - isOnDisk: false where its record is gone, as after `murphy recover`.
  package func isOver(at boottime: Nanoseconds, _ log: LeaseStatus?, isOnDisk: Bool) -> Bool {
    boottime >= deadline || log?.revert != nil || !isOnDisk
  }
}
