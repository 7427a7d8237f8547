import Scenario

/// All kinds of events in a journal.
package enum Event: Equatable, Sendable {
  /// The run began: everything that a later comparison needs.
  case runBegan(RunBegan)
  /// The setting of the trial, in a run whose settings take turns. After the last trial, with trial 0: the platform is
  /// in the first setting again.
  case settingApplied(SettingApplied)
  /// The run was continued after its controller had ended.
  case runResumed(RunResumed)
  /// A host's fingerprint, and the offset of its clock from the controller's.
  case hostSurveyed(HostSurvey)
  /// A phase of the trial began.
  case phaseBegan(Phase)
  /// The steady phase ended. The event has the reasons why it was unhealthy, and for each probe the upper limit of its
  /// latency band. The run and its metrics use the same band to decide what is stable. A journal of an earlier version
  /// has no bands.
  case baseline(reasons: [String], bands: [String: Nanoseconds] = [:])
  /// A step's target was chosen.
  case stepChosen(StepChosen)
  /// An inject request to an agent. Written before it is sent.
  case leaseRequested(LeaseRequested)
  /// A fault's effect was verified on its host.
  case leaseEffective(LeaseEffective)
  /// A fault's effect ended before its revert.
  case leaseEnded(LeaseEnded)
  /// A fault could not be injected.
  case leaseFailed(lease: String, message: String)
  /// A revert request to an agent. Written before it is sent.
  case leaseReverting(lease: String, cause: RevertCause)
  /// A fault was reverted, and its absence verified.
  case leaseReverted(LeaseReverted)
  /// An agent's connection was lost.
  case hostLost(host: String, reason: String)
  /// An agent's connection came back.
  case hostRegained(host: String)
  /// A view's belief changed, or could not be read.
  ///
  /// `from` is the host that was queried. It is nil if the controller was the vantage, and in journals before format 4.
  /// `isAside` means that the run doesn't use this belief, because it uses another host's.
  case viewSeen(view: String, Belief, from: String? = nil, isAside: Bool = false)
  /// A domain's true state, from libvirt's events on a host.
  case domainSeen(DomainSeen)
  /// The wait for recovery ended, with what was still unhealthy. A journal of an earlier version doesn't have the
  /// latter.
  case recoveryEnded(RecoveryOutcome, unwell: [String] = [])
  /// The records that were found on an append probe's disk after recovery.
  case writesAudited(WritesAudit)
  /// A comparison of a host's state before and after the trial: the differences, and what could not be compared.
  case residueAudited(host: String, differences: [StateDifference], uncompared: [String] = [])
  /// A guard's condition was met: the run is aborted.
  case guardTripped(String)
  /// A signal requested the end of the run.
  case interrupted(signal: String)
  /// The trial can't be judged, for this reason.
  case trialVoid(reason: String)
  /// The run was refused before any fault, for these reasons.
  case runRefused(reasons: [String])
  /// The run was aborted for this reason, and every fault was reverted.
  case runAborted(reason: String)
  /// The run ended, and these faults may still be active.
  case faultsActive([String])
  /// The run ended with this exit code.
  case runEnded(exitCode: Int32)
  /// An event of a kind that this version doesn't have, written by a newer version. The rest of its line is only in
  /// the journal's file.
  case unknown(kind: String)
}
