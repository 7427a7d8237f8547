import Scenario

/// `host.power`: a host loses its power, or reboots, by its board management controller. The controller injects it,
/// since no process of the host is left to revert it.
package struct HostPower: PowerFault, LeasedFault {
  /// The change of the power.
  package enum Mode: String, Codable, CaseIterable, Sendable {
    /// The power is cut, and the revert switches it on.
    case off
    /// The BMC cuts the power and switches it on again.
    case cycle
    /// The BMC resets the machine, whose power stays on.
    case reset
  }

  let target: PoweredHost
  package let mode: Mode

  package static let description = FaultDescription(
    name: "host.power",
    summary:
      "A host loses its power or reboots, by its BMC over IPMI or Redfish; injected from the controller.",
    targets: [.host],
    parameters: [
      .init(
        name: "mode",
        summary:
          "off: no power until the step's end. cycle, reset: the host reboots at once; the step has no 'for'.",
        form: .word(Mode.allCases.map(\.rawValue)), standard: .word(Mode.off.rawValue))
    ], takesHost: true,
    extent: .instantWith(parameter: "mode", words: [Mode.cycle.rawValue, Mode.reset.rawValue]),
    // A cycle and a reset differ by the byte that is sent, and neither leaves a state that could be observed during the
    // lease.
    variants: [.init("off", ["mode": "off"], observed: .byBMC(.powerOff))])

  /// The change of power of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let mode = Self.word("mode", of: step).flatMap(Mode.init) else {
      throw StepRefused(step, "mode is off, cycle or reset", of: "mode")
    }
    guard let bmc = host.bmc else { throw StepRefused(step, host.needsBMC) }
    target = PoweredHost(host: host.name, bmc: BMC(bmc))
    self.mode = mode
  }

  /// The power of a BMC's host, for `murphy doctor`: `on`.
  ///
  /// - Throws: the BMC's answer if it refuses, or the reason why there is none.
  package static func shown(by bmc: Fleet.BMC) throws -> String { try BMC(bmc).powerIfReadable().rawValue }

  /// The data for the revert.
  typealias Undo = PoweredHost

  /// `falco's power (off)`.
  package var object: String { "\(target.host)'s power (\(mode.rawValue))" }
  package var undoing: String {
    let host = target.host
    let check = "asks \(host)'s BMC for its power, and switches it on if it is off"
    return mode == .off
      ? check : "\(host) boots by itself; \(Extent.instantLease) later the controller \(check)"
  }
  package var reversal: Reversal { .restore }
  /// The BMC of a host that reboots shows no reliable state, but the host's boot does.
  package var confirmation: FaultTraits.Confirmation { mode == .off ? .bySite : .byBoot(of: target.host) }

  /// Whether the BMC answers and can do it, and the host has power.
  package func missing(using instruments: Instruments) -> [String] {
    target.missing(for: [mode.request, .on], otherwise: "no power could be cut")
  }

  /// One command, if the host still has power.
  var injection: Injection<Undo> {
    let request = mode.request
    return .untilReverted(
      because: "a host that was switched off stays off until it is switched on", byDaemon: true
    ) { undo, _ in try undo.send(request) }
  }

  /// The power that the BMC shows. If the host reboots, the power may be off for a moment or stay on, so the BMC can
  /// only show that it still answers: see `confirmation`.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let power = try undo.bmc.power()
    let host = undo.host
    switch mode {
    case .off:
      let shown = "\(host)'s BMC shows its power \(power)"
      return power == .off ? .active(evidence: shown) : .inactive(because: shown)
    case .cycle, .reset:
      return .active(
        evidence:
          "\(host)'s BMC has accepted the \(mode.rawValue), and shows its power \(power)")
    }
  }
}

extension HostPower.Mode {
  fileprivate var request: PowerRequest {
    switch self {
    case .off: .off
    case .cycle: .cycle
    case .reset: .reset
    }
  }
}

// The access to the BMC is beside the mode, as in the orders of former versions.
extension HostPower {
  private enum Key: CodingKey { case mode }

  package init(from decoder: any Decoder) throws {
    mode = try decoder.container(keyedBy: Key.self).decode(Mode.self, forKey: .mode)
    target = try PoweredHost(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(mode, forKey: .mode)
    try target.encode(to: encoder)
  }
}

/// The host's power was not on before the fault.
struct PowerAlreadyOff: Error, CustomStringConvertible {
  var host: String
  var power: PowerState
  var description: String { "\(host)'s power was \(power) before the fault, according to its BMC" }
}
