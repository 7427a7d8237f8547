import Scenario

/// What can stand in a journal.
package enum Event: Equatable, Sendable {
  /// The run began: all that a later comparison needs to know of it.
  case runBegan(RunBegan)
  /// A host was asked what it is made of and how its clock stands to the controller's.
  case hostSurveyed(HostSurvey)
  /// A phase of the trial began.
  case phaseBegan(Phase)
  /// The steady phase ended: what was not well, and by probe the upper end of its latency band, by which the run and
  /// its metrics judge what is stable. A journal of an earlier version holds no bands.
  case baseline(reasons: [String], bands: [String: Nanoseconds] = [:])
  /// A step's target was chosen.
  case stepChosen(StepChosen)
  /// A fault was asked of an agent. Written before it is asked.
  case leaseRequested(LeaseRequested)
  /// A fault's effect was verified on its host.
  case leaseEffective(LeaseEffective)
  /// A fault's effect ended before its revert.
  case leaseEnded(LeaseEnded)
  /// A fault could not be injected.
  case leaseFailed(lease: String, message: String)
  /// The revert of a fault was asked of its agent. Written before it is asked.
  case leaseReverting(lease: String, cause: RevertCause)
  /// A fault was lifted, and its absence verified.
  case leaseReverted(LeaseReverted)
  /// An agent's connection was lost.
  case hostLost(host: String, reason: String)
  /// An agent's connection came back.
  case hostRegained(host: String)
  /// What a view shows changed, or it was asked and did not answer.
  case viewSeen(view: String, Belief)
  /// The truth of a domain, from libvirt's own events on a host.
  case domainSeen(DomainSeen)
  /// Waiting for recovery ended, and what was not well then. A journal of an earlier version doesn't hold the latter.
  case recoveryEnded(RecoveryOutcome, unwell: [String] = [])
  /// The records found on the disk behind an append probe after recovery.
  case writesAudited(WritesAudit)
  /// A host's state after the trial beside its state before: in what it differs, and what could not be compared.
  case residueAudited(host: String, differences: [StateDifference], uncompared: [String] = [])
  /// A guard tripped: the run is aborted.
  case guardTripped(String)
  /// A signal asked for the run's end.
  case interrupted(signal: String)
  /// The trial can't be judged: why.
  case trialVoid(reason: String)
  /// The run was refused before any fault: why.
  case runRefused(reasons: [String])
  /// The run was aborted, and every fault was reverted: why.
  case runAborted(reason: String)
  /// The run ended, and these faults may still be active.
  case faultsActive([String])
  /// The run ended with this exit code.
  case runEnded(exitCode: Int32)
  /// An event of a kind that this version doesn't know: a newer version wrote it. What else its line holds is in the
  /// journal's file.
  case unknown(kind: String)
}
