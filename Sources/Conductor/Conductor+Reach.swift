import Journal
import Scenario

extension Conductor {
  /// The faults that take their host and are active, or may be.
  private var activeTakings: [Held] {
    leases.sorted { $0.key < $1.key }.map(\.value).filter {
      !$0.assignment.takes.isEmpty && [.requested, .effective].contains($0.state)
    }
  }

  /// Hosts that don't answer, though nothing is known to be in the way.
  var silentHosts: [String] {
    fleet.hosts.map(\.name).filter { !connected.contains($0) && obstacle(before: $0) == nil }
  }

  /// The host that is in the way to another: a jump host of ssh that a fault has taken, or that doesn't answer, or that
  /// has answered again too recently for ssh to have passed through it.
  ///
  /// What is behind it isn't known to be down. Neither quorum nor `hosts-down` counts it.
  func obstacle(before host: String) -> String? {
    (admission.reachedThrough[host] ?? []).first { jump in
      !connected.contains(jump) || activeTakings.contains { $0.assignment.takes.contains(jump) }
        || regainedAt[jump].map { clock - $0 < Self.connectPatience } ?? false
    }
  }

  /// The reason of a lost connection, with what is in the way.
  func reason(ofLosing host: String, _ reason: String) -> String {
    guard let jump = obstacle(before: host) else { return reason }
    return "\(reason); it is reached through \(jump), which is cut off: whether \(host) is up isn't known"
  }

  /// The hosts that are cut off, lost to the controller, or hit by a fault that takes them.
  package var hostsDown: Set<String> { Set(silentHosts + activeTakings.flatMap(\.assignment.takes)) }

  /// What is broken now, by all that is known: connections, active faults, and every view of the fleet.
  var broken: BrokenHosts {
    BrokenHosts(
      of: fleet, silent: silentHosts,
      taken: activeTakings.flatMap { lease in lease.assignment.takes.sorted().map { ($0, lease.step) } },
      views: views)
  }

  /// When a host must have reported a lease's end. One behind a jump host that was cut can't before ssh passes through that
  /// one again.
  func reportDue(of lease: Held) -> Nanoseconds {
    let jumps = admission.reachedThrough[lease.host] ?? []
    let cuts = activeTakings.filter { !$0.assignment.takes.isDisjoint(with: jumps) }.map(\.until)
    let returns = jumps.compactMap { regainedAt[$0] }.map { $0 + Self.connectPatience }
    return (cuts + returns).reduce(lease.until, max)
  }
}
