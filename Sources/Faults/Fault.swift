import Scenario

/// A fault, resolved for one host, as everybody may know it: what it is, what it cuts, and who lifts it. What it does
/// is `LeasedFault`'s, which only a lease can ask for.
public protocol Fault: Codable, Sendable {
  /// What the fault tells of itself to those who write scenarios.
  static var description: FaultDescription { get }

  /// The fault that a step asks of a host.
  ///
  /// - Throws: `StepRefused` where the step's target or parameters can't be met on this host.
  init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused)

  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  var object: String { get }
  /// The links that carry nothing, or not all, while the fault holds.
  var links: [String] { get }
  /// The domains that it stops.
  var domains: [String] { get }
  /// How the host lifts it, in words for the plan.
  var undoing: String { get }
  /// What becomes of it where all of Murphy is gone from the host.
  var kernelLift: KernelLift { get }
  /// Whether it may still be done after the process that asked for it has died, since a daemon does it.
  var isByDaemon: Bool { get }
  /// Whether every packet on `links` is lost, so that a control path over one of them is cut; some faults let it by.
  func cuts(controlPath: ControlPath) -> Bool

  /// What announces that its effect may have changed; empty where nothing does.
  var signals: Set<EffectSignal> { get }

  /// What the host lacks for this fault, a line each; empty where it can be done.
  func missing(using instruments: Instruments) -> [String]
  /// What the plan must say of this fault on this host besides, a line each.
  func remarks(using instruments: Instruments) throws -> [String]
}

extension Fault {
  /// Nothing.
  public func remarks(using instruments: Instruments) throws -> [String] { [] }
}

/// What a fault does. One file a fault; together with `Fault` this is the whole contract.
///
/// The undo is data: `snapshot` returns it, it is on the host's disk before anything is touched, and `revert` needs
/// nothing else, so that any process of any later time can lift the fault. Nothing outside of this module can see these
/// acts, and within it `FaultOrder` alone calls them: `FaultOrder.arm` and `ArmedFault` fix their order.
protocol LeasedFault: Fault {
  /// All that `revert` needs, recorded before anything is touched.
  associatedtype Undo: Codable & Sendable

  /// Records what `revert` will restore. Touches nothing.
  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo
  /// How it is done; and with that, whether the kernel ends it.
  var injection: Injection<Undo> { get }
  /// Whether the fault is active, by another way than the injection's own return: the one judge of it, strict, and
  /// asked from the first effect to the revert.
  ///
  /// - Throws: where the host can't be asked, so that it is not known.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState
  /// What shows first that the fault takes effect, where that is quicker to ask than `effect`: it ends the time to
  /// effect, and `effect` confirms it.
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String?

  /// Undoes it. Idempotent: also after a part of it was undone, or nothing was ever done. Touches only what Murphy
  /// owns by name or what the snapshot recorded.
  static func revert(_ undo: Undo, using instruments: Instruments) throws
  /// What differs from before, a line each; empty after a revert that worked.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String]
}

extension LeasedFault {
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String? {
    try effect(undo, using: instruments).evidence
  }
  /// What the injection's kind says.
  public var kernelLift: KernelLift { injection.kernelLift }
  /// What the injection says.
  public var isByDaemon: Bool { injection.isByDaemon }
  /// The fault's name in the catalogue.
  static var name: String { description.name }
  /// The word that a step gives for a parameter, or the parameter's own default.
  static func word(_ key: String, of step: Step) -> String? {
    if case .word(let word) = parameter(key, of: step) { word } else { nil }
  }
  static func parameter(_ key: String, of step: Step) -> ParameterValue? {
    step.parameters[key] ?? description.parameters.first { $0.name == key }?.standard
  }
}

/// A step that can't be done on a host: what is wrong with it, and what to write.
public struct StepRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// The step's name.
  public var step: String
  /// What is wrong, and what to write.
  public var reason: String

  /// A refusal of a step.
  public init(_ step: Step, _ reason: String) {
    self.step = step.name
    self.reason = reason
  }

  /// `step-1 (host.unplug): …`.
  public var description: String { "\(step): \(reason)" }
}

/// The way by which the controller reaches a host: the links that the ssh connection passes.
public struct ControlPath: Codable, Equatable, Sendable {
  /// The links; empty where the agent wasn't started over ssh.
  public var links: [String]
  /// The port that the connection came in on.
  public var port: UInt16

  /// A path over links.
  public init(links: [String], port: UInt16) {
    self.links = links
    self.port = port
  }
}
