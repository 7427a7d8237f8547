import FoundationEssentials
import Glibc
import Linux
import Scenario

/// The steps on a host that must precede and follow an injection: record the lease, start the watchdog, announce the
/// injection.
package protocol LeaseKeeper {
  /// Writes the lease with its undo to disk. When this returns, the lease survives a power cut.
  func record(undo: Data) throws
  /// Starts the process that reverts the fault if this one can't. When this returns, that process watches.
  func startWatchdog() throws
  /// Logs that the fault is about to be injected.
  func announce() throws
}

extension FaultOrder {
  /// Writes the lease of the fault to disk: the first step towards an injection. Each step can be created only by the
  /// step before it, so that no other order compiles.
  ///
  ///     record → RecordedFault.guarded → GuardedFault.armed → ArmedFault.announced → AnnouncedFault.inject
  ///
  /// - Parameter deadline: the end of the lease, on CLOCK_BOOTTIME.
  /// - Throws: `RequirementsMissing`, or an error of the host. The keeper has recorded whether the lease is on disk.
  package func record(
    _ lease: String, until deadline: Nanoseconds, keptBy keeper: some LeaseKeeper,
    using instruments: Instruments
  ) throws -> RecordedFault {
    let missing = self.missing(using: instruments)
    if !missing.isEmpty { throw RequirementsMissing(lines: missing) }
    let undo = try snapshot(for: lease, using: instruments)
    try keeper.record(undo: undo)
    return RecordedFault(
      lease: lease, order: self, undo: undo, deadline: deadline, keeper: keeper, instruments: instruments)
  }
}

/// A fault with a lease on disk.
package struct RecordedFault {
  fileprivate let lease: String
  fileprivate let order: FaultOrder
  fileprivate let undo: Data
  fileprivate let deadline: Nanoseconds
  fileprivate let keeper: any LeaseKeeper
  fileprivate let instruments: Instruments

  /// Starts the watchdog.
  package func guarded() throws -> GuardedFault {
    try keeper.startWatchdog()
    return GuardedFault(recorded: self)
  }
}

/// A fault with a lease on disk and a watchdog.
package struct GuardedFault {
  fileprivate let recorded: RecordedFault

  /// Makes all preparations that have no effect yet.
  package func armed() throws -> ArmedFault {
    let (order, instruments) = (recorded.order, recorded.instruments)
    try order.prepare(recorded.undo, for: recorded.lease, using: instruments)
    return ArmedFault(
      recorded: recorded, trigger: try order.trigger(recorded.undo, for: recorded.lease, using: instruments))
  }
}

/// A fault with a lease on disk, a watchdog and all preparations that have no effect yet.
package struct ArmedFault {
  fileprivate let recorded: RecordedFault
  fileprivate let trigger: FaultOrder.Trigger

  /// Logs that the fault is about to be injected.
  ///
  /// - Throws: if the disk refuses the entry. The fault is then not injected.
  package func announced() throws -> AnnouncedFault {
    try recorded.keeper.announce()
    return AnnouncedFault(armed: self)
  }
}

/// A fault whose injection is logged on disk. Only such a fault can be injected.
package struct AnnouncedFault {
  fileprivate let armed: ArmedFault

  /// Injects the fault for the rest of the lease.
  ///
  /// - Throws: `LeaseOver` if the lease is over. The fault is then not injected.
  package func inject() throws {
    let lifetime = armed.recorded.deadline - Nanoseconds(Clock.boottime.now)
    if lifetime <= .zero { throw LeaseOver(lease: armed.recorded.lease) }
    try armed.trigger.inject(lifetime)
  }

  /// The fastest evidence that the fault takes effect; nil before. `effect` confirms it.
  package func onset() throws -> String? { try armed.trigger.onset() }

  /// Whether the fault is active.
  package func effect() throws -> EffectState { try armed.trigger.effect() }
  /// How long after the injection it may take to become active.
  package var effectPatience: Nanoseconds { armed.trigger.patience }
}

extension FaultOrder {
  /// Injects the fault, verifies its effect and undoes it, without a lease. This works only in a network namespace that
  /// the calling thread made and that ends with the thread.
  ///
  /// - Throws: `SystemError` with EPERM in any other network; `RequirementsMissing`, `EffectNotSeen`, `ResidueLeft`, or
  ///   an error of the host.
  package func rehearse(in namespace: borrowing OwnNetworkNamespace, using instruments: Instruments) throws {
    try namespace.checkCallingThread()
    let missing = self.missing(using: instruments)
    if !missing.isEmpty { throw RequirementsMissing(lines: missing) }
    let lease = "rehearsal"
    let undo = try snapshot(for: lease, using: instruments)
    try prepare(undo, for: lease, using: instruments)
    let trigger = try trigger(undo, for: lease, using: instruments)
    try trigger.inject(.seconds(5))
    // A signal takes effect after the call that sends it.
    let patience = Nanoseconds.seconds(1)
    let end = Clock.monotonic.now + patience.count
    while case .inactive(let reason) = try trigger.effect() {
      if Clock.monotonic.now > end { throw EffectNotSeen(lease: lease, reason: reason, patience: patience) }
      usleep(500)
    }
    try revert(undo, using: instruments)
    let residue = try residue(undo, using: instruments)
    if !residue.isEmpty { throw ResidueLeft(lines: residue) }
  }
}

/// The host lacks requirements of a fault.
package struct RequirementsMissing: Error, CustomStringConvertible {
  /// The missing requirements.
  package var lines: [String]
  /// All lines as one.
  package var description: String { lines.joined(separator: "; ") }
}

/// A lease ended before or during the injection of its fault.
package struct LeaseOver: Error, CustomStringConvertible {
  package var lease: String
  package init(lease: String) { self.lease = lease }
  /// The state of the fault.
  package var description: String {
    "lease \(lease) was over before its fault was injected; the fault was undone"
  }
}

/// A fault was injected and did not become active in time.
package struct EffectNotSeen: Error, CustomStringConvertible {
  package var lease: String
  /// The last observation.
  package var reason: String
  /// The time limit.
  package var patience: Nanoseconds

  package init(lease: String, reason: String, patience: Nanoseconds) {
    self.lease = lease
    self.reason = reason
    self.patience = patience
  }

  /// The state of the fault.
  package var description: String {
    "lease \(lease): the fault was injected and is not active after \(patience): \(reason)"
  }
}

/// A revert left residue.
package struct ResidueLeft: Error, CustomStringConvertible {
  package var lines: [String]
  package init(lines: [String]) { self.lines = lines }
  /// All lines as one.
  package var description: String { lines.joined(separator: "; ") }
}
