import Glibc
import Scenario

/// A host whose BMC can switch it on: the undo of the faults after which a host may be without power.
struct PoweredHost: Sendable {
  var host: String
  var bmc: BMC

  /// A reason why the BMC can't do these requests on a host with power; empty if there is none.
  func missing(for requests: [PowerRequest], otherwise consequence: String) -> [String] {
    do {
      switch try bmc.powerIfReadable() {
      case .on: return try bmc.lacking(requests).map { [$0] } ?? []
      case .off: return ["\(host) has no power according to its BMC \(bmc.address): \(consequence)"]
      case .changing:
        return ["\(host)'s power is changing according to its BMC \(bmc.address): try again later"]
      }
    } catch {
      return ["\(error)"]
    }
  }

  /// Sends a request, once, if the host still has power.
  func send(_ request: PowerRequest) throws {
    let power = try bmc.power()
    if power != .on { throw PowerAlreadyOff(host: host, power: power) }
    try bmc.send(request)
  }

  /// Switches the power on if it is off, and verifies that it is on.
  func switchOn() throws {
    switch try bmc.power() {
    case .on: return
    case .off: try bmc.send(.on)
    case .changing: break
    }
    // Boards take up to two seconds. If this is not enough, the revert is repeated.
    for _ in 0..<20 {
      if try bmc.isOn() { return }
      usleep(100_000)
    }
  }

  /// Whether the power is not on.
  func residue() throws -> [String] {
    let power = try bmc.power()
    return power == .on ? [] : ["\(host)'s BMC \(bmc.address) shows its power \(power)"]
  }
}

/// A fault that the controller injects by a host's BMC, and after which the controller switches the host on if it is off.
protocol PowerFault: LeasedFault where Undo == PoweredHost {
  var target: PoweredHost { get }
}

extension PowerFault {
  /// One assignment, at the controller, which takes the host.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let host else { throw StepRefused(step, "the target names no host") }
    let fault = try Self(step, on: host, in: fleet)
    return [
      Assignment(
        site: .controller, spec: try fault.spec(for: step), takes: [host.name], traits: fault.traits)
    ]
  }

  package var footprint: [Resource] { [Resource(.bmc, target.bmc.address)] }
  /// The BMC is a separate device, and the fault doesn't hit the controller.
  package var pathLoss: PathLoss { .never }
  /// No announcement reports a change of power.
  package var signals: Set<EffectSignal> { [] }
  /// A BMC has few sessions, and each takes up to a second.
  package var lookInterval: Nanoseconds { .seconds(2) }
  /// A BMC may take seconds to perform a command that it has accepted.
  package var effectPatience: Nanoseconds { .seconds(20) }

  /// The access to the BMC.
  func snapshot(for lease: String, using instruments: Instruments) throws -> PoweredHost { target }

  /// Switches the power on if it is off, and verifies that it is on.
  static func revert(_ undo: PoweredHost, using instruments: Instruments) throws { try undo.switchOn() }

  /// Whether the power is not on.
  static func residue(_ undo: PoweredHost, using instruments: Instruments) throws -> [String] {
    try undo.residue()
  }
}

// The access to the BMC is beside the host's name, as in the records of former versions.
extension PoweredHost: Codable {
  private enum Key: CodingKey { case host }

  init(from decoder: any Decoder) throws {
    host = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .host)
    bmc = try BMC(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(host, forKey: .host)
    try bmc.encode(to: encoder)
  }
}
