import Journal
import Scenario

/// The answers that the audits of a run await: the states of hosts, the records behind probes, and the records of
/// leases.
struct Audit: Sendable {
  /// The hosts' states before the first fault.
  private(set) var statesBefore: [String: HostState] = [:]
  private(set) var states: Set<String> = []
  /// By probe.
  private var writes: [String: PendingReads] = [:]
  /// Hosts that must list the records of the run's leases again.
  private(set) var records: Set<String> = []
  /// When each host whose list was incomplete must list them once more.
  private var recordsDue: [String: Nanoseconds] = [:]

  /// By host, the differences of the last audit that are residue.
  private(set) var left: [String: [StateDifference]] = [:]
  /// The comparisons of the awaited hosts so far.
  private var comparisons: [String: PendingComparison] = [:]

  /// How long an audit may take: storage may need more than a minute until a guest can read its disk again.
  private static let patience = Nanoseconds.seconds(120)
  /// How long the audit waits for hosts to delete the records of reverted leases.
  private static let forgetPatience = Nanoseconds.seconds(5)

  /// A request for a host's state, to compare it after the faults.
  mutating func await(stateBeforeOf host: String) { states.insert(host) }

  /// Begins the audit of a trial.
  mutating func begin(states: Set<String>, writes: [PendingReads], records: Set<String>) {
    self.states = states
    comparisons = [:]
    left = [:]
    self.writes = Dictionary(writes.map { ($0.probe, $0) }) { first, _ in first }
    self.records = records
    recordsDue = [:]
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
      probes.compactMap { writes[$0]?.audit(missing: reason) }.map { Event.writesAudited($0) }
      + states.sorted().map { host -> Event in
        let found = comparisons[host]?.found
        if let found { noteLeft(found, on: host) }
        return .residueAudited(
          host: host, differences: found?.differences ?? [], uncompared: found?.uncompared ?? [reason])
      }
    writes = [:]
    states = []
    comparisons = [:]
    return events
  }

  mutating func take(stateBefore state: HostState, of host: String) {
    guard states.remove(host) != nil, statesBefore[host] == nil else { return }
    statesBefore[host] = state
  }

  /// Records the comparison of an awaited host, and returns it when it is final.
  ///
  /// The state of a platform that is healing differs for a while. So a difference is residue only after some time, and
  /// a part that can't be read is reported only after this time.
  mutating func take(_ found: StateComparison, of host: String, at now: Nanoseconds) -> StateComparison? {
    guard states.contains(host) else { return nil }
    let pending = PendingComparison(found, after: comparisons[host], at: now)
    if pending.isFinal(at: now) {
      states.remove(host)
      comparisons[host] = nil
      noteLeft(found, on: host)
      return found
    }
    comparisons[host] = pending
    return nil
  }

  private mutating func noteLeft(_ found: StateComparison, on host: String) {
    let counted = found.differences.filter(\.counts)
    left[host] = counted.isEmpty ? nil : counted
  }

  /// Why no further trial may begin after this audit, a line for each host with residue.
  var residue: [String] {
    left.sorted { $0.key < $1.key }.map { host, differences in
      "\(host): residue of the trial before: " + differences.map(\.line).joined(separator: "; ")
    }
  }

  /// The hosts whose states must be read again now.
  mutating func again(at now: Nanoseconds) -> [String] {
    let due = comparisons.filter { now >= $0.value.askAt }.keys.sorted()
    for host in due { comparisons[host]?.askAt = now + PendingComparison.interval }
    return due
  }

  /// The probes whose records are awaited.
  var probes: [String] { writes.keys.sorted() }

  /// Takes a read of the records behind a probe. Returns all reads of the probe once they are final.
  mutating func take(_ read: RecordsRead, of probe: String, at now: Nanoseconds) -> WritesAudit? {
    writes[probe]?.take(read, at: now)
    guard let audit = writes[probe]?.final(at: now) else { return nil }
    writes[probe] = nil
    return audit
  }

  /// A host doesn't answer any more.
  mutating func lose(_ host: String, at now: Nanoseconds) {
    for probe in probes { writes[probe]?.lose(host, at: now) }
  }

  /// A host answers again.
  mutating func regain(_ host: String) {
    for probe in probes { writes[probe]?.regain(host) }
  }

  /// The places that must be read now.
  mutating func dueReads(at now: Nanoseconds) -> [(probe: String, place: RecordsRead.Place)] {
    probes.flatMap { probe in (writes[probe]?.due(at: now) ?? []).map { (probe, $0) } }
  }

  /// Takes a host's list of records. It is awaited again if an earlier session may still write one.
  mutating func take(recordsOf host: String, isComplete: Bool, at now: Nanoseconds) {
    if isComplete { records.remove(host) }
    recordsDue[host] = records.contains(host) ? now + .seconds(1) : nil
  }

  /// The hosts that must list their records again now.
  mutating func recordsAgain(at now: Nanoseconds) -> [String] {
    let due = recordsDue.filter { now >= $0.value }.keys.sorted()
    for host in due { recordsDue[host] = nil }
    return due
  }
}

/// The comparison of a host that differs from its state before the trial.
private struct PendingComparison: Sendable {
  let found: StateComparison
  /// The time of the first observation of each difference.
  private let since: [StateDifference: Nanoseconds]
  /// The time of the first failure to read each part.
  private let unreadSince: Nanoseconds?
  /// The time at which the host's state is read again.
  var askAt: Nanoseconds

  /// The interval at which a host's state is read.
  static let interval = Nanoseconds.seconds(2)
  /// The time after which a difference is residue.
  private static let age = Nanoseconds.seconds(30)

  init(_ found: StateComparison, after earlier: PendingComparison?, at now: Nanoseconds) {
    self.found = found
    let counted = found.differences.filter(\.counts)
    since = Dictionary(counted.map { ($0, earlier?.since[$0] ?? now) }) { first, _ in first }
    unreadSince = found.isUnreadNow ? earlier?.unreadSince ?? now : nil
    askAt = now + Self.interval
  }

  func isFinal(at now: Nanoseconds) -> Bool {
    (since.values + (unreadSince.map { [$0] } ?? [])).allSatisfy { now - $0 >= Self.age }
  }
}
