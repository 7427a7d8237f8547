import Glibc
import Scenario

/// `host.power`: a host loses its power, or reboots, by its board management controller. The controller injects it,
/// since no process of the host is left to revert it.
package struct HostPower: LeasedFault {
  /// The change of the power.
  package enum Mode: String, Codable, CaseIterable, Sendable {
    /// The power is cut, and the revert switches it on.
    case off
    /// The BMC cuts the power and switches it on again.
    case cycle
    /// The BMC resets the machine, whose power stays on.
    case reset
  }

  package let host: String
  /// The address of its BMC.
  package let address: String
  /// The BMC's user.
  package let user: String
  /// A file on the controller that contains only the user's password.
  package let passwordFile: String
  /// The cipher suite of IPMI 2.0.
  package let cipherSuite: Int
  package let mode: Mode

  private var bmc: BMC {
    BMC(address: address, user: user, passwordFile: passwordFile, cipherSuite: cipherSuite)
  }

  package static let description = FaultDescription(
    name: "host.power",
    summary: "A host loses its power or reboots, by its BMC over IPMI; injected from the controller.",
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
    variants: [.init("off", ["mode": "off"], observed: .byBMC)])

  /// The change of power of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let mode = Self.word("mode", of: step).flatMap(Mode.init) else {
      throw StepRefused(step, "mode is off, cycle or reset", of: "mode")
    }
    guard let bmc = host.bmc else { throw StepRefused(step, host.needsBMC) }
    self.host = host.name
    self.mode = mode
    address = bmc.ipmi
    user = bmc.user
    passwordFile = bmc.passwordFile
    cipherSuite = bmc.cipherSuite ?? Fleet.BMC.standardCipherSuite
  }

  /// One assignment, at the controller, which takes the host.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let host else { throw StepRefused(step, "the target names no host") }
    let fault = try HostPower(step, on: host, in: fleet)
    return [
      Assignment(
        site: .controller, spec: try fault.spec(for: step), takes: [host.name], traits: fault.traits)
    ]
  }

  /// Whether a BMC shows its host's power on, for `murphy doctor`.
  ///
  /// - Throws: the BMC's answer if it refuses, or the reason why there is none.
  package static func isOn(at bmc: Fleet.BMC) throws -> Bool { try BMC(bmc).isOnIfReadable() }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var host: String
    var address: String
    var user: String
    var passwordFile: String
    var cipherSuite: Int

    fileprivate var bmc: BMC {
      BMC(address: address, user: user, passwordFile: passwordFile, cipherSuite: cipherSuite)
    }
  }

  /// `falco's power (off)`.
  package var object: String { "\(host)'s power (\(mode.rawValue))" }
  package var footprint: [Resource] { [Resource(.bmc, address)] }
  package var undoing: String {
    let check = "asks \(host)'s BMC for its power, and switches it on if it is off"
    return mode == .off
      ? check : "\(host) boots by itself; \(Extent.instantLease) later the controller \(check)"
  }
  package var reversal: Reversal { .restore }
  /// The BMC is a separate device, and the fault doesn't hit the controller.
  package var pathLoss: PathLoss { .never }
  /// The BMC of a host that reboots shows no reliable state, but the host's boot does.
  package var confirmation: FaultTraits.Confirmation { mode == .off ? .bySite : .byBoot(of: host) }
  /// No announcement reports a change of power.
  package var signals: Set<EffectSignal> { [] }
  /// A BMC has few sessions, and each takes up to a second.
  package var lookInterval: Nanoseconds { .seconds(2) }
  /// A BMC may take seconds to perform a command that it has accepted.
  package var effectPatience: Nanoseconds { .seconds(20) }

  /// Whether the BMC answers, and the host has power.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      return try bmc.isOnIfReadable()
        ? [] : ["\(host) has no power according to its BMC \(address): no power could be cut"]
    } catch {
      return ["\(error)"]
    }
  }

  /// The access to the BMC.
  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    Undo(host: host, address: address, user: user, passwordFile: passwordFile, cipherSuite: cipherSuite)
  }

  /// One command, if the host still has power.
  var injection: Injection<Undo> {
    let (host, mode) = (host, mode)
    return .untilReverted(
      because: "a host that was switched off stays off until it is switched on", byDaemon: true
    ) { undo, _ in
      guard try undo.bmc.isOn() else { throw PowerAlreadyOff(host: host) }
      try undo.bmc.send(mode.request)
    }
  }

  /// The power that the BMC shows. If the host reboots, the power may be off for a moment or stay on, so the BMC can
  /// only show that it still answers: see `confirmation`.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let isOn = try undo.bmc.isOn()
    switch mode {
    case .off:
      return isOn
        ? .inactive(because: "\(host)'s BMC shows its power on")
        : .active(evidence: "\(host)'s BMC shows its power off")
    case .cycle, .reset:
      return .active(
        evidence:
          "\(host)'s BMC has accepted the \(mode.rawValue), and shows its power \(isOn ? "on" : "off")")
    }
  }

  /// Switches the power on if it is off, and verifies that it is on.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    if try undo.bmc.isOn() { return }
    try undo.bmc.send(.on)
    // Boards take up to two seconds. If this is not enough, the revert is repeated.
    for _ in 0..<20 {
      if try undo.bmc.isOn() { return }
      usleep(100_000)
    }
  }

  /// Whether the power is off.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try undo.bmc.isOn() ? [] : ["\(undo.host)'s BMC \(undo.address) shows its power off"]
  }
}

extension HostPower.Mode {
  fileprivate var request: BMC.Request {
    switch self {
    case .off: .off
    case .cycle: .cycle
    case .reset: .reset
    }
  }
}

/// The host's power was off before the fault.
struct PowerAlreadyOff: Error, CustomStringConvertible {
  var host: String
  var description: String { "\(host)'s power was off before the fault, according to its BMC" }
}
