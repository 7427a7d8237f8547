import Journal
import Scenario

extension Conductor {
  /// The faults that take their host and are active, or may be.
  private var activeTakings: [Held] {
    leases.sorted { $0.key < $1.key }.map(\.value).filter {
      !$0.assignment.takes.isEmpty && [.requested, .effective].contains($0.state)
    }
  }

  /// Hosts that don't answer although no obstacle is known.
  var silentHosts: [String] {
    fleet.hosts.map(\.name).filter { !connected.contains($0) && obstacle(before: $0) == nil }
  }

  /// The obstacle on the path to another host: an ssh jump host that a fault has taken, or that doesn't answer, or
  /// that has answered again too recently for ssh to have passed through it.
  ///
  /// Hosts behind it aren't known to be down. Neither quorum nor `hosts-down` counts them.
  func obstacle(before host: String) -> String? {
    (admission.reachedThrough[host] ?? []).first { jump in
      !connected.contains(jump) || activeTakings.contains { $0.assignment.takes.contains(jump) }
        || regainedAt[jump].map { clock - $0 < Self.connectPatience } ?? false
    }
  }

  /// The reason for a lost connection, with the obstacle.
  func reason(ofLosing host: String, _ reason: String) -> String {
    guard let jump = obstacle(before: host) else { return reason }
    return "\(reason); it is reached through \(jump), which is cut off: whether \(host) is up isn't known"
  }

  /// The hosts that are cut off, don't answer, or have a fault that takes them.
  package var hostsDown: Set<String> { Set(silentHosts + activeTakings.flatMap(\.assignment.takes)) }

  /// What is broken now, by connections, active faults, and all views of the fleet.
  var broken: BrokenHosts {
    BrokenHosts(
      of: fleet, silent: silentHosts,
      taken: activeTakings.flatMap { lease in lease.assignment.takes.sorted().map { ($0, lease.step) } },
      views: views)
  }

  /// When a host must have reported a lease's end. A host behind a cut jump host can't report before ssh passes
  /// through that one again.
  func reportDue(of lease: Held) -> Nanoseconds {
    let jumps = admission.reachedThrough[lease.host] ?? []
    let cuts = activeTakings.filter { !$0.assignment.takes.isDisjoint(with: jumps) }.map(\.until)
    let returns = jumps.compactMap { regainedAt[$0] }.map { $0 + Self.connectPatience }
    return (cuts + returns).reduce(lease.until, max)
  }
}
