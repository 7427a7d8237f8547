import AgentProtocol

/// The acts of a lease's worker from the request to arm to the verified effect, as a value.
///
///     arm:     record → start watchdog → prepare → read lease → report
///     inject:  read lease → announce → inject → await effect → read lease → observe → report → note
///
/// If the lease is over, the fault is undone in every state of the lease's log, since the process that logged the end did
/// so before this act. A slow hypervisor, a stopped agent or a suspended machine can cause this order.
package struct InjectionCourse: Sendable {
  /// The next act. The performer answers with the event that belongs to it.
  package enum Act: Sendable {
    /// Take the snapshot and write the lease to disk.
    case record
    /// Start the watchdog.
    case startWatchdog
    /// Make all preparations that have no effect yet.
    case prepare
    /// Check whether the lease is over; see `LeaseTerms.isOver`.
    case readLease
    /// Log that the fault is about to be injected.
    case announce
    /// Inject the fault.
    case inject
    /// Wait until the fault is active.
    case awaitEffect
    /// Begin to observe the effect.
    case observe(Effect)
    /// Undo the fault, regardless of the lease's log.
    case undo
    /// Report to the session.
    case report(Report)
    /// Log that the fault is effective, if the disk accepts it. The session already has its report, so that the disk is
    /// not part of the time to effect.
    case note(Effect)
    /// No act until the session requests the injection.
    case rest
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// The act was performed.
    case done
    /// The act failed, with this reason.
    case failed(String)
    /// Whether the lease is over.
    case lease(isOver: Bool)
    /// The fault is active.
    case effective(Effect)
    /// The residue after the undo, a line each.
    case undone(residue: [String])
  }

  /// A report to the session.
  package enum Report: Sendable {
    /// The result of arming: nil if the fault is armed, or the reason why it is not.
    case armed(LeaseFailure?)
    /// The fault is effective; otherwise the reason.
    case injected(Result<Effect, LeaseFailure>)
  }

  private enum State: Sendable {
    case recording, startingWatchdog, preparing, verifyingArmed
    case armed
    case verifyingBefore, announcing, injecting, awaitingEffect
    case verifyingAfter(Result<Effect, LeaseFailure>)
    case undoingLate(isArming: Bool)
    case observing(Effect), reportingEffect(Effect)
    case reporting, noting
    case ended
  }

  private var state = State.ended
  /// Whether the injection has begun and its effect is not confirmed. A daemon may then still perform it, even if it
  /// returned an error.
  package private(set) var isInDoubt = false

  /// A course that begins with `arm`.
  package init() {}

  /// The session requests the lease.
  package mutating func arm() -> Act {
    state = .recording
    return .record
  }

  /// The session requests the injection.
  package mutating func inject() -> Act {
    guard case .armed = state else { return .report(.injected(.failure(.over))) }
    state = .verifyingBefore
    return .readLease
  }

  /// Takes the answer to an act, and returns the next one.
  package mutating func handle(_ event: Event) -> Act {
    switch (state, event) {
    case (.recording, .done):
      state = .startingWatchdog
      return .startWatchdog
    case (.startingWatchdog, .done):
      state = .preparing
      return .prepare
    case (.preparing, .done):
      state = .verifyingArmed
      return .readLease
    case (.recording, .failed(let reason)), (.startingWatchdog, .failed(let reason)),
      (.preparing, .failed(let reason)):
      return end(with: .armed(.refused(reason)))
    case (.verifyingArmed, .lease(let isOver)):
      if isOver { return undoLate(isArming: true) }
      state = .armed
      return .report(.armed(nil))
    case (.armed, .done): return .rest

    case (.verifyingBefore, .lease(let isOver)):
      if isOver { return undoLate(isArming: false) }
      state = .announcing
      return .announce
    case (.announcing, .done):
      state = .injecting
      isInDoubt = true
      return .inject
    case (.injecting, .done):
      state = .awaitingEffect
      return .awaitEffect
    case (.awaitingEffect, .effective(let effect)):
      isInDoubt = false
      return verify(.success(effect))
    case (.announcing, .failed(let reason)), (.injecting, .failed(let reason)),
      (.awaitingEffect, .failed(let reason)):
      return verify(.failure(.refused(reason)))
    case (.verifyingAfter(let result), .lease(let isOver)):
      if isOver { return undoLate(isArming: false) }
      guard case .success(let effect) = result else { return end(with: .injected(result)) }
      // This precedes the report, because a revert, which ends the observation, may follow the report immediately.
      state = .observing(effect)
      return .observe(effect)
    case (.observing(let effect), .done):
      state = .reportingEffect(effect)
      return .report(.injected(.success(effect)))
    case (.reportingEffect(let effect), .done):
      state = .noting
      return .note(effect)

    case (.undoingLate(let isArming), .undone(let residue)):
      return end(
        isArming, with: residue.isEmpty ? .over : .inDoubt(residue.joined(separator: "; ")))
    case (.undoingLate(let isArming), .failed(let reason)): return end(isArming, with: .inDoubt(reason))
    case (.reporting, .done), (.noting, .done):
      state = .ended
      return .rest
    case (.ended, .done): return .rest
    default: preconditionFailure("an injection got the answer to another act: \(event) while \(state)")
    }
  }

  private mutating func verify(_ result: Result<Effect, LeaseFailure>) -> Act {
    state = .verifyingAfter(result)
    return .readLease
  }

  private mutating func undoLate(isArming: Bool) -> Act {
    state = .undoingLate(isArming: isArming)
    return .undo
  }

  private mutating func end(_ isArming: Bool, with failure: LeaseFailure) -> Act {
    end(with: isArming ? .armed(failure) : .injected(.failure(failure)))
  }

  private mutating func end(with report: Report) -> Act {
    state = .reporting
    return .report(report)
  }
}
