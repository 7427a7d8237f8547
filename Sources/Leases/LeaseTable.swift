import AgentProtocol
import Journal
import Scenario

/// The leases of a session, as a value without I/O and without a clock.
///
/// `handle` takes what happened and when, and returns what is to be done. The states of a lease:
///
///     (none) ──arm──> arming ──ok──> armed ──inject──> injecting ──ok──> effective
///                       │              │                   │                 │
///                       ▼ a reason to revert: when arming or injecting ends, else at once
///                       │              │                   │                 │
///                       └──────────────┴──> reverting <────┴─────────────────┘
///                                           │   ▲   │
///                                    failed └1 s┘   └──ok──> (none)
///
/// A reason to revert is: the controller asks, the agent's stdin ends (unless the fault cuts that path), the deadline
/// passes, arming or injection fails, the watchdog ends, a newer session takes over before the injection. While a lease
/// is arming or injecting the reason is kept as `pending`. The watchdog acts at the deadline in any case.
package struct LeaseTable: Equatable, Sendable {
  /// The state of a lease; see the drawing at `LeaseTable`.
  package enum State: Equatable, Sendable {
    /// Snapshot, lease file and watchdog are being made.
    case arming
    /// The fault can be injected.
    case armed
    /// It is being injected, and is not known to be effective.
    case injecting
    /// The fault is effective.
    case effective
    /// It is being reverted, for this reason.
    case reverting(RevertCause)
  }

  /// A lease in the table.
  package struct Entry: Equatable, Sendable {
    /// Its state.
    package var state: State
    /// When the host reverts it without its controller, on CLOCK_BOOTTIME.
    package var deadline: Nanoseconds
    /// Whether the fault cuts the controller's path, whose end is then no reason to revert.
    package var cutsControlPath: Bool
    /// A reason to revert that came while the lease was arming or injecting.
    package var pending: RevertCause?
    /// When a revert that failed is tried again.
    package var retry: Nanoseconds?
  }

  /// What can happen.
  package enum Event: Equatable, Sendable {
    /// A lease was asked for.
    case arm(lease: String, deadline: Nanoseconds, cutsControlPath: Bool)
    /// Snapshot, lease file and watchdog are in place, or are not.
    case armed(lease: String, ok: Bool)
    /// The injection was asked for.
    case inject(lease: String)
    /// The fault is effective, or is not.
    case injected(lease: String, ok: Bool)
    /// The revert was asked for.
    case revert(lease: String)
    /// The revert succeeded, or did not.
    case reverted(lease: String, ok: Bool)
    /// The lease's watchdog ended.
    case watchdogEnded(lease: String)
    /// The agent's stdin ended.
    case inputEnded
    /// A newer session of the same run has taken over: what is injected is held to its end, what is not is given up.
    case superseded
    /// Time has passed.
    case tick
  }

  /// What is to be done.
  package enum Action: Equatable, Sendable {
    /// Take the snapshot, write the lease, start the watchdog, prepare.
    case prepare(lease: String)
    /// Inject the fault and wait for its effect.
    case inject(lease: String)
    /// Revert it.
    case revert(lease: String, RevertCause)
    /// Refuse the request, for this reason.
    case refuse(lease: String, Refusal)
    /// End: no lease is held, and no request can come.
    case exit
  }

  /// The leases by name.
  package private(set) var entries: [String: Entry] = [:]
  private var inputHasEnded = false
  private var isSuperseded = false
  /// How long after a failed revert it is tried again.
  package static let retryAfter = Nanoseconds.seconds(1)

  /// An empty table.
  package init() {}

  /// The next moment at which `tick` must come; nil where none is due.
  package var nextDue: Nanoseconds? {
    entries.values.compactMap { entry in
      if case .reverting = entry.state { return entry.retry }
      return entry.pending == nil ? entry.deadline : nil
    }.min()
  }

  /// Takes what happened, and returns what is to be done.
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
        // Part of it may be in place. The revert undoes what the lease on the disk names.
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
      // The controller isn't gone where a newer session of its run has taken over.
      for (lease, entry) in entries.sorted(by: { $0.key < $1.key })
      where !entry.cutsControlPath && !isSuperseded {
        begin(revert: lease, .stdin, at: now, &actions)
      }
    case .superseded:
      isSuperseded = true
      // The controller does not know of it where it lists the records before this one is written, and can't inject it
      // through the newer session.
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

  /// Begins a revert, or keeps the reason while the lease is arming or injecting.
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
