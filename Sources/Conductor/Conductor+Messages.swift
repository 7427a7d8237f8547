import AgentProtocol
import Journal
import Scenario

/// What a conductor is told.
package enum Occurrence: Sendable {
  /// The run may begin.
  case start
  /// An agent answered, and the run has its host.
  case connected(host: String, Welcome)
  /// An agent refused the run, or the host could not be reached for longer than the runner tries.
  case refused(host: String, String)
  /// An agent stopped answering; the runner goes on to reach it.
  case lost(host: String, String)
  /// A host's survey.
  case surveyed(HostSurvey)
  /// What a fault would cut on a host, and what is missing for it.
  case checked(host: String, step: String, cutsControlPath: Bool, missing: [String])
  /// A host's state, as far as it could be read.
  case state(host: String, HostState)
  /// A lease stands.
  case armed(lease: String)
  /// A lease could not be taken, or its fault not done.
  case failed(lease: String, String)
  /// A fault's effect was seen.
  case effective(LeaseEffective)
  /// A fault's effect ended before its revert.
  case ended(LeaseEnded)
  /// A fault was lifted.
  case reverted(LeaseReverted)
  /// The run's leases of which a host's disk knows, told after their effects and ends.
  case standings(host: String, leases: Set<String>)
  /// A host has deleted the record of a lease.
  case forgotten(lease: String)
  /// A fault could not be lifted yet.
  case stuck(lease: String, String)
  /// A probe's sample.
  case sample(Sample)
  /// What a view shows; see `Event.viewSeen`.
  case view(String, Belief, from: String? = nil, isAside: Bool = false)
  /// What libvirt on a host says of a domain.
  case domain(DomainSeen)
  /// The records behind an append probe.
  case writes(WritesAudit)
  /// Someone wants the run to end.
  case interrupted(signal: String)
  /// Time has passed.
  case tick
}

/// What a conductor wants done, in this order.
package enum Command: Sendable {
  /// Write this into the journal, before anything that follows.
  case record(Event)
  /// Reach the agent of a host, and keep at it.
  case connect(host: String)
  /// Ask a host what it is made of.
  case survey(host: String)
  /// Ask a host what a fault would cut, and what is missing for it.
  case check(host: String, step: String, FaultSpec, duration: Nanoseconds)
  /// Have a host lift domains that came to it while these leases, which have ended, held them.
  case thaw(host: String, leases: [String])
  /// Ask a host for its state, after it has lifted such domains.
  case state(host: String, thawing: [String])
  /// Begin to look through a view, and to follow a host's domains.
  case watch
  /// Empty the log behind an append probe, then start the scenario's probes.
  case startProbes(trial: Int)
  /// Stop the probes.
  case stopProbes
  /// Read the records behind an append probe.
  case auditWrites(probe: String)
  /// Take a lease.
  case arm(host: String, lease: String, FaultSpec, begins: Nanoseconds, duration: Nanoseconds)
  /// Let a fault go.
  case inject(host: String, lease: String)
  /// Undo a fault.
  case revert(host: String, lease: String)
  /// Ask how the run's leases stand on a host.
  case standings(host: String)
  /// Drop the record of a lifted fault.
  case settle(host: String, lease: String)
  /// End the run.
  case finish(Ending)
}

/// How a run ended.
package enum Ending: Equatable, Sendable {
  /// Every trial was done; whether objectives were met is for the metrics to say.
  case completed
  /// Nothing was broken: why, all reasons at once. Exit code 3.
  case refused([String])
  /// The run was aborted, and everything was reverted. Exit code 4.
  case aborted(String)
  /// Something may be left behind: what, and the way out. Exit code 5.
  case leftBehind([String])
}
