import Journal
import Scenario

/// A lease of the run, as its site has reported it.
struct RunLease: Sendable {
  enum State: Equatable { case arming, armed, requested, effective, reverted, failed }

  let name: String
  let step: String
  let assignment: Assignment
  /// When its fault is due.
  let injectAt: Nanoseconds
  /// When its site reverts the fault without a request.
  let until: Nanoseconds
  let cutsControlPath: Bool
  /// Whether its fault is over as soon as it is effective.
  let isInstant: Bool
  fileprivate(set) var state = State.arming
  fileprivate(set) var revertAsked: Nanoseconds?
  /// When its site was last asked to delete the record.
  fileprivate var forgetAsked: Nanoseconds?
  /// Whether its site has no record of the lease.
  fileprivate var isForgotten = false
  fileprivate(set) var isEffectKnown = false
  /// The early end of its effect. It is written to the journal once, after the effect.
  fileprivate(set) var earlyEnd: LeaseEnded?
  /// Whether its injection was requested. If so, the journal must have the end of the lease.
  fileprivate(set) var isRequested = false
  /// The observation of the site, for a fault that the host's next boot confirms.
  fileprivate var accepted: LeaseEffective?
  /// Whether its fault was to reboot its own site, and the site runs another boot since.
  fileprivate var isOfEarlierBoot = false
  /// Whether its site's record has an injection that was never confirmed. A logged revert of it isn't trusted.
  fileprivate var isInDoubt = false
  /// Why its site could not revert the fault yet.
  fileprivate(set) var stuck: String?

  var host: String { assignment.site.name }
  /// Whether its fault is active, or may be.
  var isActive: Bool { state == .requested || state == .effective }
}

/// The leases of a run, in the order in which they were armed.
///
/// Each method records a site's report or a request to it, and returns the leases that the report changed.
struct RunLeases: Sendable {
  private let tag: String
  private(set) var all: [RunLease] = []
  /// The place of each lease in `all`, and the places of each host's leases. A step may have a lease on every host, and
  /// each of them reports several times.
  private var places: [String: Int] = [:]
  private var placesOnHost: [String: [Int]] = [:]

  /// How often a host is asked to delete a record.
  private static let forgetInterval = Nanoseconds.seconds(1)

  /// - Parameter tag: the beginning of its leases' names.
  init(tag: String) { self.tag = tag }

  subscript(name: String) -> RunLease? { index(name).map { all[$0] } }

  /// The leases on a host.
  func on(_ host: String) -> [RunLease] { (placesOnHost[host] ?? []).map { all[$0] } }

  /// The leases that are not known to be reverted.
  var open: [RunLease] { all.filter { $0.state != .reverted } }

  /// The leases with a record that a host keeps since it is in doubt, although it reported their reverts. An effect that
  /// was reported confirms the injection.
  var doubtful: [RunLease] {
    all.filter {
      $0.state == .reverted && $0.isInDoubt && !$0.isForgotten && !$0.isEffectKnown && $0.accepted == nil
    }
  }

  /// The leases that are not known to be reverted and ended before a time.
  func open(endedBefore time: Nanoseconds) -> [RunLease] {
    all.filter { $0.state != .reverted && $0.until < time }
  }

  /// The leases whose faults take hosts and are active, or may be.
  var takings: [RunLease] { all.filter { $0.isActive && !$0.assignment.takes.isEmpty } }

  func of(_ step: Step) -> [RunLease] { all.filter { $0.step == step.name } }

  /// Whether all leases of a step have ended or failed.
  func areOver(of step: Step) -> Bool {
    all.allSatisfy { $0.step != step.name || $0.state == .reverted || $0.state == .failed }
  }

  private func index(_ name: String) -> Int? { places[name] }

  // MARK: Requests

  /// Adds a lease that will be armed on its site.
  mutating func add(
    _ step: Step, _ assignment: Assignment, injectAt: Nanoseconds, cutsControlPath: Bool
  ) -> RunLease {
    let lease = RunLease(
      name: "\(tag)_\(all.count + 1)", step: step.name, assignment: assignment, injectAt: injectAt,
      until: injectAt + step.duration, cutsControlPath: cutsControlPath, isInstant: step.isInstant)
    places[lease.name] = all.count
    placesOnHost[lease.host, default: []].append(all.count)
    all.append(lease)
    return lease
  }

  /// Records that its injection was requested.
  mutating func request(_ name: String) {
    guard let index = index(name) else { return }
    all[index].state = .requested
    all[index].isRequested = true
  }

  /// Records that its revert was requested. Returns whether this is the first request.
  mutating func askRevert(_ name: String, at now: Nanoseconds) -> Bool {
    guard let index = index(name) else { return false }
    let isFirst = all[index].revertAsked == nil
    all[index].revertAsked = now
    return isFirst
  }

  /// Whether a host that answers still has a record to delete.
  func isForgetting(on connected: Set<String>) -> Bool { all.contains { isKept($0, on: connected) } }

  /// The leases whose records must be deleted now. The request is repeated each second, since a path that is cut loses
  /// requests.
  mutating func forget(on connected: Set<String>, at now: Nanoseconds) -> [RunLease] {
    all.indices.compactMap { index in
      guard isKept(all[index], on: connected),
        all[index].forgetAsked.map({ now - $0 >= Self.forgetInterval }) ?? true
      else { return nil }
      all[index].forgetAsked = now
      return all[index]
    }
  }

  private func isKept(_ lease: RunLease, on connected: Set<String>) -> Bool {
    lease.state == .reverted && !lease.isForgotten && connected.contains(lease.host)
  }

  // MARK: Reports of sites

  mutating func take(armed name: String) {
    if let index = index(name), all[index].state == .arming { all[index].state = .armed }
  }

  /// Records that a lease could not be armed, or its fault not injected; nil if that is already known.
  mutating func take(failed name: String) -> RunLease? {
    guard let index = index(name), all[index].state != .reverted, all[index].state != .failed else {
      return nil
    }
    all[index].state = .failed
    return all[index]
  }

  /// Records that a fault's effect was verified; nil if that is already known, or if the next boot of a host must
  /// confirm the effect.
  mutating func take(_ effect: LeaseEffective) -> RunLease? {
    // A host that was cut off may report the end of its fault first, by another path.
    guard let index = index(effect.lease), [.requested, .reverted].contains(all[index].state),
      !all[index].isEffectKnown, all[index].accepted == nil
    else { return nil }
    let before = all[index]
    if before.state == .requested { all[index].state = .effective }
    if case .byBoot = before.assignment.traits.confirmation {
      all[index].accepted = effect
      return nil
    }
    all[index].isEffectKnown = true
    return before
  }

  /// Records that a host runs another boot. Faults that cause a reboot are effective now.
  ///
  /// The earlier boot ended before the host's first answer from the new boot, or before the connection was lost, if that
  /// was after the request. It ended after the request to the BMC, unless the host was down by then for another reason.
  /// Then it ended some seconds before the connection was lost, at the earliest.
  mutating func confirm(
    bootOf host: String, _ boot: String, after before: String, lostAt: Nanoseconds?, at now: Nanoseconds
  ) -> [LeaseEffective] {
    all.indices.compactMap { index in
      guard all[index].assignment.traits.confirmation == .byBoot(of: host), all[index].isRequested else {
        return nil
      }
      // A revert that a host reports before its next boot has prevented that it reboots itself.
      let isPrevented = all[index].assignment.rebootsItsSite && all[index].state == .reverted
      if !isPrevented { all[index].isOfEarlierBoot = all[index].assignment.rebootsItsSite }
      guard !isPrevented, !all[index].isEffectKnown, var effect = all[index].accepted else { return nil }
      let earliest = lostAt.map { $0 - Platform.longestSilence } ?? effect.at
      let latest = lostAt.flatMap { $0 >= effect.at ? $0 : nil } ?? now
      effect.uncertainty = max(
        effect.uncertainty + effect.took, effect.at - earliest, latest - effect.at)
      effect.evidence = "\(host) runs boot \(boot), and ran \(before) before"
      all[index].isEffectKnown = true
      return effect
    }
  }

  /// Records that a fault's effect ended before its revert. Returns whether the journal must have this now. The end is
  /// reported when it happens and again with the revert, also for a fault that was never effective.
  mutating func take(_ end: LeaseEnded) -> Bool {
    guard let index = index(end.lease), all[index].earlyEnd == nil else { return false }
    // The boot is the effect of such a fault.
    if end.cause == .reboot, all[index].assignment.rebootsItsSite { return false }
    all[index].earlyEnd = end
    return all[index].isEffectKnown
  }

  /// Records that a fault was reverted; nil if that is already known.
  mutating func take(_ revert: LeaseReverted) -> RunLease? {
    guard let index = index(revert.lease), all[index].state != .reverted else { return nil }
    all[index].state = .reverted
    all[index].stuck = nil
    return all[index]
  }

  /// The reverts of faults that have rebooted their host, and whose records the host deleted when it booted
  /// (`murphy-agent recover`): it deletes a record only after the revert, which it can report to no run.
  func revertsAtBoot(
    of host: String, records known: Set<String>, isComplete: Bool, at now: Nanoseconds
  ) -> [LeaseReverted] {
    guard isComplete else { return [] }
    return on(host).filter { $0.isOfEarlierBoot && $0.isActive && !known.contains($0.name) }.map {
      LeaseReverted(lease: $0.name, at: now, uncertainty: now, cause: .recover)
    }
  }

  mutating func take(stuck name: String, _ reason: String) {
    if let index = index(name) { all[index].stuck = reason }
  }

  mutating func take(forgotten name: String) {
    if let index = index(name) { all[index].isForgotten = true }
  }

  /// Records which leases of the run have a record on a host.
  ///
  /// A lease without a record that should have been reverted was never armed there. A lease that was believed to be
  /// forgotten, or never armed, may still have a record: an agent that was stopped may write it late. So only a complete
  /// list proves that there is no record.
  mutating func take(records known: Set<String>, inDoubt: Set<String>, of host: String, isComplete: Bool) {
    // A lease has its record on its own host.
    for index in placesOnHost[host] ?? [] {
      let lease = all[index]
      all[index].isInDoubt = inDoubt.contains(lease.name)
      if known.contains(lease.name) {
        if lease.isForgotten {
          all[index].isForgotten = false
          all[index].forgetAsked = nil
        }
        continue
      }
      guard isComplete else { continue }
      if lease.state == .reverted, lease.forgetAsked != nil { all[index].isForgotten = true }
      guard lease.revertAsked != nil, [.arming, .failed].contains(lease.state) else { continue }
      all[index].state = .reverted
      all[index].isForgotten = true
      all[index].stuck = nil
    }
  }
}
