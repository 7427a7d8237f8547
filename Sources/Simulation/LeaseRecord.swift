import Journal
import Scenario

/// A lease as it stands on a simulated host's disk, with its log.
struct LeaseRecord {
  /// What was written before anything was touched.
  var lease: SimulatedLease
  /// The log.
  var notes: [Note] = []

  struct Note {
    enum Kind {
      case injecting
      case effective(SimulatedEffect)
      case ended(SimulatedEnd)
      case reverting(SimulatedLook)
      case reverted(SimulatedRevert)
    }
    var kind: Kind
    /// Whether it survives a power cut: its fdatasync has returned.
    var isDurable = false
  }

  var isLetGo: Bool {
    notes.contains { if case .injecting = $0.kind { true } else { false } }
  }
  var isInDoubt: Bool { isLetGo && effect == nil }
  var effect: SimulatedEffect? {
    for note in notes.reversed() { if case .effective(let effect) = note.kind { return effect } }
    return nil
  }
  /// The end of its effect, where that was seen before anybody began to undo it.
  var ended: SimulatedEnd? {
    for note in notes {
      if case .reverting(let look) = note.kind { return look.ended }
      if case .ended(let end) = note.kind { return end }
    }
    return nil
  }
  /// What whoever undoes it saw first.
  var lastLook: SimulatedLook? {
    for note in notes { if case .reverting(let look) = note.kind { return look } }
    return nil
  }
  var revert: SimulatedRevert? {
    for note in notes.reversed() { if case .reverted(let revert) = note.kind { return revert } }
    return nil
  }
}

/// What a lease says.
struct SimulatedLease {
  var name: String
  var kind: String
  var traits: FaultTraits
  /// The hosts that count as lost while it is active.
  var takes: Set<String>
  var boot: Int
  /// On the host's clock of that boot.
  var deadline: Nanoseconds
  var cutsControlPath: Bool

  /// Whether the fault hangs on set elements, which the kernel lets expire.
  var isLiftedByKernel: Bool { traits.kernelRevert == .expires }
  /// Whether a hypervisor does it, which may hang.
  var needsHypervisor: Bool { !traits.footprint.domains.isEmpty }
}

/// A verified effect, on the host's clock.
struct SimulatedEffect {
  var at: Nanoseconds
}

/// An effect's end that no revert brought about, on the host's clock: `EarlyEnd`.
struct SimulatedEnd {
  var lastActive: Nanoseconds?
  var firstEnded: Nanoseconds
  var boot: Int
  var cause: EndCause
}

/// What was seen right before an undo, on the host's clock: `LastLook`.
struct SimulatedLook {
  var lastActive: Nanoseconds?
  var ended: SimulatedEnd?
}

/// A verified revert, on the host's clock.
struct SimulatedRevert {
  var at: Nanoseconds
  var boot: Int
  var cause: RevertCause
  var lastLook: SimulatedLook?
}
