import Journal
import Scenario

/// The leases that an agent holds, as a value: no I/O, no clock of its own.
///
/// `handle` takes what happened and when, and returns what is to be done. The agent's session does it with real
/// disks, faults and timers; a test does it with a seeded adversary and a virtual clock.
package struct LeaseTable: Equatable, Sendable {
  /// How far a lease has come.
  package enum State: Equatable, Sendable {
    /// Snapshot, lease file and watchdog are on their way.
    case arming
    /// The fault can be let go.
    case armed
    /// It was let go; its effect isn't seen yet.
    case injecting
    /// Its effect was seen.
    case effective
    /// It is being undone.
    case reverting(RevertCause)
  }

  /// A lease in the table.
  package struct Entry: Equatable, Sendable {
    /// How far it has come.
    package var state: State
    /// When the host lifts it by itself, on CLOCK_BOOTTIME.
    package var deadline: Nanoseconds
    /// Whether the end of the controller's path is no reason to lift it.
    package var cutsControlPath: Bool
    /// A reason to lift it that came while it could not be lifted yet.
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
    /// The fault was asked for.
    case inject(lease: String)
    /// Its effect was seen, or was not.
    case injected(lease: String, ok: Bool)
    /// Its end was asked for.
    case revert(lease: String)
    /// It was undone, or was not.
    case reverted(lease: String, ok: Bool)
    /// The lease's watchdog ended.
    case watchdogEnded(lease: String)
    /// The agent's stdin ended.
    case inputEnded
    /// A newer session of the same run has taken over: hold what is held to its end.
    case superseded
    /// Time has passed.
    case tick
  }

  /// What is to be done.
  package enum Action: Equatable, Sendable {
    /// Take the snapshot, write the lease, arm the watchdog, prepare.
    case prepare(lease: String)
    /// Do the fault and see its effect.
    case inject(lease: String)
    /// Undo it.
    case revert(lease: String, RevertCause)
    /// Refuse the request: why.
    case refuse(lease: String, String)
    /// Nothing is held and nobody listens: end.
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
        actions.append(.refuse(lease: lease, "a lease of that name stands"))
      } else if deadline <= now {
        actions.append(.refuse(lease: lease, "its deadline is past"))
      } else if inputHasEnded || isSuperseded {
        actions.append(.refuse(lease: lease, "the controller is gone"))
      } else {
        entries[lease] = Entry(state: .arming, deadline: deadline, cutsControlPath: cuts)
        actions.append(.prepare(lease: lease))
      }
    case .armed(let lease, let ok):
      guard let entry = entries[lease], entry.state == .arming else { break }
      entries[lease]?.state = .armed
      if !ok {
        // Part of it may stand: what the lease on disk names is undone, which does no harm where nothing was done.
        begin(revert: lease, .agent, at: now, &actions)
      } else if let cause = entry.pending {
        begin(revert: lease, cause, at: now, &actions)
      }
    case .inject(let lease):
      guard let entry = entries[lease], entry.state == .armed else {
        actions.append(.refuse(lease: lease, "it isn't armed"))
        break
      }
      if entry.deadline <= now {
        actions.append(.refuse(lease: lease, "its deadline is past"))
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
        actions.append(.refuse(lease: lease, "no such lease is held"))
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
    case .superseded: isSuperseded = true
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

  /// Begins to undo a lease, or notes the reason where it is just being armed or injected: undoing has its turn as
  /// soon as that is over, and the watchdog has its own deadline where it never is.
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
