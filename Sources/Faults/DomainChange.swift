import FoundationEssentials
import Libvirt
import Scenario

/// A fault that changes the live state of a running domain through libvirt, and marks the domain: a migration carries the
/// changed state along, and the mark with it. See `DomainMark`.
protocol DomainChange: LeasedFault where Undo: MarkedUndo {
  /// The name of the domain in libvirt.
  var domain: String { get }
  /// Why the change stays until it is reverted, as a clause for display.
  static var persistence: String { get }

  /// What will be changed on the domain, and its state before.
  ///
  /// - Throws: if nothing can be changed.
  func undo(for lease: String, on found: Domain) throws -> Undo
  /// Changes the domain, which has the lease's mark.
  static func change(_ undo: Undo, on found: Domain) throws(LibvirtError)
  /// Whether the domain, which has the lease's mark, is as the fault left it.
  static func state(_ undo: Undo, of found: Domain) throws(LibvirtError) -> EffectState
  /// Restores what is still as the fault left it, on a domain that has the lease's mark.
  static func restore(_ undo: Undo, on found: Domain) throws(LibvirtError)
}

/// The data for the revert of a change of a domain.
protocol MarkedUndo {
  var uuid: UUID { get }
  /// The domain's name.
  var name: String { get }
  var lease: String { get }
}

extension DomainChange {
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  package var reversal: Reversal { .restore }
  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// libvirt announces the end of a domain. It doesn't announce a change of an interface, and announces changed limits in
  /// another kind of event, which isn't used.
  package var signals: Set<EffectSignal> { [.domains] }

  /// Whether libvirt runs the domain, and there is something to change.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { found in
      if let mark = try found.mark(of: Self.name) {
        throw DomainMarkedAlready(domain: domain, lease: mark.lease, fault: Self.name)
      }
      // A lease's name is needed for the mark alone.
      _ = try undo(for: "", on: found)
      return []
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    try undo(for: lease, on: try instruments.runningDomain(domain))
  }

  var injection: Injection<Undo> {
    .untilReverted(
      because: Self.persistence, byDaemon: true,
      prepare: { undo, instruments in
        let found = try instruments.hypervisor().domain(uuid: undo.uuid)
        try found.setMark(DomainMark(lease: undo.lease, undo: try JSONEncoder().encode(undo)), of: Self.name)
      },
      act: { undo, instruments in
        let found = try instruments.hypervisor().domain(uuid: undo.uuid)
        guard try found.mark(of: Self.name)?.lease == undo.lease else {
          throw DomainStartedAgain(domain: undo.name)
        }
        try Self.change(undo, on: found)
      })
  }

  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let seen = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) -> EffectState in
      guard try found.isActive() else { return .inactive(because: "domain \(undo.name) has ended") }
      guard try found.mark(of: Self.name)?.lease == undo.lease else {
        return .inactive(because: "domain \(undo.name) has no mark of this lease: it was started again")
      }
      return try Self.state(undo, of: found)
    }
    return seen ?? .inactive(because: "domain \(undo.name) is gone from this host")
  }

  /// Restores the domain, and removes the mark last. A domain without the mark was started again, or reverted. A domain
  /// that was migrated is reverted on its new host, by its mark.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    _ = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) -> Void in
      guard try found.mark(of: name)?.lease == undo.lease else { return }
      try restore(undo, on: found)
      try found.removeMark(of: name)
    }
  }

  /// Whether the domain still has the mark.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    let isMarked = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) in
      try found.mark(of: name)?.lease == undo.lease
    }
    return isMarked == true ? ["domain \(undo.name) has the mark of lease \(undo.lease) of \(name)"] : []
  }
}
