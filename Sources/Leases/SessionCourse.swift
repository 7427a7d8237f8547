import AgentProtocol
import Journal
import Scenario

/// What an agent's session decides, as a value around its `LeaseTable`: which run has it, what each request about a lease
/// leads to, and what is answered.
///
/// The performer does the effects in their order. What a request asks that touches no lease (a survey, a view) is not
/// decided here.
package struct SessionCourse: Sendable {
  /// What can happen.
  package enum Event: Sendable {
    /// A lease is asked for.
    case arm(id: Int, lease: String, deadline: Nanoseconds, cutsControlPath: Bool)
    /// The injection of an armed fault is asked for; the request came at this time of CLOCK_MONOTONIC.
    case inject(id: Int, lease: String, received: Nanoseconds)
    /// A revert is asked for.
    case revert(id: Int, lease: String)
    /// The record of a reverted lease is no longer needed.
    case forget(id: Int, lease: String)
    /// A worker reports.
    case worker(lease: String, InjectionCourse.Report)
    /// The revert of a lease succeeded, or not.
    case reverted(lease: String, Result<Revert, LeaseFailure>)
    /// An effect ended before its revert.
    case ended(lease: String, EarlyEnd)
    /// A lease's watchdog ended.
    case watchdogEnded(lease: String)
    /// The agent's stdin ended.
    case inputEnded
    /// The leases that this session had adopted are reverted, as far as that was possible.
    case adoptedReverted
    /// A newer session of the same run takes over.
    case superseded
    /// Time has passed.
    case tick
  }

  /// What is to be done.
  package enum Effect: Sendable {
    /// Send a line to the controller.
    case send(AgentLine)
    /// Have a worker arm the fault.
    case prepare(lease: String)
    /// Have its worker inject it.
    case inject(lease: String, received: Nanoseconds)
    /// Have its worker revert it.
    case revert(lease: String, RevertCause)
    /// Revert a lease that another session of this run took, by its record, and answer.
    case revertFromDisk(id: Int, lease: String)
    /// Delete the record of a lease that is known to be over, and answer.
    case forget(id: Int, lease: String)
    /// Report the end of the lease's watchdog from now on.
    case followWatchdog(lease: String)
    /// Revert the leases that this session `adopts`, then report `adoptedReverted`.
    case revertAdopted
    /// End the lease's watchdog, and drop its worker.
    case release(lease: String)
    /// End: no lease is left, and no request can come.
    case exit
  }

  /// What came of an attempt to lock the host.
  package enum LockAttempt: Sendable {
    /// This session has the lock.
    case taken
    /// Another session has it, of this run according to the lock file; nil where that can't be read.
    case held(byRun: String?)
  }

  /// What follows from it.
  package enum LockDecision: Equatable, Sendable {
    /// The session has the host.
    case own
    /// The session serves its run; the earlier one is to be superseded.
    case supersede
    /// Another run has the host.
    case refuse
  }

  private struct Asked {
    var arm: Int?
    var inject: Int?
    var reverts: [Int] = []
    var received = Nanoseconds.zero
  }

  /// How many leases one session holds at the most: each has processes and handles of its own.
  package static let mostLeases = 64

  /// The leases.
  package private(set) var table = LeaseTable()
  /// The run that has this session.
  package private(set) var run: String?
  /// Whether this session has the host's lock. One that has not serves its run beside an earlier session.
  package private(set) var holdsLock = false
  private var asked: [String: Asked] = [:]

  /// A session that no run has yet.
  package init() {}

  /// When `tick` must come at the latest; nil where nothing is due.
  package var nextDue: Nanoseconds? { table.nextDue }

  // MARK: The host

  /// A run says hello, and no other has this session.
  package mutating func begin(_ name: String) { run = name }

  /// Takes the result of an attempt to lock the host, which is due at hello and before each later request until this
  /// session has the lock.
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

  /// Whether a lease on the disk, which an earlier session of the run left, ends with this session. Without the lock the
  /// earlier session is still there, and the lease is that one's.
  package func adopts(_ lease: String, of run: String, cutsControlPath: Bool) -> Bool {
    holdsLock && run == self.run && !cutsControlPath && table.entries[lease] == nil
  }

  // MARK: Leases

  /// Why this session would not arm a lease now, whatever the fault; nil where it would.
  package func refusal(ofArming lease: String) -> String? {
    if run == nil { return "say hello first: no run has this host" }
    // Also one that is being armed: its own request is yet to be answered.
    if table.entries[lease] != nil { return "lease \(lease): a lease with this name already exists" }
    if table.entries.count >= Self.mostLeases {
      return "\(Self.mostLeases) leases are held here: no host takes more at once"
    }
    return nil
  }

  /// Takes what happened, and returns what is to be done.
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
        return refuse(id, "lease \(lease): its fault was asked for already", &effects)
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
        return refuse(id, "lease \(lease) may still be held by another session: its record stays", &effects)
      }
      effects.append(.forget(id: id, lease: lease))
    case .worker(let lease, .armed(let failure)):
      if failure == nil { effects.append(.followWatchdog(lease: lease)) }
      if let id = asked[lease]?.arm {
        answer(id, lease, failure.map { .failure($0) } ?? .success(.armed), &effects)
      }
      asked[lease]?.arm = nil
      feed(.armed(lease: lease, ok: failure == nil), at: now, &effects)
    case .worker(let lease, .injected(let result)):
      if let id = asked[lease]?.inject { answer(id, lease, result.map { .effective($0) }, &effects) }
      asked[lease]?.inject = nil
      feed(.injected(lease: lease, ok: (try? result.get()) != nil), at: now, &effects)
    case .reverted(let lease, .success(let revert)):
      let waiting = asked[lease]?.reverts ?? []
      for id in waiting { effects.append(.send(.reply(id: id, .reverted(revert)))) }
      if waiting.isEmpty { effects.append(.send(.notice(.reverted(lease: lease, revert)))) }
      release(lease, &effects)
      feed(.reverted(lease: lease, ok: true), at: now, &effects)
    case .reverted(let lease, .failure(let failure)):
      effects.append(.send(.notice(.stuck(lease: lease, failure.text(of: lease)))))
      feed(.reverted(lease: lease, ok: false), at: now, &effects)
    case .ended(let lease, let end): effects.append(.send(.notice(.ended(lease: lease, end))))
    case .watchdogEnded(let lease): feed(.watchdogEnded(lease: lease), at: now, &effects)
    case .inputEnded:
      if run != nil, holdsLock { return effects.append(.revertAdopted) }
      feed(.inputEnded, at: now, &effects)
    case .adoptedReverted: feed(.inputEnded, at: now, &effects)
    case .superseded: feed(.superseded, at: now, &effects)
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
      case .refuse(let lease, let reason):
        if let id { refuse(id, "lease \(lease): \(reason)", &effects) }
        if asked[lease]?.inject == id { asked[lease]?.inject = nil }
        if table.entries[lease] == nil { release(lease, &effects) }
      case .exit: effects.append(.exit)
      }
    }
  }

  private mutating func release(_ lease: String, _ effects: inout [Effect]) {
    asked[lease] = nil
    effects.append(.release(lease: lease))
  }

  private func refuse(_ id: Int, _ reason: String, _ effects: inout [Effect]) {
    effects.append(.send(.refusal(id: id, reason)))
  }

  private func answer(
    _ id: Int, _ lease: String, _ result: Result<Reply, LeaseFailure>, _ effects: inout [Effect]
  ) {
    switch result {
    case .success(let reply): effects.append(.send(.reply(id: id, reply)))
    case .failure(let failure): refuse(id, "lease \(lease): \(failure.text(of: lease))", &effects)
    }
  }
}

extension LeaseFailure {
  fileprivate func text(of lease: String) -> String {
    switch self {
    case .over: "it was over before its fault was injected; the fault was undone"
    case .inDoubt(let reason), .refused(let reason): reason
    }
  }
}
