import FoundationEssentials
import Libvirt
import Scenario

/// `vm.panic`: a virtual machine gets a non-maskable interrupt, which makes many kernels panic.
package struct VMPanic: DomainHit {
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

  package var object: String { "\(domain) (NMI)" }
  package var undoing: String {
    "domain \(domain) stays as its kernel leaves it, running or halted, until something other than Murphy restarts it"
  }
  /// A kernel that halts stays halted.
  package var reversal: Reversal { .damage }

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

  var injection: Injection<HitDomain> {
    .once { undo, instruments in try instruments.hypervisor().domain(uuid: undo.uuid).injectNMI() }
  }

  /// Only the interrupt is the fault, and QEMU has accepted it when the injection returns. The effect on the guest is
  /// shown by the probes and the views.
  static func confirmed(_ domain: String) -> String { "QEMU has accepted the NMI for \(domain)" }
}
