import AgentProtocol
import Journal
import Leases
import Scenario

/// A lease on a simulated host's disk, with its log.
struct LeaseRecord {
  /// The data that was written before the host was changed.
  var lease: SimulatedLease
  /// The log.
  var notes: [Note] = []

  struct Note {
    var kind: LeaseHappening
    /// Whether it survives a power cut, because its fdatasync has returned.
    var isDurable = false
  }

  /// The state according to the log.
  var status: LeaseStatus {
    var status = LeaseStatus.untouched(lease)
    for note in notes { status.take(note.kind) }
    return status
  }
  var isInDoubt: Bool { status.isInDoubt }
  var effect: Effect? { status.effect }
  var ended: EarlyEnd? { status.ended }
  var lastObservation: LastObservation? { status.lastObservation }
  var revert: Revert? { status.revert }
}

extension LeaseStatus {
  /// A lease without a log.
  static func untouched(_ lease: SimulatedLease) -> LeaseStatus {
    LeaseStatus(lease: lease.name, run: "simulated", fault: lease.kind, object: "", boot: lease.boot)
  }
}

/// The content of a lease.
struct SimulatedLease {
  var name: String
  var kind: String
  var traits: FaultTraits
  /// The hosts that count as lost while it is active.
  var takes: Set<String>
  var boot: String
  /// On the host's clock of that boot.
  var deadline: Nanoseconds
  var cutsControlPath: Bool
  /// The request to a host's BMC. Nil for other faults.
  var power: PowerChange?

  /// Whether the fault depends on set elements, which expire in the kernel.
  var isRevertedByKernel: Bool { traits.kernelRevert == .expires }

  /// Whether the fault stays active after a boot of its site.
  var outlivesBoot: Bool { traits.footprint.contains { $0.kind.outlivesBoot } }

  /// The values for decisions.
  var terms: LeaseTerms {
    LeaseTerms(
      name: name, boot: boot, deadline: deadline, expires: isRevertedByKernel, isByDaemon: traits.isByDaemon,
      outlivesBoot: outlivesBoot)
  }
}
