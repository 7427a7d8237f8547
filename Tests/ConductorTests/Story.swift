import Journal
import Scenario

@testable import Conductor

/// A world's journal and commands as text that tests can compare.
extension World {
  /// The journal's entries as text: `phase steady`, `requested falco`, …
  var story: [String] {
    journal.compactMap { _, event in
      switch event {
      case .phaseBegan(let phase): "phase \(phase.rawValue)"
      case .baseline(let reasons, _): reasons.isEmpty ? "baseline well" : "baseline unwell"
      case .stepChosen(let choice): "chosen \(choice.step) \(choice.hosts.joined(separator: " "))"
      case .leaseRequested(let request): "requested \(request.host)"
      case .leaseEffective(let effect): "effective \(effect.lease)"
      case .leaseEnded(let end): "ended \(end.lease) \(end.cause.rawValue)"
      case .leaseFailed(let lease, _): "failed \(lease)"
      case .leaseReverting(let lease, let cause): "reverting \(lease) \(cause.rawValue)"
      case .leaseReverted(let revert): "reverted \(revert.lease) \(revert.cause.rawValue)"
      case .hostLost(let host, _): "lost \(host)"
      case .hostRegained(let host): "regained \(host)"
      case .recoveryEnded(let outcome, _): "recovery \(outcome.rawValue)"
      case .writesAudited(let audit): "writes \(audit.unreadable ?? "read")"
      case .residueAudited(let host, let differences, let uncompared):
        "residue \(host) \(uncompared.isEmpty ? "\(differences.count)" : "unknown")"
      case .guardTripped(let condition): "guard \(condition)"
      case .interrupted(let signal): "interrupted \(signal)"
      case .trialVoid: "void"
      case .unknown(let kind): kind
      case .runEnded: "ended"
      case .runBegan, .hostSurveyed, .viewSeen, .domainSeen, .runRefused, .runAborted,
        .faultsActive:
        nil
      }
    }
  }

  /// The commands as text, without `record`.
  var deeds: [String] {
    commands.compactMap { _, command in
      switch command {
      case .record: nil
      case .connect(let host): "connect \(host)"
      case .survey(let host): "survey \(host)"
      case .check(let host, let step, _, _): "check \(step) \(host)"
      case .state(let host, _): "state \(host)"
      case .thaw(let host, let leases): "thaw \(host) \(leases.joined(separator: " "))"
      case .watch: "watch"
      case .startProbes(let trial): "start probes \(trial)"
      case .stopProbes: "stop probes"
      case .auditWrites(let probe): "audit \(probe)"
      case .arm(let host, let lease, _, _, _): "arm \(host) \(lease)"
      case .inject(let host, let lease): "inject \(host) \(lease)"
      case .revert(let host, let lease): "revert \(host) \(lease)"
      case .statuses(let host): "statuses \(host)"
      case .forget(let host, let lease): "forget \(host) \(lease)"
      case .finish: "finish"
      }
    }
  }

  /// The time of an entry.
  func time(of line: String) -> Nanoseconds? {
    zip(journal.filter { !Self.isSight($0.event) }, story).first { $0.1 == line }?.0.at
  }

  private static func isSight(_ event: Event) -> Bool {
    switch event {
    case .runBegan, .hostSurveyed, .viewSeen, .domainSeen, .runRefused, .runAborted,
      .faultsActive:
      true
    default: false
    }
  }

  /// The faults that are active now, whether or not they were reported to the conductor: `falco 3f9a_1`.
  var active: [String] {
    hosts.flatMap { host, agent in agent.leases.filter(\.value.holds).map { "\(host) \($0.key)" } }.sorted()
  }

  var voids: [String] {
    journal.compactMap { if case .trialVoid(let reason) = $0.event { reason } else { nil } }
  }
}
