import AgentProtocol
import Journal
import Leases
import Scenario

/// A lease as it stands on a simulated host's disk, with its log.
struct LeaseRecord {
  /// What was written before anything was touched.
  var lease: SimulatedLease
  /// The log.
  var notes: [Note] = []

  struct Note {
    var kind: LeaseHappening
    /// Whether it survives a power cut: its fdatasync has returned.
    var isDurable = false
  }

  /// What the log says.
  var standing: LeaseStanding {
    var standing = LeaseStanding.untouched(lease)
    for note in notes { standing.take(note.kind) }
    return standing
  }
  var isInDoubt: Bool { standing.isInDoubt }
  var effect: Effect? { standing.effect }
  var ended: EarlyEnd? { standing.ended }
  var lastLook: LastLook? { standing.lastLook }
  var revert: Revert? { standing.revert }
}

extension LeaseStanding {
  /// A lease without a log.
  static func untouched(_ lease: SimulatedLease) -> LeaseStanding {
    LeaseStanding(lease: lease.name, run: "simulated", fault: lease.kind, object: "", boot: lease.boot)
  }
}

/// What a lease says.
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

  /// Whether the fault hangs on set elements, which the kernel lets expire.
  var isLiftedByKernel: Bool { traits.kernelRevert == .expires }

  /// What decisions need to know of it.
  var terms: LeaseTerms {
    LeaseTerms(
      name: name, boot: boot, deadline: deadline, expires: isLiftedByKernel, isByDaemon: traits.isByDaemon)
  }
}
