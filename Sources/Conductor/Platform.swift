import Journal
import Scenario

/// The platform's current state, by the reports to the controller: the hosts that answer, the domains that run, and the
/// beliefs of views.
struct Platform: Sendable {
  private struct Domain: Hashable {
    var host: String
    var name: String
  }

  let fleet: Fleet
  /// For each host, the hosts of the fleet through which ssh reaches it.
  private let reachedThrough: [String: [String]]
  /// The sites that answer.
  private(set) var connected: Set<String> = []
  /// When a host that was lost last answered again.
  private var regainedAt: [String: Nanoseconds] = [:]
  /// When a host was last lost.
  private(set) var lostAt: [String: Nanoseconds] = [:]
  /// The boot id of each host, as far as it is known.
  private var boots: [String: String] = [:]
  /// The domains that each host runs.
  private(set) var running: [String: Set<String>] = [:]
  private var domains: [Domain: DomainSeen.State] = [:]
  private(set) var views: PlatformViews

  /// The longest silence of a connection before its host counts as lost.
  static let longestSilence = Nanoseconds.seconds(5)
  /// How long a host may take to boot: the firmware of a server with much memory needs minutes.
  static let longestBoot = Nanoseconds.seconds(600)

  init(_ fleet: Fleet, reachedThrough: [String: [String]]) {
    self.fleet = fleet
    self.reachedThrough = reachedThrough
    views = PlatformViews(of: fleet)
  }

  // MARK: Reports

  /// Records that a site answers. Returns whether it did not answer before, and its earlier boot if it runs another one
  /// now.
  mutating func connect(_ site: String, boot: String) -> (isNew: Bool, bootBefore: String?) {
    let isNew = connected.insert(site).inserted
    let before = boots.updateValue(boot, forKey: site)
    return (isNew, before == boot ? nil : before)
  }

  /// A host that was lost answers again.
  mutating func regain(_ host: String, at now: Nanoseconds) { regainedAt[host] = now }

  /// Records that a site doesn't answer. Returns whether it answered before.
  mutating func lose(_ site: String, at now: Nanoseconds) -> Bool {
    guard connected.remove(site) != nil else { return false }
    lostAt[site] = now
    return true
  }

  /// Forgets the beliefs of a host that doesn't answer; returns its new beliefs, by view.
  mutating func forgetBeliefs(of host: String) -> [(view: String, belief: Belief)] { views.forget(host) }

  mutating func take(_ survey: HostSurvey) { running[survey.host] = Set(survey.running) }

  /// Takes a view's belief; returns whether it must be recorded.
  mutating func take(_ belief: Belief, of view: String, from source: String?, isAside: Bool) -> Bool {
    views.take(belief, of: view, from: source, isAside: isAside)
  }

  /// Records a domain's state. Returns false if the state is already known: a session that took over repeats earlier
  /// reports.
  mutating func take(_ seen: DomainSeen) -> Bool {
    let before = domains.updateValue(seen.state, forKey: Domain(host: seen.host, name: seen.domain))
    if before == seen.state { return false }
    if seen.state == .off {
      running[seen.host, default: []].remove(seen.domain)
    } else {
      running[seen.host, default: []].insert(seen.domain)
    }
    return true
  }

  /// Records that a host's domains ended with its boot. No libvirt is left on the host to report this.
  mutating func endDomains(
    of host: String, at time: Nanoseconds, uncertainty: Nanoseconds, _ what: String
  ) -> [DomainSeen] {
    let ended = running[host, default: []].sorted().map {
      DomainSeen(host: host, domain: $0, state: .off, what: what, at: time, uncertainty: uncertainty)
    }
    for seen in ended { domains[Domain(host: host, name: seen.domain)] = .off }
    running[host] = []
    return ended
  }

  // MARK: Broken hosts

  /// The obstacle on the path to a host: an ssh jump host that a fault has taken, that doesn't answer, or that has
  /// answered again too recently for ssh to have passed through it.
  ///
  /// A host behind an obstacle isn't known to be down. Neither quorum nor `hosts-down` counts it.
  func obstacle(before host: String, _ takings: [RunLease], at now: Nanoseconds) -> String? {
    (reachedThrough[host] ?? []).first { jump in
      !connected.contains(jump) || takings.contains { $0.assignment.takes.contains(jump) }
        || regainedAt[jump].map { now - $0 < Admission.connectPatience } ?? false
    }
  }

  /// Hosts that don't answer although no obstacle is known.
  func silentHosts(_ takings: [RunLease], at now: Nanoseconds) -> [String] {
    fleet.hosts.map(\.name).filter {
      !connected.contains($0) && obstacle(before: $0, takings, at: now) == nil
    }
  }

  /// Whether a host doesn't answer although no obstacle is known, or a fault takes it.
  func isDown(_ host: String, _ takings: [RunLease], at now: Nanoseconds) -> Bool {
    takings.contains { $0.assignment.takes.contains(host) }
      || !connected.contains(host) && obstacle(before: host, takings, at: now) == nil
  }

  /// The hosts that don't answer, and those that a fault takes.
  private func hostsDown(_ takings: [RunLease], at now: Nanoseconds) -> Set<String> {
    var down = Set(silentHosts(takings, at: now))
    // The leases of a step take the same hosts, and may be as many as the hosts.
    var last: Set<String> = []
    for lease in takings where lease.assignment.takes != last {
      last = lease.assignment.takes
      down.formUnion(last)
    }
    return down
  }

  /// The broken hosts according to connections, active faults and all views of the fleet.
  func broken(_ takings: [RunLease], at now: Nanoseconds) -> BrokenHosts {
    BrokenHosts(
      of: fleet, silent: silentHosts(takings, at: now),
      taken: takings.flatMap { lease in lease.assignment.takes.sorted().map { ($0, lease.step) } },
      views: views)
  }

  /// When the hosts of leases must have reported their ends. A host behind a cut jump host can't report before ssh passes
  /// through the jump host again, some time after the end of that fault. A host that reboots itself reports after its boot.
  ///
  /// - Parameter all: all leases of the run.
  func reportsDue(of leases: [RunLease], _ all: [RunLease]) -> [Nanoseconds] {
    var cuts: [String: Nanoseconds]?
    return leases.map { lease in
      let own = lease.assignment.rebootsItsSite ? lease.until + Self.longestBoot : lease.until
      guard let jumps = reachedThrough[lease.host], !jumps.isEmpty else { return own }
      let ends = cuts ?? Self.ends(of: all)
      cuts = ends
      let returns = jumps.compactMap { regainedAt[$0] }.map { $0 + Admission.connectPatience }
      return (jumps.compactMap { ends[$0] } + returns).reduce(own, max)
    }
  }

  /// When the last requested fault that takes each host ends.
  private static func ends(of leases: [RunLease]) -> [String: Nanoseconds] {
    var ends: [String: Nanoseconds] = [:]
    for lease in leases where lease.isRequested {
      for host in lease.assignment.takes { ends[host] = max(ends[host] ?? lease.until, lease.until) }
    }
    return ends
  }

  /// The number that a condition compares with its limit.
  func value(of quantity: Condition.Quantity, _ takings: [RunLease], at now: Nanoseconds) -> Int {
    let storage = views.storage.values
    return switch quantity {
    case .hostsDown: hostsDown(takings, at: now).count
    case .bricksDown: storage.map { $0.bricks - $0.bricksOnline }.max() ?? 0
    case .healBacklog: storage.map(\.healBacklog).max() ?? 0
    case .splitBrain: storage.map(\.splitBrain).max() ?? 0
    }
  }
}
