import AgentProtocol
import Journal
import Scenario

/// The leases of a session, as a value without I/O and without a clock.
///
/// `handle` takes an event with its time, and returns actions. The states of a lease:
///
///     (none) ──arm──> arming ──ok──> armed ──inject──> injecting ──ok──> effective
///                       │              │                   │                 │
///                       ▼ a reason to revert: when arming or injecting ends, else at once
///                       │              │                   │                 │
///                       └──────────────┴──> reverting <────┴─────────────────┘
///                                           │   ▲   │
///                                    failed └1 s┘   └──ok──> (none)
///
/// The reasons to revert are: a request of the controller; the end of the agent's stdin, unless the fault cuts that
/// path; the deadline; a failed arming or injection; the end of the watchdog; a newer session that takes over before
/// the injection. While a lease is arming or injecting, the reason is kept as `pending`. The watchdog acts at the
/// deadline in any case.
package struct LeaseTable: Equatable, Sendable {
  /// The state of a lease; see the drawing at `LeaseTable`.
  package enum State: Equatable, Sendable {
    /// Snapshot, lease file and watchdog are being created.
    case arming
    /// The fault can be injected.
    case armed
    /// The fault is being injected, and is not known to be effective.
    case injecting
    /// The fault is effective.
    case effective
    /// The fault is being reverted, for this reason.
    case reverting(RevertCause)
  }

  /// A lease in the table.
  package struct Entry: Equatable, Sendable {
    /// |
    package var state: State
    /// When the host reverts it without a request, on CLOCK_BOOTTIME.
    package var deadline: Nanoseconds
    /// Whether the fault cuts the control path. If so, the end of that path is not a reason to revert.
    package var cutsControlPath: Bool
    /// A reason to revert that arrived while the lease was arming or injecting.
    package var pending: RevertCause?
    /// When a failed revert is repeated.
    package var retry: Nanoseconds?
  }

  /// An event.
  package enum Event: Equatable, Sendable {
    /// A lease was requested.
    case arm(lease: String, deadline: Nanoseconds, cutsControlPath: Bool)
    /// The arming has ended: snapshot, lease file and watchdog are in place, or it failed.
    case armed(lease: String, ok: Bool)
    /// The injection was requested.
    case inject(lease: String)
    /// The injection has ended: the fault is effective, or it failed.
    case injected(lease: String, ok: Bool)
    /// The revert was requested.
    case revert(lease: String)
    /// The revert has ended: it succeeded or failed.
    case reverted(lease: String, ok: Bool)
    /// The lease's watchdog ended.
    case watchdogEnded(lease: String)
    /// The agent's stdin ended.
    case inputEnded
    /// A newer session of the same run has taken over. Injected faults continue to their ends; armed leases are
    /// reverted.
    case superseded
    /// Time has passed.
    case tick
  }

  /// An action for the performer.
  package enum Action: Equatable, Sendable {
    /// Take the snapshot, write the lease, start the watchdog, prepare.
    case prepare(lease: String)
    /// Inject the fault and wait for its effect.
    case inject(lease: String)
    /// Revert it.
    case revert(lease: String, RevertCause)
    /// Refuse the request, for this reason.
    case refuse(lease: String, Refusal)
    /// End: no lease is left, and no request can arrive.
    case exit
  }

  /// The leases by name.
  package private(set) var entries: [String: Entry] = [:]
  private var inputHasEnded = false
  private var isSuperseded = false
  /// How long after a failed revert it is repeated.
  package static let retryAfter = Nanoseconds.seconds(1)

  /// |
  package init() {}

  /// When `tick` must be called at the latest; nil if nothing is due.
  package var nextDue: Nanoseconds? {
    entries.values.compactMap { entry in
      if case .reverting = entry.state { return entry.retry }
      return entry.pending == nil ? entry.deadline : nil
    }.min()
  }

  /// Takes an event, and returns actions.
  ///
  /// - Parameter now: CLOCK_BOOTTIME.
  package mutating func handle(_ event: Event, at now: Nanoseconds) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .arm(let lease, let deadline, let cuts):
      if entries[lease] != nil {
        actions.append(.refuse(lease: lease, .leaseExists(lease: lease)))
      } else if deadline <= now {
        actions.append(.refuse(lease: lease, .deadlinePassed(lease: lease)))
      } else if inputHasEnded || isSuperseded {
        actions.append(.refuse(lease: lease, .controllerGone(lease: lease)))
      } else {
        entries[lease] = Entry(state: .arming, deadline: deadline, cutsControlPath: cuts)
        actions.append(.prepare(lease: lease))
      }
    case .armed(let lease, let ok):
      guard let entry = entries[lease], entry.state == .arming else { break }
      entries[lease]?.state = .armed
      if !ok {
        // Some preparations may be in place. The revert undoes those that the lease on disk names.
        begin(revert: lease, .agent, at: now, &actions)
      } else if let cause = entry.pending {
        begin(revert: lease, cause, at: now, &actions)
      }
    case .inject(let lease):
      guard let entry = entries[lease], entry.state == .armed else {
        actions.append(.refuse(lease: lease, .notArmed(lease: lease)))
        break
      }
      if entry.deadline <= now {
        actions.append(.refuse(lease: lease, .deadlinePassed(lease: lease)))
        begin(revert: lease, .deadline, at: now, &actions)
      } else {
        entries[lease]?.state = .injecting
        actions.append(.inject(lease: lease))
      }
    case .injected(let lease, let ok):
      guard let entry = entries[lease], entry.state == .injecting else { break }
      entries[lease]?.state = .effective
      if !ok {
        begin(revert: lease, .agent, at: now, &actions)
      } else if let cause = entry.pending {
        begin(revert: lease, cause, at: now, &actions)
      }
    case .revert(let lease):
      if entries[lease] == nil {
        actions.append(.refuse(lease: lease, .noSuchLease(lease: lease)))
      } else {
        begin(revert: lease, .controller, at: now, &actions)
      }
    case .reverted(let lease, let ok):
      guard case .reverting = entries[lease]?.state else { break }
      if ok {
        entries[lease] = nil
      } else {
        entries[lease]?.retry = now + Self.retryAfter
      }
    case .watchdogEnded(let lease):
      if entries[lease] != nil { begin(revert: lease, .agent, at: now, &actions) }
    case .inputEnded:
      inputHasEnded = true
      // If a newer session of its run has taken over, the controller still exists.
      for (lease, entry) in entries.sorted(by: { $0.key < $1.key })
      where !entry.cutsControlPath && !isSuperseded {
        begin(revert: lease, .stdin, at: now, &actions)
      }
    case .superseded:
      isSuperseded = true
      // If the controller listed the records before this one was written, its list doesn't have this lease. It then
      // can't inject the fault through the newer session.
      for (lease, entry) in entries.sorted(by: { $0.key < $1.key })
      where entry.state == .arming || entry.state == .armed {
        begin(revert: lease, .agent, at: now, &actions)
      }
    case .tick: break
    }
    for (lease, entry) in entries.sorted(by: { $0.key < $1.key }) {
      if case .reverting(let cause) = entry.state {
        if let retry = entry.retry, retry <= now {
          entries[lease]?.retry = nil
          actions.append(.revert(lease: lease, cause))
        }
      } else if entry.deadline <= now, entry.pending == nil {
        begin(revert: lease, .deadline, at: now, &actions)
      }
    }
    if inputHasEnded || isSuperseded, entries.isEmpty { actions.append(.exit) }
    return actions
  }

  /// Begins a revert. If the lease is arming or injecting, keeps the reason instead.
  private mutating func begin(
    revert lease: String, _ cause: RevertCause, at now: Nanoseconds, _ actions: inout [Action]
  ) {
    switch entries[lease]?.state {
    case .arming, .injecting:
      if entries[lease]?.pending == nil { entries[lease]?.pending = cause }
    case .armed, .effective:
      entries[lease]?.state = .reverting(cause)
      actions.append(.revert(lease: lease, cause))
    case .reverting, nil: break
    }
  }
}
