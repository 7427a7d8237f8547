import AgentProtocol
import Journal
import Scenario

/// The last observation of an effect before its undo, as a value.
///
///     read log → judge → (inactive: read log again) → note
///
/// The first process that observes the effect logs its observation. All later processes return that observation,
/// because their own might show the result of the first one's undo. The outcome is nil if the fault was never injected.
package struct FinalObservation: Sendable {
  private enum State: Sendable {
    case readingLog
    /// `before` is the last time at which the effect was active, if that was read from the present clock.
    case judging(before: Nanoseconds?, wasActive: Bool)
    case readingLogAgain(LastObservation)
    case noting(LastObservation)
  }

  private let lease: LeaseTerms
  private let boot: String
  private let now: Nanoseconds
  private let seen: Nanoseconds?
  private var state = State.readingLog

  /// An observation that begins with `ReversalAct.readLog`.
  ///
  /// - Parameters:
  ///   - boot: the kernel's present boot.
  ///   - now: CLOCK_MONOTONIC.
  ///   - seen: when this process last observed that the effect was active.
  package init(at lease: LeaseTerms, boot: String, now: Nanoseconds, seen: Nanoseconds? = nil) {
    self.lease = lease
    self.boot = boot
    self.now = now
    self.seen = seen
  }

  /// Takes the answer to an act, and returns the next step.
  package mutating func handle(_ event: ReversalEvent) -> ReversalStep<LastObservation?> {
    switch (state, event) {
    case (.readingLog, .log(let log)): return begin(log)
    case (.judging(let before, let wasActive), .judged(let judgement)):
      switch judgement {
      case .active(let asked): return note(LastObservation(lastActive: asked))
      case .unknown: return note(LastObservation(lastActive: before))
      // The injection has begun and may not have taken effect yet: an effect that no process saw can't have ended.
      case .inactive where !wasActive: return note(LastObservation())
      case .inactive(let reason, let answered, let boottime):
        let isPastTimeouts = boottime >= lease.deadline + KernelRevert.grace
        state = .readingLogAgain(
          LastObservation(
            lastActive: before,
            ended: EarlyEnd(
              lastActive: before, firstEnded: answered, boot: boot,
              cause: isPastTimeouts && lease.expires ? .kernel : .others, reason: reason)))
        return .perform(.readLog)
      }
    case (.readingLogAgain(let observation), .log(let log)):
      // Another process may have begun to undo the fault after the log was read.
      if let log, log.lastObservation != nil || log.revert != nil { return note(log.lastObservation) }
      return note(observation)
    case (.noting(let observation), .noted): return .finished(observation)
    default: preconditionFailure("a last observation got the answer to another act: \(event)")
    }
  }

  private mutating func begin(_ log: LeaseStatus?) -> ReversalStep<LastObservation?> {
    if let noted = log?.lastObservation { return .finished(noted) }
    // A log that can't be read proves nothing.
    if let log, !log.isStarted, log.effect == nil, seen == nil { return .finished(nil) }
    if let ended = log?.ended { return note(LastObservation(lastActive: ended.lastActive, ended: ended)) }
    if lease.endedWithItsBoot(now: boot) {
      // The kernel that had the fault has ended, with its clock.
      return note(
        LastObservation(
          ended: EarlyEnd(firstEnded: now, boot: boot, cause: .reboot, reason: "the host has booted since")))
    }
    // A time from another boot was read from another clock.
    state = .judging(
      before: lease.boot == boot ? seen ?? log?.effect?.at : nil, wasActive: seen != nil || log?.effect != nil
    )
    return .perform(.judge)
  }

  private mutating func note(_ observation: LastObservation?) -> ReversalStep<LastObservation?> {
    guard let observation else { return .finished(nil) }
    state = .noting(observation)
    // The host may lose its power after the undo. The next boot would take an effect that outlives a boot, and is not
    // there, for one that others ended.
    return .perform(.note(.reverting(observation), isSynced: lease.outlivesBoot))
  }
}
