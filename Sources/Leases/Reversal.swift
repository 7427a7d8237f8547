import AgentProtocol
import Journal
import Scenario

/// A revert as a value. It has the only order of acts in which agent, watchdog, `murphy recover` and the simulation
/// revert a lease.
///
///     lock → read log → last observation → undo → verified → note
///
/// It is idempotent. A lease whose revert is logged is not undone again, unless it is in doubt: an injection that was
/// never confirmed may have happened after the logged end. Two processes may revert the same lease. One waits for the
/// other's lock for `lockPatience` and then continues without it, since the other may have been stopped while it held
/// the lock. A second undo does no harm.
package struct Reversal: Sendable {
  /// How long a revert waits for another process's lock.
  package static let lockPatience = Nanoseconds.milliseconds(50)
  /// The interval at which the lock is tried.
  package static let lockInterval = Nanoseconds(500_000)

  private enum State: Sendable {
    case locking(until: Nanoseconds)
    case readingLog
    case observing(FinalObservation)
    case undoing
    case noting(Revert)
  }

  private let lease: LeaseTerms
  private let boot: String
  private let cause: RevertCause
  private var observation: LastObservation?
  private var state: State

  /// A revert that begins with `ReversalAct.tryLock`.
  ///
  /// - Parameters:
  ///   - boot: the kernel's present boot.
  ///   - observation: the caller's observation before it tried to undo the fault; nil if it made none.
  ///   - now: CLOCK_MONOTONIC.
  package init(
    of lease: LeaseTerms, boot: String, cause: RevertCause, after observation: LastObservation?,
    now: Nanoseconds
  ) {
    self.lease = lease
    self.boot = boot
    self.cause = cause
    self.observation = observation
    state = .locking(until: now + Self.lockPatience)
  }

  /// Takes the answer to an act, and returns the next step.
  ///
  /// - Parameter now: CLOCK_MONOTONIC.
  package mutating func handle(_ event: ReversalEvent, at now: Nanoseconds) -> ReversalStep<Revert> {
    switch (state, event) {
    case (.locking(let patience), .lock(let isBusy)):
      if isBusy, now < patience { return .perform(.pause(Self.lockInterval)) }
      state = .readingLog
      return .perform(.readLog)
    case (.locking, .paused): return .perform(.tryLock)
    case (.readingLog, .log(let log)):
      if let log, let past = log.revert, !log.isInDoubt { return .finished(past) }
      if observation != nil { return undo(at: now) }
      return goOn(FinalObservation(at: lease, boot: boot, now: now), event, at: now)
    case (.observing(let observing), _): return goOn(observing, event, at: now)
    case (.undoing, .undone(let residue, let time)): return verified(residue, at: time)
    case (.noting(let revert), .noted): return .finished(revert)
    default: preconditionFailure("a revert got the answer to another act: \(event)")
    }
  }

  private mutating func goOn(
    _ observing: FinalObservation, _ event: ReversalEvent, at now: Nanoseconds
  ) -> ReversalStep<Revert> {
    var observing = observing
    switch observing.handle(event) {
    case .perform(let act):
      state = .observing(observing)
      return .perform(act)
    case .finished(let seen):
      observation = seen
      return undo(at: now)
    }
  }

  private mutating func undo(at now: Nanoseconds) -> ReversalStep<Revert> {
    // The kernel that had the fault has ended, with its links, tables and processes. Restoring the records of another
    // boot would be a new act.
    if lease.endedWithItsBoot(now: boot) { return verified([], at: now) }
    state = .undoing
    return .perform(.undo)
  }

  private mutating func verified(_ residue: [String], at time: Nanoseconds) -> ReversalStep<Revert> {
    let revert = Revert(at: time, cause: cause, residue: residue, boot: boot, lastObservation: observation)
    guard residue.isEmpty else { return .finished(revert) }
    state = .noting(revert)
    return .perform(.note(.reverted(revert), isSynced: true))
  }
}
