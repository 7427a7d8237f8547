import Dispatch
import Faults
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// The acts on one lease, each on a queue of its own: a libvirt that hangs while a fault is injected holds up neither
/// the agent nor the revert, and never another lease.
///
/// Unchecked: `armed`'s parts are written on the forward queue before the session hears that the lease is armed, and
/// read there or after that; `isInDoubt` there before the session hears of the act, and after that by reverts alone.
final class LeaseWorker: @unchecked Sendable {
  private let name: String
  private let folder: LeaseFolder
  private let forward: DispatchQueue
  private let backward: DispatchQueue
  private let forwardInstruments = Instruments()
  private let backwardInstruments = Instruments()
  private var trigger: FaultOrder.Trigger?
  /// Whether an act that came after its lease had ended is not known to be undone, whatever is noted of the lease.
  private var isInDoubt = false
  private(set) var lease: Lease?
  private(set) var watchdog: ProcessIdentity?

  init(_ name: String, folder: LeaseFolder) {
    self.name = name
    self.folder = folder
    forward = DispatchQueue(label: "inject \(name)", qos: .userInteractive)
    backward = DispatchQueue(label: "revert \(name)", qos: .userInteractive)
  }

  /// Snapshot, lease on disk, watchdog, then what can stand ready: in this order, so that whatever dies in between,
  /// somebody knows what to undo.
  func arm(
    _ order: FaultOrder, run: String, deadline: Nanoseconds, cutsControlPath: Bool,
    then report: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    forward.async { [self] in
      report(
        Result {
          let missing = order.fault.missing(using: forwardInstruments)
          if !missing.isEmpty { throw RequirementsMissing(lines: missing) }
          let undo = try order.snapshot(for: name, using: forwardInstruments)
          let lease = Lease(
            name: name, run: run, order: order, undo: undo, boot: try Clock.bootIdentity(),
            deadline: deadline,
            cutsControlPath: cutsControlPath)
          try folder.write(lease)
          self.lease = lease
          watchdog = try Watchdog.start(folder: folder, lease: name)
          try order.prepare(undo, using: forwardInstruments)
          trigger = try order.trigger(undo, using: forwardInstruments)
        })
    }
  }

  /// Lets the fault go, and sees its effect.
  ///
  /// A lease that is over when this has its turn, or has become so while the act took long (a hypervisor that hung, a
  /// machine that slept), is undone here whatever was noted of it: who noted it couldn't know of this act.
  ///
  /// - Parameter received: when the command came, on CLOCK_MONOTONIC.
  func inject(received: Int64, then report: @escaping @Sendable (Result<Effect, any Error>) -> Void) {
    forward.async { [self] in
      guard let trigger, let lease else { return report(.failure(EffectNotSeen(lease: name))) }
      let result = Result<Effect, any Error> {
        let lifetime = lease.deadline - Nanoseconds(Clock.boottime.now)
        if lifetime <= .zero || folder.lifted(lease) != nil { throw LeaseOver(lease: name) }
        try folder.announce(.injecting, of: name)
        try trigger.inject(lifetime)
        return try seeEffect(trigger, received: received)
      }
      if isOver(lease) {
        let failure = Result { try undo(lease, using: forwardInstruments) }.failure
        isInDoubt = failure != nil
        report(.failure(failure ?? LeaseOver(lease: name)))
        return
      }
      report(result)
      // After the report, so that the disk isn't part of the time to effect.
      if case .success(let effect) = result { folder.noteIfPossible(.effective(effect), of: name) }
    }
  }

  private func isOver(_ lease: Lease) -> Bool {
    Nanoseconds(Clock.boottime.now) >= lease.deadline || folder.lifted(lease) != nil
  }

  /// Undoes the fault, whatever was noted of it.
  private func undo(_ lease: Lease, using instruments: Instruments) throws {
    let residue = try folder.undo(lease, using: instruments)
    if !residue.isEmpty { throw ResidueLeft(lines: residue) }
  }

  private func seeEffect(_ trigger: FaultOrder.Trigger, received: Int64) throws -> Effect {
    let patience = Clock.monotonic.now + 5_000_000_000
    while true {
      if let evidence = try trigger.effect() {
        let now = Clock.monotonic.now
        return Effect(at: Nanoseconds(now), took: Nanoseconds(now - received), evidence: evidence)
      }
      if Clock.monotonic.now > patience { throw EffectNotSeen(lease: name) }
      sleepBriefly()
    }
  }

  /// Undoes the fault, and sees that it is gone. With nothing on disk there is nothing to undo.
  func revert(_ cause: RevertCause, then report: @escaping @Sendable (Result<Revert, any Error>) -> Void) {
    backward.async { [self] in
      report(
        Result {
          guard let lease else {
            return Revert(
              at: Nanoseconds(Clock.monotonic.now), cause: cause, residue: [], boot: try Clock.bootIdentity())
          }
          if isInDoubt {
            try undo(lease, using: backwardInstruments)
            isInDoubt = false
          }
          let revert = try folder.revert(lease, cause: cause, using: backwardInstruments)
          if !revert.residue.isEmpty { throw ResidueLeft(lines: revert.residue) }
          return revert
        })
    }
  }
}

/// Sleeps for half a millisecond, between two looks at something that is about to change.
func sleepBriefly() { usleep(500) }

/// A host that lacks what a fault needs.
struct RequirementsMissing: Error, CustomStringConvertible {
  var lines: [String]
  var description: String { lines.joined(separator: "; ") }
}

/// A lease that had ended before its fault was done, or while it was being done.
struct LeaseOver: Error, CustomStringConvertible {
  var lease: String
  var description: String { "lease \(lease) was over before its fault was done; the fault was undone" }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// A fault that was let go and whose effect was not seen within 5 s.
struct EffectNotSeen: Error, CustomStringConvertible {
  var lease: String
  var description: String { "lease \(lease): the fault was injected, but its effect was not seen within 5 s" }
}

/// A revert after which something still differs.
struct ResidueLeft: Error, CustomStringConvertible {
  var lines: [String]
  var description: String { lines.joined(separator: "; ") }
}
