import AgentProtocol

/// What a lease's worker does from the request for a lease to the verified effect, as a value.
///
///     arm:     record → start watchdog → prepare → read lease → report
///     inject:  read lease → announce → inject → await effect → read lease → observe → report → note
///
/// If the lease is over, the fault is undone regardless of the lease's log: the process that logged the
/// end could not know that an act would follow. A slow hypervisor, a stopped agent or a sleeping host causes this.
package struct InjectionCourse: Sendable {
  /// What is to be done next; the performer answers with the event of the same place.
  package enum Act: Sendable {
    /// Take the snapshot and put the lease on the disk.
    case record
    /// Start the watchdog.
    case startWatchdog
    /// Put all in place that does nothing yet.
    case prepare
    /// Find out whether the lease is over; see `LeaseTerms.isOver`.
    case readLease
    /// Note in the lease's log that the fault is about to be injected.
    case announce
    /// Inject the fault.
    case inject
    /// Wait until the fault is active.
    case awaitEffect
    /// Begin to observe the effect.
    case observe(Effect)
    /// Undo the fault, whatever the lease's log says.
    case undo
    /// Report to the session.
    case report(Report)
    /// Note in the lease's log, where the disk takes it, that the fault is effective. The session has its report
    /// already, so the disk is not part of the time to effect.
    case note(Effect)
    /// Nothing, until the session asks for the injection.
    case rest
  }

  /// The answer to an act.
  package enum Event: Sendable {
    /// The act was performed.
    case done
    /// It failed: why.
    case failed(String)
    /// Whether the lease is over.
    case lease(isOver: Bool)
    /// The fault is active.
    case effective(Effect)
    /// What still differs after the undo, a line each.
    case undone(residue: [String])
  }

  /// What the session gets.
  package enum Report: Sendable {
    /// The fault is armed, or why it isn't.
    case armed(LeaseFailure?)
    /// The fault is effective, or why it isn't.
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

  /// A course whose first act is what `arm` returns.
  package init() {}

  /// The session asks for the lease.
  package mutating func arm() -> Act {
    state = .recording
    return .record
  }

  /// The session asks for the injection.
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
      return .inject
    case (.injecting, .done):
      state = .awaitingEffect
      return .awaitEffect
    case (.awaitingEffect, .effective(let effect)): return verify(.success(effect))
    case (.announcing, .failed(let reason)), (.injecting, .failed(let reason)),
      (.awaitingEffect, .failed(let reason)):
      return verify(.failure(.refused(reason)))
    case (.verifyingAfter(let result), .lease(let isOver)):
      if isOver { return undoLate(isArming: false) }
      guard case .success(let effect) = result else { return end(with: .injected(result)) }
      // Before the report: a revert may follow that at once, and ends the observation.
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
