import FoundationEssentials
import Scenario

/// A fault for one host, without its acts: its description, what it touches, and how it is reverted. The acts are in
/// `LeasedFault`, which only a lease can call.
package protocol Fault: Codable, Sendable {
  /// The fault's description, for authors of scenarios.
  static var description: FaultDescription { get }

  /// The fault of a step on a host.
  ///
  /// - Throws: `StepRefused` if the step's target or parameters don't fit this host.
  init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused)

  /// The faults of a step, one for each site; the default is one, on the chosen host.
  ///
  /// - Parameter host: the host that was chosen; nil where the step's target is not one host.
  /// - Throws: `StepRefused` where the step can't be met.
  static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment]

  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  var object: String { get }
  /// What it touches.
  var footprint: [Resource] { get }
  /// How the host reverts it, or who brings back what it damages, or what stays damaged: in words for the plan.
  var undoing: String { get }
  /// What becomes of its damage at the end of its lease.
  var reversal: Reversal { get }
  /// What becomes of it where all of Murphy is gone from the host.
  var kernelRevert: KernelRevert { get }
  /// Whether it may still be done after the process that asked for it has died, since a daemon does it.
  var isByDaemon: Bool { get }
  /// Which connections of the controller it cuts.
  var pathLoss: PathLoss { get }

  /// Who sees that it is effective; the default is the agent at its site.
  var confirmation: FaultTraits.Confirmation { get }

  /// What announces that its effect may have changed; empty if nothing does.
  var signals: Set<EffectSignal> { get }
  /// How often its effect is looked at, announced or not.
  var lookInterval: Nanoseconds { get }
  /// How long after the injection it may take to become effective.
  var effectPatience: Nanoseconds { get }

  /// What the host lacks for this fault, a line each; empty if it can be injected.
  func missing(using instruments: Instruments) -> [String]
  /// Further lines of the plan about this fault on this host.
  func remarks(using instruments: Instruments) throws -> [String]
}

extension Fault {
  /// The agent.
  package var confirmation: FaultTraits.Confirmation { .bySite }
  /// An announcement can be lost; where none comes, looks are all there is.
  package var lookInterval: Nanoseconds { .milliseconds(signals.isEmpty ? 50 : 250) }
  /// Long enough for a daemon.
  package var effectPatience: Nanoseconds { .seconds(5) }
  /// Nothing.
  package func remarks(using instruments: Instruments) throws -> [String] { [] }
}

/// What a fault does. One file a fault; together with `Fault` this is the whole contract.
///
/// The undo is data: `snapshot` returns it, it is on the host's disk before anything is touched, and `revert` needs
/// nothing else, so that any later process can revert the fault. Nothing outside of this module can see these
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
  package var kernelRevert: KernelRevert { injection.kernelRevert }
  /// What the injection says.
  package var isByDaemon: Bool { injection.isByDaemon }
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

extension Fault {
  /// What is known of it without doing it.
  package var traits: FaultTraits {
    FaultTraits(
      object: object, footprint: footprint, undoing: undoing, reversal: reversal, kernelRevert: kernelRevert,
      isByDaemon: isByDaemon, pathLoss: pathLoss, confirmation: confirmation)
  }
}

extension LeasedFault {
  /// One fault, on the chosen host.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let host else { throw StepRefused(step, "the target names no host") }
    let fault = try Self(step, on: host, in: fleet)
    return [
      Assignment(
        site: .host(host.name), spec: try fault.spec(for: step),
        takes: description.takesHost ? [host.name] : [], traits: fault.traits)
    ]
  }

  /// The fault as data.
  func spec(for step: Step) throws(StepRefused) -> FaultSpec {
    do {
      let bytes = try JSONEncoder().encode(self)
      return FaultSpec(fault: Self.name, order: try JSONDecoder().decode(JSONValue.self, from: bytes))
    } catch {
      throw StepRefused(step, "\(error)")
    }
  }
}
