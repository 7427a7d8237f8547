import FoundationEssentials
import Libvirt
import Scenario

/// The domain on which libvirt has performed an instant fault. There is nothing to undo.
struct HitDomain: Codable, Sendable {
  var uuid: UUID
  var name: String
}

/// A fault that libvirt performs on a running domain at once.
protocol DomainHit: LeasedFault where Undo == HitDomain {
  /// The name of the domain in libvirt.
  var domain: String { get }
  /// What QEMU has confirmed by the time that the injection returns, as a clause for display.
  static func confirmed(_ domain: String) -> String
}

extension DomainHit {
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  /// libvirtd may perform it after the agent that requested it has died.
  package var isByDaemon: Bool { true }
  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// Nothing can undo it.
  package var signals: Set<EffectSignal> { [] }

  func snapshot(for lease: String, using instruments: Instruments) throws -> HitDomain {
    HitDomain(uuid: try instruments.runningDomain(domain).uuid, name: domain)
  }

  /// The injection fails if QEMU doesn't confirm it, and nothing shows it later.
  func effect(_ undo: HitDomain, using instruments: Instruments) throws -> EffectState {
    let seen = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) in try found.state() }
    return .active(
      evidence: "\(Self.confirmed(undo.name)); libvirt shows it "
        + (seen.map { "\($0)" } ?? "no longer on this host"))
  }

  /// Changes nothing.
  static func revert(_ undo: HitDomain, using instruments: Instruments) throws {}
  static func residue(_ undo: HitDomain, using instruments: Instruments) throws -> [String] { [] }
}
