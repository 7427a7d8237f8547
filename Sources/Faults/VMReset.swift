import FoundationEssentials
import Libvirt
import Scenario

/// `vm.reset`: a virtual machine is reset.
package struct VMReset: DomainHit {
  let domain: String

  package static let description = FaultDescription(
    name: "vm.reset",
    summary: "A virtual machine is reset at once, as by its reset button; its process stays the same.",
    targets: [.vm], extent: .instant,
    variants: [.init("reset", observed: .onDomain(.reset))])

  /// The reset of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
  }

  /// How long QEMU may take to announce a reset.
  private static let patience = 5

  package var object: String { "\(domain) (reset)" }
  package var undoing: String {
    "domain \(domain) boots again by itself; what it had not written to its disks is lost"
  }
  package var reversal: Reversal { .restart }

  /// Whether libvirt runs the domain, and a reset restarts it.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { found in
      let act = try found.eventActions().onReboot
      return act == "restart"
        ? []
        : ["domain \(domain) has on_reboot \(act), so a reset would end it: choose vm.kill"]
    }
  }

  /// Resets the domain. It returns once QEMU has announced the reset, because nothing shows it later.
  var injection: Injection<HitDomain> {
    .once { undo, instruments in
      let found = try instruments.hypervisor().domain(uuid: undo.uuid)
      if try !found.reset(awaiting: Self.patience) { throw ResetNotAnnounced(domain: undo.name) }
    }
  }

  /// A guest that boots doesn't show why. The injection fails if QEMU doesn't announce the reset, so a domain whose
  /// injection has returned was reset.
  static func confirmed(_ domain: String) -> String { "QEMU has announced that \(domain) was reset" }
}

/// libvirt accepted a reset, and QEMU did not announce one.
struct ResetNotAnnounced: Error, Equatable, CustomStringConvertible {
  var domain: String
  var description: String {
    "libvirt accepted the reset of domain \(domain), and QEMU did not announce it: it may not have been reset"
  }
}
