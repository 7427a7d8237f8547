import Journal
import Scenario

/// The answers that the audits of a run await: the states of hosts, the records behind probes, and the records of
/// leases.
struct Audit: Sendable {
  /// The hosts' states before the first fault.
  private(set) var statesBefore: [String: HostState] = [:]
  private(set) var states: Set<String> = []
  private(set) var writes: Set<String> = []
  /// Hosts that must list the records of the run's leases again.
  private(set) var records: Set<String> = []

  /// How long an audit may take.
  private static let patience = Nanoseconds.seconds(60)
  /// How long the audit waits for hosts to delete the records of reverted leases.
  private static let forgetPatience = Nanoseconds.seconds(5)

  /// A request for a host's state, to compare it after the faults.
  mutating func await(stateBeforeOf host: String) { states.insert(host) }

  /// Begins the audit of a trial.
  mutating func begin(states: Set<String>, writes: Set<String>, records: Set<String>) {
    self.states = states
    self.writes = writes
    self.records = records
  }

  /// Whether an audit that began at a given time is over.
  func isOver(since: Nanoseconds, isForgetting: Bool, at now: Nanoseconds) -> Bool {
    if now - since > Self.patience { return true }
    let waitsForRecords = (isForgetting || !records.isEmpty) && now - since <= Self.forgetPatience
    return states.isEmpty && writes.isEmpty && !waitsForRecords
  }

  /// Stops waiting for missing answers; returns their journal entries.
  mutating func giveUp() -> [Event] {
    let reason = "no answer within \(Self.patience)"
    let events =
      writes.sorted().map { Event.writesAudited(WritesAudit(probe: $0, unreadable: reason)) }
      + states.sorted().map { .residueAudited(host: $0, differences: [], uncompared: [reason]) }
    writes = []
    states = []
    return events
  }

  /// Takes a host's state; returns whether it was awaited.
  mutating func take(stateOf host: String) -> Bool { states.remove(host) != nil }

  mutating func take(stateBefore state: HostState, of host: String) {
    if statesBefore[host] == nil { statesBefore[host] = state }
  }

  /// Takes the records behind a probe; returns whether they were awaited.
  mutating func take(writesOf probe: String) -> Bool { writes.remove(probe) != nil }

  mutating func take(recordsOf host: String) { records.remove(host) }
}
