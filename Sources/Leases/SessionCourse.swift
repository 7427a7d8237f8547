import AgentProtocol
import Journal
import Scenario

/// The decisions of an agent's session, as a value around its `LeaseTable`: which run has the session, what each
/// request about a lease causes, and what the session replies.
///
/// The performer performs the effects in their order. Requests that concern no lease (a survey, a view) are not decided
/// here.
package struct SessionCourse: Sendable {
  /// An event.
  package enum Event: Sendable {
    /// A lease is requested.
    case arm(id: Int, lease: String, deadline: Nanoseconds, cutsControlPath: Bool)
    /// The injection of an armed fault is requested; the request arrived at this time of CLOCK_MONOTONIC.
    case inject(id: Int, lease: String, received: Nanoseconds)
    /// A revert is requested.
    case revert(id: Int, lease: String)
    /// The record of a reverted lease is no longer needed.
    case forget(id: Int, lease: String)
    /// A worker reports.
    case worker(lease: String, InjectionCourse.Report)
    /// The revert of a lease has ended: it succeeded or failed.
    case reverted(lease: String, Result<Revert, LeaseFailure>)
    /// An effect ended before its revert.
    case ended(lease: String, EarlyEnd)
    /// A lease's watchdog ended.
    case watchdogEnded(lease: String)
    /// The agent's stdin ended.
    case inputEnded
    /// The leases that this session had adopted are reverted, as far as possible.
    case adoptedReverted
    /// A newer session of the same run takes over.
    case superseded
    /// The record of a lease of this session shows a revert, by a newer session of the same run.
    case revertLogged(lease: String)
    /// Time has passed.
    case tick
  }

  /// An effect for the performer.
  package enum Effect: Sendable {
    /// Send a line to the controller.
    case send(AgentLine)
    /// Have a worker arm the fault.
    case prepare(lease: String)
    /// Have its worker inject it.
    case inject(lease: String, received: Nanoseconds)
    /// Have its worker revert it.
    case revert(lease: String, RevertCause)
    /// Revert a lease of another session of this run, by its record, and reply.
    case revertFromDisk(id: Int, lease: String)
    /// Delete the record of a lease that is known to be over, and reply.
    case forget(id: Int, lease: String)
    /// Report the end of the lease's watchdog from now on.
    case followWatchdog(lease: String)
    /// Revert the leases that this session `adopts`, without a delay for others, then report `adoptedReverted`.
    case revertAdopted
    /// End the lease's watchdog, and release its worker.
    case release(lease: String)
    /// End: no lease is left, and no request can arrive.
    case exit
  }

  /// The result of an attempt to lock the host.
  package enum LockAttempt: Sendable {
    /// This session has the lock.
    case taken
    /// Another session has the lock. The lock file names its run; nil if that can't be read.
    case held(byRun: String?)
  }

  /// The consequence of that result.
  package enum LockDecision: Equatable, Sendable {
    /// The session has the host.
    case own
    /// The session serves its run beside an earlier session, which must be superseded.
    case supersede
    /// Another run has the host.
    case refuse
  }

  private struct Asked {
    var arm: Int?
    /// Why arming failed. The reply is sent after the undo has ended, so that a refused lease has left nothing and its
    /// name is free.
    var armFailure: LeaseFailure?
    var inject: Int?
    var reverts: [Int] = []
    var received = Nanoseconds.zero
  }

  /// The maximum number of leases of a session: each has its own processes and handles.
  package static let mostLeases = 64

  /// The leases.
  package private(set) var table = LeaseTable()
  /// The run that has this session.
  package private(set) var run: String?
  /// Whether this session has the host's lock. If not, it serves its run beside an earlier session.
  package private(set) var holdsLock = false
  private var asked: [String: Asked] = [:]
  private var isRevertingAdopted = false

  /// A session without a run.
  package init() {}

  /// Whether the records on disk are all that this run can have: no earlier session may still write one, and no lease of
  /// this session is being armed, whose record may follow.
  package var hasAllRecords: Bool {
    holdsLock && !table.entries.values.contains { $0.state == .arming }
  }

  /// When `tick` must be called at the latest; nil if nothing is due.
  package var nextDue: Nanoseconds? { table.nextDue }

  // MARK: The host

  /// A run says hello in a session without a run.
  package mutating func begin(_ name: String) { run = name }

  /// Takes the result of an attempt to lock the host. The attempt is due at hello, and before each later request until
  /// this session has the lock.
  package mutating func handle(_ attempt: LockAttempt) -> LockDecision {
    switch attempt {
    case .taken:
      holdsLock = true
      return .own
    case .held(let other):
      if let other, other == run { return .supersede }
      run = nil
      return .refuse
    }
  }

  /// Whether a lease on disk, which an earlier session of the run left, is reverted at the end of this session. Without
  /// the lock, the earlier session still exists and owns the lease.
  package func adopts(_ lease: String, of run: String, cutsControlPath: Bool) -> Bool {
    holdsLock && run == self.run && !cutsControlPath && table.entries[lease] == nil
  }

  // MARK: Leases

  /// Why this session would refuse any lease now; nil if it would not.
  package func refusal(ofArming lease: String) -> Refusal? {
    if run == nil { return .noRun }
    // A lease that is being armed counts too: its request has no reply yet.
    if table.entries[lease] != nil { return .leaseExists(lease: lease) }
    return table.entries.count < Self.mostLeases ? nil : .tooManyLeases(limit: Self.mostLeases)
  }

  /// Takes an event, and returns effects.
  ///
  /// - Parameter now: CLOCK_BOOTTIME.
  package mutating func handle(_ event: Event, at now: Nanoseconds) -> [Effect] {
    var effects: [Effect] = []
    take(event, at: now, &effects)
    feed(.tick, at: now, &effects)
    return effects
  }

  private mutating func take(_ event: Event, at now: Nanoseconds, _ effects: inout [Effect]) {
    switch event {
    case .arm(let id, let lease, let deadline, let cuts):
      if let refusal = refusal(ofArming: lease) { return refuse(id, refusal, &effects) }
      asked[lease, default: Asked()].arm = id
      feed(.arm(lease: lease, deadline: deadline, cutsControlPath: cuts), at: now, askedBy: id, &effects)
    case .inject(let id, let lease, let received):
      if asked[lease]?.inject != nil {
        return refuse(id, .injectionRepeated(lease: lease), &effects)
      }
      asked[lease, default: Asked()].inject = id
      asked[lease]?.received = received
      feed(.inject(lease: lease), at: now, askedBy: id, &effects)
    case .revert(let id, let lease):
      if table.entries[lease] == nil { return effects.append(.revertFromDisk(id: id, lease: lease)) }
      asked[lease, default: Asked()].reverts.append(id)
      feed(.revert(lease: lease), at: now, askedBy: id, &effects)
    case .forget(let id, let lease):
      // An earlier session and its watchdog would revert it again at its deadline, without its record.
      if !holdsLock {
        return refuse(id, .otherSession(lease: lease), &effects)
      }
      effects.append(.forget(id: id, lease: lease))
    case .worker(let lease, .armed(let failure)):
      if let failure {
        asked[lease]?.armFailure = failure
      } else {
        effects.append(.followWatchdog(lease: lease))
        if let id = asked[lease]?.arm { answer(id, lease, .success(.armed), &effects) }
        asked[lease]?.arm = nil
      }
      feed(.armed(lease: lease, ok: failure == nil), at: now, &effects)
    case .worker(let lease, .injected(let result)):
      if let id = asked[lease]?.inject { answer(id, lease, result.map { .effective($0) }, &effects) }
      asked[lease]?.inject = nil
      feed(.injected(lease: lease, ok: (try? result.get()) != nil), at: now, &effects)
    case .reverted(let lease, .success(let revert)):
      answerFailedArm(lease, &effects)
      let waiting = asked[lease]?.reverts ?? []
      for id in waiting { effects.append(.send(.reply(id: id, .reverted(revert)))) }
      if waiting.isEmpty { effects.append(.send(.notice(.reverted(lease: lease, revert)))) }
      release(lease, &effects)
      feed(.reverted(lease: lease, ok: true), at: now, &effects)
    case .reverted(let lease, .failure(let failure)):
      answerFailedArm(lease, &effects)
      effects.append(.send(.notice(.stuck(lease: lease, failure.text))))
      feed(.reverted(lease: lease, ok: false), at: now, &effects)
    case .ended(let lease, let end): effects.append(.send(.notice(.ended(lease: lease, end))))
    case .watchdogEnded(let lease): feed(.watchdogEnded(lease: lease), at: now, &effects)
    case .inputEnded:
      isRevertingAdopted = run != nil && holdsLock
      feed(.inputEnded, at: now, &effects)
      if isRevertingAdopted { effects.append(.revertAdopted) }
    case .adoptedReverted: isRevertingAdopted = false
    case .superseded: feed(.superseded, at: now, &effects)
    case .revertLogged(let lease): feed(.revert(lease: lease), at: now, &effects)
    case .tick: break
    }
  }

  private mutating func feed(
    _ event: LeaseTable.Event, at now: Nanoseconds, askedBy id: Int? = nil, _ effects: inout [Effect]
  ) {
    for action in table.handle(event, at: now) {
      switch action {
      case .prepare(let lease): effects.append(.prepare(lease: lease))
      case .inject(let lease):
        effects.append(.inject(lease: lease, received: asked[lease]?.received ?? .zero))
      case .revert(let lease, let cause): effects.append(.revert(lease: lease, cause))
      case .refuse(let lease, let refusal):
        if let id { refuse(id, refusal, &effects) }
        if asked[lease]?.inject == id { asked[lease]?.inject = nil }
        if table.entries[lease] == nil { release(lease, &effects) }
      case .exit: if !isRevertingAdopted { effects.append(.exit) }
      }
    }
  }

  private mutating func answerFailedArm(_ lease: String, _ effects: inout [Effect]) {
    guard let id = asked[lease]?.arm, let failure = asked[lease]?.armFailure else { return }
    answer(id, lease, .failure(failure), &effects)
    asked[lease]?.arm = nil
  }

  private mutating func release(_ lease: String, _ effects: inout [Effect]) {
    asked[lease] = nil
    effects.append(.release(lease: lease))
  }

  private func refuse(_ id: Int, _ refusal: Refusal, _ effects: inout [Effect]) {
    effects.append(.send(.refusal(id: id, refusal)))
  }

  private func answer(
    _ id: Int, _ lease: String, _ result: Result<Reply, LeaseFailure>, _ effects: inout [Effect]
  ) {
    switch result {
    case .success(let reply): effects.append(.send(.reply(id: id, reply)))
    case .failure(let failure): refuse(id, failure.refusal(of: lease), &effects)
    }
  }
}

extension LeaseFailure {
  fileprivate func refusal(of lease: String) -> Refusal {
    switch self {
    case .over: .leaseOver(lease: lease)
    case .inDoubt(let reason): .inDoubt(lease: lease, reason: reason)
    case .refused(let reason): .leaseFailed(lease: lease, reason: reason)
    }
  }

  /// Why a revert failed. A revert never fails with `over`.
  fileprivate var text: String {
    switch self {
    case .over: "it was over"
    case .inDoubt(let reason), .refused(let reason): reason
    }
  }
}
