import AgentProtocol
import Dispatch
import Faults
import Glibc
import Journal
import Linux
import Scenario

/// The acts on one lease, each on a queue of its own: a libvirt that hangs while a fault is injected holds up neither
/// the agent nor the revert, and never another lease.
///
/// Unchecked: `kept`, `armed` and `judge` are written on the forward queue before the session hears that the lease is
/// armed, or isn't, and read there or after that; `isInDoubt` there before the session hears of the act, and after that by
/// reverts alone; `lastLook` by reverts alone.
final class LeaseWorker: @unchecked Sendable {
  private let name: String
  private let folder: LeaseFolder
  private let observer: EffectObserver
  private let forward: DispatchQueue
  private let backward: DispatchQueue
  private let forwardInstruments = Instruments()
  private let backwardInstruments = Instruments()
  private var kept: KeptLease?
  private var armed: ArmedFault?
  private var judge: EffectObserver.Judge?
  /// Whether an act that came after its lease had ended is not known to be undone, whatever is noted of the lease.
  private var isInDoubt = false
  /// What was seen before the first attempt to undo it: what a later one sees may be that one's work.
  private var lastLook: LastLook?
  var watchdog: ProcessIdentity? { kept?.watchdog }

  init(_ name: String, folder: LeaseFolder, observer: EffectObserver) {
    self.name = name
    self.folder = folder
    self.observer = observer
    forward = DispatchQueue(label: "inject \(name)", qos: .userInteractive)
    backward = DispatchQueue(label: "revert \(name)", qos: .userInteractive)
  }

  /// Arms the fault, with a lease on this host's disk and a watchdog.
  func arm(
    _ order: FaultOrder, run: String, deadline: Nanoseconds, cutsControlPath: Bool,
    then report: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    forward.async { [self] in
      let kept = KeptLease(name, in: folder) { [name] undo in
        Lease(
          name: name, run: run, order: order, undo: undo, boot: try Clock.bootIdentity(), deadline: deadline,
          cutsControlPath: cutsControlPath)
      }
      self.kept = kept
      forwardInstruments.otherFaults = { [folder, name] in folder.activeFaults(besides: name) }
      report(
        Result {
          armed = try order.arm(name, until: deadline, keptBy: kept, using: forwardInstruments)
          guard let lease = kept.lease else { return }
          judge = try order.judge(lease.undo)
          // Stopped or slow on the way here, it may have made what its watchdog had taken away already.
          if folder.isOver(lease) { throw undoLate(lease) }
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
      guard let armed, let judge, let lease = kept?.lease else {
        return report(.failure(LeaseOver(lease: name)))
      }
      let result = Result<Effect, any Error> {
        try armed.inject()
        return try seeEffect(armed, received: received)
      }
      if folder.isOver(lease) { return report(.failure(undoLate(lease))) }
      // Before the report, for a revert may follow it at once, and ends the observation.
      if case .success(let effect) = result { observer.begin(lease, judge, seen: effect.at) }
      report(result)
      // After the report, so that the disk isn't part of the time to effect.
      if case .success(let effect) = result { folder.noteIfPossible(.effective(effect), of: name) }
    }
  }

  /// Undoes what came after its lease had ended, whatever was noted of it: that it was late, or why it still holds.
  private func undoLate(_ lease: Lease) -> any Error {
    do {
      try undo(lease, using: forwardInstruments)
      return LeaseOver(lease: name)
    } catch {
      isInDoubt = true
      return error
    }
  }

  private func undo(_ lease: Lease, using instruments: Instruments) throws {
    let residue = try folder.undo(lease, using: instruments)
    if !residue.isEmpty { throw ResidueLeft(lines: residue) }
  }

  private func seeEffect(_ armed: ArmedFault, received: Int64) throws -> Effect {
    let patience = Clock.monotonic.now + armed.effectPatience.count
    while true {
      let onset = try armed.onset()
      let now = Clock.monotonic.now
      if let onset, case .active = try armed.effect() {
        return Effect(at: Nanoseconds(now), took: Nanoseconds(now - received), evidence: onset)
      }
      if now > patience, case .inactive(let reason) = try armed.effect() {
        throw EffectNotSeen(lease: name, reason: reason, patience: armed.effectPatience)
      }
      sleepBriefly()
    }
  }

  /// Undoes the fault, and sees that it is gone. With nothing on disk there is nothing to undo.
  func revert(_ cause: RevertCause, then report: @escaping @Sendable (Result<Revert, any Error>) -> Void) {
    backward.async { [self] in
      let seen = observer.end(name)
      report(
        Result {
          guard let lease = kept?.lease else {
            return Revert(
              at: Nanoseconds(Clock.monotonic.now), cause: cause, residue: [], boot: try Clock.bootIdentity())
          }
          lastLook = lastLook ?? folder.lookLast(at: lease, seen: seen, using: backwardInstruments)
          if isInDoubt {
            try undo(lease, using: backwardInstruments)
            isInDoubt = false
          }
          let revert = try folder.revert(lease, cause: cause, after: lastLook, using: backwardInstruments)
          if !revert.residue.isEmpty { throw ResidueLeft(lines: revert.residue) }
          return revert
        })
    }
  }
}

/// Sleeps for half a millisecond, between two looks at something that is about to change.
func sleepBriefly() { usleep(500) }
