import FoundationEssentials
import Libvirt
import Scenario

/// `vm.panic`: a virtual machine gets a non-maskable interrupt, which makes many kernels panic.
package struct VMPanic: LeasedFault {
  let domain: String

  package static let description = FaultDescription(
    name: "vm.panic",
    summary:
      "A virtual machine's processors get an NMI at once; whether its kernel panics, and what follows, is the guest's own setting.",
    targets: [.vm], extent: .instant,
    variants: [.init("NMI", observed: .onDomain(.interrupted))])

  /// The interrupt of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
  }

  /// The domain that got the interrupt. There is nothing to undo.
  struct Undo: Codable, Sendable {
    var uuid: UUID
    var name: String
  }

  package var object: String { "\(domain) (NMI)" }
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  package var undoing: String {
    "domain \(domain) stays as its kernel leaves it, running or halted, until something other than Murphy restarts it"
  }
  /// A kernel that halts stays halted.
  package var reversal: Reversal { .damage }
  /// libvirtd may pass the interrupt on after the agent that requested it has died.
  package var isByDaemon: Bool { true }
  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// Nothing can undo it.
  package var signals: Set<EffectSignal> { [] }

  /// Whether libvirt runs the domain.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { _ in [] }
  }

  /// What libvirt does if the guest panics.
  package func remarks(using instruments: Instruments) throws -> [String] {
    let acts = try instruments.runningDomain(domain).eventActions()
    return [
      "Linux panics on an unknown NMI only if kernel.unknown_nmi_panic is 1; otherwise it logs it and continues",
      acts.reportsPanics
        ? "\(domain) can report a panic to libvirt, which then does what on_crash states: \(acts.onCrash)"
        : "\(domain) has no panic device (pvpanic): libvirt shows a guest that has panicked as running",
    ]
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    Undo(uuid: try instruments.runningDomain(domain).uuid, name: domain)
  }

  var injection: Injection<Undo> {
    .once { undo, instruments in try instruments.hypervisor().domain(uuid: undo.uuid).injectNMI() }
  }

  /// Only the interrupt is the fault, and QEMU has accepted it when the injection returns. The effect on the guest is
  /// shown by the probes and the views.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let seen = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) in try found.state() }
    return .active(
      evidence: "QEMU has accepted the NMI for \(undo.name); libvirt shows it "
        + (seen.map { "\($0)" } ?? "no longer on this host"))
  }

  /// Changes nothing: an interrupt can't be undone.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {}
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] { [] }
}
