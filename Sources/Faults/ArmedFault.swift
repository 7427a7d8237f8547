import FoundationEssentials
import Glibc
import Linux
import Scenario

/// What keeps a lease on a host: what must be in place before a fault is armed, and what is noted when it is injected.
package protocol LeaseKeeper {
  /// Puts the lease on the disk with its undo; when this returns, it survives a power cut.
  func record(undo: Data) throws
  /// Starts the process that reverts the fault where this one can't; when this returns, it watches.
  func startWatchdog() throws
  /// Notes that the fault is about to be injected.
  func announce() throws
}

extension FaultOrder {
  /// Puts the lease of the fault on the disk: the first of the steps that end with an injection. Each step is made by the
  /// one before it alone, so that no other order compiles.
  ///
  ///     record → RecordedFault.guarded → GuardedFault.armed → ArmedFault.announced → AnnouncedFault.inject
  ///
  /// - Parameter deadline: the end of the lease, on CLOCK_BOOTTIME.
  /// - Throws: `RequirementsMissing`, or what the host refused; the keeper knows whether the lease is on the disk.
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

/// A fault with a lease on the disk.
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

/// A fault with a lease on the disk and a watchdog.
package struct GuardedFault {
  fileprivate let recorded: RecordedFault

  /// Puts all in place that does nothing yet.
  package func armed() throws -> ArmedFault {
    let (order, instruments) = (recorded.order, recorded.instruments)
    try order.prepare(recorded.undo, for: recorded.lease, using: instruments)
    return ArmedFault(
      recorded: recorded, trigger: try order.trigger(recorded.undo, for: recorded.lease, using: instruments))
  }
}

/// A fault with a lease on the disk, a watchdog, and all in place that does nothing yet.
package struct ArmedFault {
  fileprivate let recorded: RecordedFault
  fileprivate let trigger: FaultOrder.Trigger

  /// Notes that the fault is about to be injected.
  ///
  /// - Throws: where the disk refuses it; then nothing was injected.
  package func announced() throws -> AnnouncedFault {
    try recorded.keeper.announce()
    return AnnouncedFault(armed: self)
  }
}

/// A fault whose injection is noted on the disk: the only thing that can be injected.
package struct AnnouncedFault {
  fileprivate let armed: ArmedFault

  /// Injects it, for what is left of the lease.
  ///
  /// - Throws: `LeaseOver` where nothing is left; then nothing was injected.
  package func inject() throws {
    let lifetime = armed.recorded.deadline - Nanoseconds(Clock.boottime.now)
    if lifetime <= .zero { throw LeaseOver(lease: armed.recorded.lease) }
    try armed.trigger.inject(lifetime)
  }

  /// What shows first that the fault takes effect, as quick as that can be asked; nil before. `effect` confirms it.
  package func onset() throws -> String? { try armed.trigger.onset() }

  /// Whether the fault is active.
  package func effect() throws -> EffectState { try armed.trigger.effect() }
  /// How long after the injection it may take to become active.
  package var effectPatience: Nanoseconds { armed.trigger.patience }
}

extension FaultOrder {
  /// Does the fault, sees it and undoes it, all at once and without a lease: in a network namespace that the calling
  /// thread made, and that ends with it.
  ///
  /// - Throws: `SystemError` with EPERM in any other network; `RequirementsMissing`, `EffectNotSeen`, `ResidueLeft`, or
  ///   whatever was refused.
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
    let patience = Clock.monotonic.now + 1_000_000_000
    while case .inactive(let reason) = try trigger.effect() {
      if Clock.monotonic.now > patience {
        throw EffectNotSeen(lease: lease, reason: reason, patience: fault.effectPatience)
      }
      usleep(500)
    }
    try revert(undo, using: instruments)
    let residue = try residue(undo, using: instruments)
    if !residue.isEmpty { throw ResidueLeft(lines: residue) }
  }
}

/// A host that lacks what a fault needs.
package struct RequirementsMissing: Error, CustomStringConvertible {
  /// What it lacks.
  package var lines: [String]
  /// The lines as one.
  package var description: String { lines.joined(separator: "; ") }
}

/// A lease that ended before its fault was injected, or meanwhile.
package struct LeaseOver: Error, CustomStringConvertible {
  package var lease: String
  /// That of a lease.
  package init(lease: String) { self.lease = lease }
  /// What became of the fault.
  package var description: String {
    "lease \(lease) was over before its fault was injected; the fault was undone"
  }
}

/// A fault that was injected and did not become active in time.
package struct EffectNotSeen: Error, CustomStringConvertible {
  package var lease: String
  /// What the last observation showed instead.
  package var reason: String
  /// How long it had time.
  package var patience: Nanoseconds

  /// That of a lease.
  package init(lease: String, reason: String, patience: Nanoseconds) {
    self.lease = lease
    self.reason = reason
    self.patience = patience
  }

  /// What became of the fault.
  package var description: String {
    "lease \(lease): the fault was injected and is not active after \(patience): \(reason)"
  }
}

/// A revert after which something still differs.
package struct ResidueLeft: Error, CustomStringConvertible {
  package var lines: [String]
  /// A revert that left these.
  package init(lines: [String]) { self.lines = lines }
  /// The lines as one.
  package var description: String { lines.joined(separator: "; ") }
}
