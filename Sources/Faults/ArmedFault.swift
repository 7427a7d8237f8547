import FoundationEssentials
import Glibc
import Linux
import Scenario

/// Who keeps a lease on a host: what must be in place before a fault can be armed, and what is asked when it is let go.
package protocol LeaseKeeper {
  /// Puts the lease on the disk with its undo; when this returns, it survives a power cut.
  func record(undo: Data) throws
  /// Starts the process that lifts the fault where this one can't; when this returns, it watches.
  func startWatchdog() throws
  /// Notes that the fault is about to be done.
  ///
  /// - Throws: `LeaseOver` where the lease has ended meanwhile.
  func letGo() throws
}

/// A fault with a lease on disk, a watchdog, and all in place that does nothing yet: the only thing that can be
/// injected, and only `FaultOrder.arm` makes it.
package struct ArmedFault {
  private let lease: String
  private let deadline: Nanoseconds
  private let keeper: any LeaseKeeper
  private let trigger: FaultOrder.Trigger

  fileprivate init(
    _ lease: String, until deadline: Nanoseconds, keptBy keeper: any LeaseKeeper,
    _ trigger: FaultOrder.Trigger
  ) {
    self.lease = lease
    self.deadline = deadline
    self.keeper = keeper
    self.trigger = trigger
  }

  /// Does it, for what is left of the lease.
  ///
  /// - Throws: `LeaseOver` where nothing is left; then nothing was done.
  package func inject() throws {
    let lifetime = deadline - Nanoseconds(Clock.boottime.now)
    if lifetime <= .zero { throw LeaseOver(lease: lease) }
    try keeper.letGo()
    try trigger.inject(lifetime)
  }

  /// What shows first that the fault takes effect, as quick as that can be asked; nil before. `effect` confirms it.
  package func onset() throws -> String? { try trigger.onset() }

  /// Whether the fault is active.
  package func effect() throws -> EffectState { try trigger.effect() }
  /// How long after the injection it may take to become active.
  package var effectPatience: Nanoseconds { trigger.patience }
}

extension FaultOrder {
  /// Arms the fault: the one order of acts in which whatever dies in between, somebody knows what to undo.
  ///
  /// - Parameter deadline: the end of the lease, on CLOCK_BOOTTIME.
  /// - Throws: `RequirementsMissing`, or whatever the host refused; the keeper knows how far it came.
  package func arm(
    _ lease: String, until deadline: Nanoseconds, keptBy keeper: some LeaseKeeper,
    using instruments: Instruments
  ) throws -> ArmedFault {
    let missing = self.missing(using: instruments)
    if !missing.isEmpty { throw RequirementsMissing(lines: missing) }
    let undo = try snapshot(for: lease, using: instruments)
    try keeper.record(undo: undo)
    try keeper.startWatchdog()
    try prepare(undo, for: lease, using: instruments)
    return ArmedFault(
      lease, until: deadline, keptBy: keeper, try trigger(undo, for: lease, using: instruments))
  }

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
    if case .inactive(let reason) = try trigger.effect() {
      throw EffectNotSeen(lease: lease, reason: reason, patience: fault.effectPatience)
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

/// A lease that had ended before its fault was done, or while it was being done.
package struct LeaseOver: Error, CustomStringConvertible {
  /// The lease.
  package var lease: String
  /// That of a lease.
  package init(lease: String) { self.lease = lease }
  /// What became of the fault.
  package var description: String {
    "lease \(lease) was over before its fault was done; the fault was undone"
  }
}

/// A fault that was injected and did not become active in time.
package struct EffectNotSeen: Error, CustomStringConvertible {
  /// The lease.
  package var lease: String
  /// What the last look showed instead.
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
  /// What differs.
  package var lines: [String]
  /// A revert that left these.
  package init(lines: [String]) { self.lines = lines }
  /// The lines as one.
  package var description: String { lines.joined(separator: "; ") }
}
