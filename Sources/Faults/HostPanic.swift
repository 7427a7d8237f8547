import Scenario

/// `host.panic`: a host's kernel panics, by a non-maskable interrupt from its board management controller.
///
/// The controller injects it, since no process of the host is left to revert it: writing `c` to /proc/sysrq-trigger there
/// would end the agent before it could confirm anything.
package struct HostPanic: PowerFault, LeasedFault {
  let target: PoweredHost

  package static let description = FaultDescription(
    name: "host.panic",
    summary:
      "A host's processors get an NMI at once, by its BMC; whether its kernel panics, and what follows, is the host's own setting.",
    targets: [.host], takesHost: true, extent: .instant,
    variants: [
      .init("NMI", observed: .byItsTests(because: "no simulated BMC passes an interrupt to a kernel"))
    ])

  /// The panic of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let bmc = host.bmc else { throw StepRefused(step, host.needsBMC) }
    target = PoweredHost(host: host.name, bmc: BMC(bmc))
  }

  /// `falco's kernel (NMI)`.
  package var object: String { "\(target.host)'s kernel (NMI)" }
  package var undoing: String {
    "\(target.host) stays as its kernel leaves it, booted again or halted, until something other than Murphy resets it; "
      + "if its power is off after \(Extent.instantLease), the controller switches it on"
  }
  /// A kernel that halts stays halted.
  package var reversal: Reversal { .damage }
  /// Only the host's boot shows that its kernel has ended.
  package var confirmation: FaultTraits.Confirmation { .byBoot(of: target.host) }

  /// Whether the BMC answers and lists the interrupt, and the host has power.
  package func missing(using instruments: Instruments) -> [String] {
    target.missing(for: [.interrupt, .on], otherwise: "no kernel runs that could panic")
  }

  /// What the host's kernel makes of the interrupt.
  package func remarks(using instruments: Instruments) throws -> [String] {
    [
      "Linux on \(target.host) panics only if kernel.unknown_nmi_panic is 1 there, or its driver for the board does so (hpwdt); "
        + "otherwise it logs the NMI and continues, and the trial is void",
      "after a panic \(target.host) boots only if kernel.panic is not 0 there, or kdump or a watchdog resets it; otherwise it "
        + "halts, and its BMC shows its power on",
    ]
  }

  /// One request, if the host still has power.
  var injection: Injection<PoweredHost> {
    .untilReverted(
      because: "a kernel that has panicked stays so until its host is reset", byDaemon: true
    ) { undo, _ in try undo.send(.interrupt) }
  }

  /// That the BMC still answers: see `confirmation`.
  func effect(_ undo: PoweredHost, using instruments: Instruments) throws -> EffectState {
    .active(
      evidence: "\(undo.host)'s BMC has accepted the NMI, and shows its power \(try undo.bmc.power())")
  }
}

// The assignment as data is the access to the BMC.
extension HostPanic {
  package init(from decoder: any Decoder) throws { target = try PoweredHost(from: decoder) }
  package func encode(to encoder: any Encoder) throws { try target.encode(to: encoder) }
}
