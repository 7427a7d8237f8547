import AgentProtocol
import Journal
import Scenario

/// The events that a conductor takes.
package enum Occurrence: Sendable {
  /// The run may begin.
  case start
  /// An agent answered, and the run holds the lock of its host.
  case connected(host: String, Welcome)
  /// An agent refused the run, or the runner has stopped trying to reach the host.
  case refused(host: String, String)
  /// An agent stopped answering; the runner keeps trying to reach it.
  case lost(host: String, String)
  /// A host's survey.
  case surveyed(HostSurvey)
  /// The effects that a fault would have on a host, and the requirements that the host doesn't meet.
  case checked(host: String, step: String, cutsControlPath: Bool, missing: [String])
  /// A host's state, as far as it could be read.
  case state(host: String, HostState)
  /// The lease is armed.
  case armed(lease: String)
  /// A lease could not be armed, or its fault could not be injected.
  case failed(lease: String, String)
  /// A fault's effect was verified.
  case effective(LeaseEffective)
  /// A fault's effect ended before its revert.
  case ended(LeaseEnded)
  /// A fault was reverted.
  case reverted(LeaseReverted)
  /// The run's leases with a record on a host's disk, reported after their effects and ends; those of them whose
  /// injection was started and never confirmed; and whether no further record can appear.
  case statuses(host: String, leases: Set<String>, inDoubt: Set<String>, isComplete: Bool)
  /// A host has deleted the record of a lease.
  case forgotten(lease: String)
  /// A fault could not be reverted yet.
  case stuck(lease: String, String)
  /// A probe's sample.
  case sample(Sample)
  /// A view's belief; see `Event.viewSeen`.
  case view(String, Belief, from: String? = nil, isAside: Bool = false)
  /// A domain's state, from libvirt on a host.
  case domain(DomainSeen)
  /// A read of the records behind an append probe.
  case records(probe: String, RecordsRead)
  /// The user ended the run.
  case interrupted(signal: String)
  /// Time has passed.
  case tick
}

/// The commands of a conductor. The runner performs them in the order of the list.
package enum Command: Sendable {
  /// Write this to the journal before the next command.
  case record(Event)
  /// Connect to the agent of a host, and reconnect until the run ends.
  case connect(host: String)
  /// Ask a host for its survey.
  case survey(host: String)
  /// Ask a host for the effects that a fault would have there, and for the requirements that the host doesn't meet.
  case check(host: String, step: String, FaultSpec, duration: Nanoseconds)
  /// Ask a host to resume domains that were suspended by these leases, which have ended, and then migrated to it.
  case thaw(host: String, leases: [String])
  /// Ask a host for its state. The host resumes such domains first.
  case state(host: String, thawing: [String])
  /// Begin to query views, and to watch a host's domains.
  case watch
  /// Empty the log behind an append probe, then start the scenario's probes.
  case startProbes(trial: Int)
  /// Stop the probes.
  case stopProbes
  /// Ask a host why these files can't be read, which have the records of a probe. The answer is `checked`.
  case checkFiles(host: String, probe: String, paths: [String])
  /// Read the records behind an append probe, by its service.
  case auditWrites(probe: String)
  /// Read the records behind an append probe in a file on a host.
  case readRecords(probe: String, RecordsRead.Place)
  /// Arm a lease.
  case arm(host: String, lease: String, FaultSpec, begins: Nanoseconds, duration: Nanoseconds)
  /// Inject a fault.
  case inject(host: String, lease: String)
  /// Revert a fault.
  case revert(host: String, lease: String)
  /// Ask a host for the states of the run's leases.
  case statuses(host: String)
  /// Delete the record of a reverted lease.
  case forget(host: String, lease: String)
  /// End the run.
  case finish(Ending)
}

/// How a run ended.
package enum Ending: Equatable, Sendable {
  /// Every trial was done; the metrics decide whether objectives were met.
  case completed
  /// Nothing was injected, for these reasons. Exit code 3.
  case refused([String])
  /// The run was aborted, and every fault was reverted. Exit code 4.
  case aborted(String)
  /// Faults may still be active. The text names them and the next step. Exit code 5.
  case faultsActive([String])
}
