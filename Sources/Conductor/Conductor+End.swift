import Journal
import Scenario

/// The audit of a trial, and the end of the run.
extension Conductor {
  mutating func beginAudit(at now: Nanoseconds) {
    record(.phaseBegan(.audit))
    commands.append(.stopProbes)
    let connected = platform.connected
    audit.begin(
      states: Set(fleet.hosts.map(\.name)),
      writes: scenario.steady.probes.compactMap { name in
        fleet.probe(name).flatMap { $0.kind == .append ? PendingReads(of: $0, at: now) : nil }
      },
      records: Set(leases.all.map(\.host)).intersection(connected))
    readRecords(at: now)
    askStates(of: fleet.hosts.map(\.name).filter(connected.contains))
    for host in audit.records.sorted() { commands.append(.statuses(host: host)) }
    forgetLeases(at: now)
    stage = .audit(since: now)
  }

  mutating func advanceAudit(since: Nanoseconds, at now: Nanoseconds) {
    forgetLeases(at: now)
    readRecords(at: now)
    askStates(of: audit.again(at: now).filter(platform.connected.contains))
    for host in audit.recordsAgain(at: now) { commands.append(.statuses(host: host)) }
    let isForgetting = leases.isForgetting(on: platform.connected)
    guard audit.isOver(since: since, isForgetting: isForgetting, at: now) else { return }
    for event in audit.giveUp() { record(event) }
    let doubtful = leases.doubtful
    if !doubtful.isEmpty {
      return finish(
        .faultsActive(
          doubtful.map { line(of: $0, "its injection was never confirmed, so it may still begin") }))
    }
    if let abortReason { return finish(.aborted(abortReason)) }
    if trial.number < part.trials.upperBound {
      begin(TrialCourse(trial.number + 1, of: scenario, in: fleet, draws), at: now)
    } else {
      finish(.completed)
    }
  }

  /// Reads the records behind the probes, where a read is due.
  private mutating func readRecords(at now: Nanoseconds) {
    for (probe, place) in audit.dueReads(at: now) {
      guard let host = place.host else {
        commands.append(.auditWrites(probe: probe))
        continue
      }
      if platform.connected.contains(host) {
        commands.append(.readRecords(probe: probe, place))
        continue
      }
      audit.lose(host, at: now)
      let read = RecordsRead(place, unreadable: PendingReads.silent(host))
      if let writes = audit.take(read, of: probe, at: now) { record(.writesAudited(writes)) }
    }
  }

  /// Requests the revert of every fault. The run ends when all are reverted.
  mutating func abort(_ reason: String, at now: Nanoseconds) {
    if abortReason == nil { abortReason = reason }
    switch stage {
    case .connecting, .surveying, .checking:
      finish(.aborted(reason))
    case .steady, .faults, .recovery:
      for lease in leases.open { askRevert(lease, .controller, at: now) }
      stage = .ending(since: now)
    case .audit, .ending, .finished: break
    }
  }

  mutating func advanceEnding(since: Nanoseconds, at now: Nanoseconds) {
    let open = leases.open
    if open.isEmpty {
      record(.recoveryEnded(.aborted))
      return beginAudit(at: now)
    }
    for lease in open {
      if let asked = lease.revertAsked, now - asked < Self.revertPatience { continue }
      askRevert(lease, .controller, at: now)
    }
    let end = platform.reportsDue(of: open, leases.all).max() ?? now
    if now > max(since, end) + Self.endPatience {
      commands.append(.stopProbes)
      finish(.faultsActive(open.map { line(of: $0, $0.stuck ?? "its host has not reported its revert") }))
    }
  }

  /// A line of `Ending.faultsActive`.
  private func line(of lease: RunLease, _ reason: String) -> String {
    "\(lease.host): \(lease.assignment.spec.fault) \(lease.assignment.traits.object), lease \(lease.name): \(reason)"
  }

  /// Ends the run before a fault of this conductor. If there were trials before, the run is not refused as a whole: its
  /// next trial is void.
  mutating func refuse(_ reasons: [String]) {
    if !part.isContinued { return finish(.refused(reasons)) }
    let reason = "it could not begin: " + reasons.joined(separator: "; ")
    void(reason)
    finish(.aborted("trial \(trial.number): \(reason)"))
  }

  mutating func finish(_ ending: Ending) {
    switch ending {
    case .completed: break
    case .refused(let reasons): record(.runRefused(reasons: reasons))
    case .aborted(let reason): record(.runAborted(reason: reason))
    case .faultsActive(let faults): record(.faultsActive(faults))
    }
    commands.append(.finish(ending))
    stage = .finished
  }
}
