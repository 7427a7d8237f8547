import AgentProtocol
import Dispatch
import Faults
import Glibc
import Journal
import Leases
import Linux
import Scenario

/// Performs `InjectionCourse` and `RevertCourse` for one lease, each on a separate queue. If libvirt hangs during an
/// injection, this delays neither the agent nor the revert nor another lease.
///
/// Unchecked: the session requests a revert only after a report of the forward queue, and the backward queue reads only
/// what the forward queue wrote before that report. Only the backward queue uses `reverts`.
final class LeaseWorker: @unchecked Sendable {
  /// The state of the fault's injection.
  private enum Progress {
    case begun
    case recorded(RecordedFault)
    case guarded(GuardedFault)
    case armed(ArmedFault)
    case announced(AnnouncedFault)
  }

  private let name: String
  private let folder: LeaseFolder
  private let observer: EffectObserver
  private let order: FaultOrder
  private let kept: KeptLease
  private let deadline: Nanoseconds
  private let report: @Sendable (Report) -> Void
  private let forward: DispatchQueue
  private let backward: DispatchQueue
  private let forwardInstruments = Instruments.ofAgent()
  private let backwardInstruments = Instruments()
  private var injection = InjectionCourse()
  private var progress = Progress.begun
  private var judge: EffectObserver.Judge?
  /// When the request to inject arrived, on CLOCK_MONOTONIC.
  private var received = Nanoseconds.zero
  /// The failed arming or injection, until the next revert.
  private var failure: RevertCourse.Failure?
  private var reverts = RevertCourse()

  /// A report to the session, from either queue.
  enum Report: Sendable {
    case injection(InjectionCourse.Report)
    case reverted(Result<Revert, LeaseFailure>)
  }

  /// The lease's watchdog; nil until it has started.
  var watchdog: ProcessIdentity? { kept.watchdog }

  init(
    _ name: String, _ order: FaultOrder, run: String, deadline: Nanoseconds, cutsControlPath: Bool,
    in folder: LeaseFolder, observedBy observer: EffectObserver, report: @escaping @Sendable (Report) -> Void
  ) {
    self.name = name
    self.folder = folder
    self.observer = observer
    self.order = order
    self.deadline = deadline
    self.report = report
    kept = KeptLease(name, in: folder) { undo in
      Lease(
        name: name, run: run, order: order, undo: undo, boot: try Clock.bootIdentity(), deadline: deadline,
        cutsControlPath: cutsControlPath)
    }
    forward = DispatchQueue(label: "inject \(name)", qos: .userInteractive)
    backward = DispatchQueue(label: "revert \(name)", qos: .userInteractive)
  }

  // MARK: Forward

  /// Arms the fault: writes its lease to disk and starts its watchdog.
  func arm() {
    forward.async { [self] in
      forwardInstruments.otherFaults = { [folder, name] in folder.activeFaults(besides: name) }
      follow(injection.arm())
    }
  }

  /// Injects the fault, and waits for its effect.
  func inject(received: Nanoseconds) {
    forward.async { [self] in
      self.received = received
      follow(injection.inject())
    }
  }

  private func follow(_ first: InjectionCourse.Act) {
    var act = first
    while true {
      if case .rest = act { return }
      let event: InjectionCourse.Event
      do {
        event = try perform(act)
      } catch {
        event = .failed("\(error)")
      }
      act = injection.handle(event)
    }
  }

  private func perform(_ act: InjectionCourse.Act) throws -> InjectionCourse.Event {
    switch (act, progress) {
    case (.record, .begun):
      progress = .recorded(try order.record(name, until: deadline, keptBy: kept, using: forwardInstruments))
    case (.startWatchdog, .recorded(let recorded)): progress = .guarded(try recorded.guarded())
    case (.prepare, .guarded(let guarded)):
      progress = .armed(try guarded.armed())
      if let lease = kept.lease { judge = try order.judge(lease.undo) }
    case (.announce, .armed(let armed)): progress = .announced(try armed.announced())
    case (.inject, .announced(let announced)): try announced.inject()
    case (.awaitEffect, .announced(let announced)): return .effective(try awaitEffect(of: announced))
    case (.readLease, _): return .lease(isOver: kept.lease.map { folder.isOver($0) } ?? true)
    case (.observe(let effect), _):
      if let lease = kept.lease, let judge { observer.begin(lease, judge, seen: effect.at) }
    case (.undo, _):
      guard let lease = kept.lease else { return .undone(residue: []) }
      return .undone(residue: try folder.undo(lease, using: forwardInstruments))
    case (.report(let result), _):
      failure = RevertCourse.Failure(
        result, isInDoubt: injection.isInDoubt, isByDaemon: order.fault.isByDaemon)
      report(.injection(result))
    case (.note(let effect), _): folder.noteIfPossible(.effective(effect), of: name)
    case (.record, _), (.startWatchdog, _), (.prepare, _), (.announce, _), (.inject, _), (.awaitEffect, _),
      (.rest, _):
      preconditionFailure("lease \(name): \(act) out of order")
    }
    return .done
  }

  private func awaitEffect(of fault: AnnouncedFault) throws -> Effect {
    let patience = Clock.monotonic.now + fault.effectPatience.count
    while true {
      let onset = try fault.onset()
      let now = Clock.monotonic.now
      if let onset, case .active = try fault.effect() {
        return Effect(at: Nanoseconds(now), took: Nanoseconds(now) - received, evidence: onset)
      }
      if now > patience, case .inactive(let reason) = try fault.effect() {
        throw EffectNotSeen(lease: name, reason: reason, patience: fault.effectPatience)
      }
      usleep(500)
    }
  }

  // MARK: Backward

  /// Reverts the fault.
  func revert(_ cause: RevertCause) {
    backward.async { [self] in
      let seen = observer.end(name)
      if let failure { reverts.take(failure) }
      failure = nil
      do {
        guard let lease = kept.lease else {
          let nothing = Revert(
            at: folder.monotonic, cause: cause, residue: [], boot: try Clock.bootIdentity())
          return follow(reverts.begin(cause, nothing: nothing), nil, seen: seen)
        }
        follow(reverts.begin(cause, nothing: nil), lease, seen: seen)
      } catch {
        report(.reverted(.failure(.refused("\(error)"))))
      }
    }
  }

  private func follow(_ first: RevertCourse.Act, _ lease: Lease?, seen: Nanoseconds?) {
    var act = first
    while true {
      if case .report(let result) = act { return report(.reverted(result)) }
      guard let lease else { preconditionFailure("lease \(name): \(act) without a lease on the disk") }
      let event: RevertCourse.Event
      do {
        switch act {
        case .observe:
          event = .observed(folder.observeLast(at: lease, seen: seen, using: backwardInstruments))
        case .undo: event = .undone(residue: try folder.undo(lease, using: backwardInstruments))
        case .pause(let span):
          usleep(UInt32(span.count / 1000))
          event = .paused
        case .note:
          folder.noteIfPossible(.injectionEnded, of: name)
          event = .noted
        case .revert(let cause, let observation):
          event = .reverted(
            try folder.revert(lease, cause: cause, after: observation, using: backwardInstruments))
        case .report: return
        }
      } catch {
        event = .failed("\(error)")
      }
      act = reverts.handle(event)
    }
  }
}
