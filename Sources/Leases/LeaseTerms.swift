import AgentProtocol
import Scenario

/// The properties of a lease on which decisions depend.
package struct LeaseTerms: Equatable, Sendable {
  /// |
  package var name: String
  /// The boot id at which it was taken.
  package var boot: String
  /// When the host reverts it without a request, on CLOCK_BOOTTIME.
  package var deadline: Nanoseconds
  /// Whether the kernel ends the fault after the deadline, because its set elements expire.
  package var expires: Bool
  /// Whether a daemon injects the fault. A daemon may still do so after the agent has died.
  package var isByDaemon: Bool
  /// Whether the fault stays active after a boot of its site, such as another machine's loss of power.
  package var outlivesBoot: Bool

  /// The terms with these values.
  package init(
    name: String, boot: String, deadline: Nanoseconds, expires: Bool, isByDaemon: Bool, outlivesBoot: Bool
  ) {
    self.name = name
    self.boot = boot
    self.deadline = deadline
    self.expires = expires
    self.isByDaemon = isByDaemon
    self.outlivesBoot = outlivesBoot
  }
}

extension LeaseTerms {
  /// Whether the fault ended with the boot in which it was injected, so that no undo is needed.
  func endedWithItsBoot(now boot: String) -> Bool { self.boot != boot && !outlivesBoot }

  /// Whether the lease no longer permits an injection.
  ///
  /// - Parameters:
  ///   - boottime: CLOCK_BOOTTIME.
  ///   - log: the state according to the lease's log; nil if it can't be read.
  ///   - isOnDisk: false if its record was deleted, for example by `murphy recover`.
  package func isOver(at boottime: Nanoseconds, _ log: LeaseStatus?, isOnDisk: Bool) -> Bool {
    boottime >= deadline || log?.revert != nil || !isOnDisk
  }
}
