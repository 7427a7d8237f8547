import FoundationEssentials
import Scenario

/// A fault for one site, without its acts: its description, its footprint and its revert. The acts are in
/// `LeasedFault`, which only a lease can call.
package protocol Fault: Codable, Sendable {
  /// The description for authors of scenarios.
  static var description: FaultDescription { get }

  /// The fault of a step on a host.
  ///
  /// - Throws: `StepRefused` if the step's target or parameters don't fit this host.
  init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused)

  /// The faults of a step, one for each site. The default is one fault on the chosen host.
  ///
  /// - Parameter host: the chosen host; nil if the step's target is not one host.
  /// - Throws: `StepRefused` if the step is impossible.
  static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment]

  /// The object that is cut or stopped, for display: `eth0, eth1 (carrier)`.
  var object: String { get }
  /// The links, domains, processes and BMCs that it touches.
  var footprint: [Resource] { get }
  /// For display in the plan: how the host reverts it, what repairs its damage, or which damage stays.
  var undoing: String { get }
  /// What happens to the damage at the end of the lease.
  var reversal: Reversal { get }
  /// What happens to the fault if no process of Murphy is left on the site.
  var kernelRevert: KernelRevert { get }
  /// Whether a daemon injects it. It may then be injected after the process that requested it has died.
  var isByDaemon: Bool { get }
  /// The controller's connections that it cuts.
  var pathLoss: PathLoss { get }

  /// The process that verifies the effect. The default is the agent on the site.
  var confirmation: FaultTraits.Confirmation { get }

  /// The announcements after which its effect may have changed; empty if there are none.
  var signals: Set<EffectSignal> { get }
  /// The interval of checks of its effect, in addition to announcements.
  var lookInterval: Nanoseconds { get }
  /// The maximum time from the injection to the effect.
  var effectPatience: Nanoseconds { get }

  /// The missing requirements of this fault on the host, a line each; empty if it can be injected.
  func missing(using instruments: Instruments) -> [String]
  /// Further lines of the plan about this fault on this host.
  func remarks(using instruments: Instruments) throws -> [String]
}

extension Fault {
  package var confirmation: FaultTraits.Confirmation { .bySite }
  /// An announcement can be lost. Without announcements, the effect is only checked at this interval.
  package var lookInterval: Nanoseconds { .milliseconds(signals.isEmpty ? 50 : 250) }
  /// By default this is long enough for a fault that a daemon injects.
  package var effectPatience: Nanoseconds { .seconds(5) }
  package func remarks(using instruments: Instruments) throws -> [String] { [] }
}

/// The acts of a fault. Each fault has one file, and this protocol and `Fault` are the whole contract.
///
/// The undo is data. `snapshot` returns it, it is on the host's disk before the host is changed, and `revert` needs
/// nothing else, so that any later process can revert the fault. No code outside of this module can call these acts. In
/// this module only `FaultOrder` calls them: `FaultOrder.record` and the types after it fix their order.
protocol LeasedFault: Fault {
  /// The data for `revert`, recorded before the host is changed.
  associatedtype Undo: Codable & Sendable

  /// Records the state that `revert` will restore. Changes nothing.
  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo
  /// The kind of injection. It also determines whether the kernel ends the fault.
  var injection: Injection<Undo> { get }
  /// Whether the fault is active, from other evidence than the injection's return code. This strict check is the only
  /// judge, from the first effect to the revert.
  ///
  /// - Throws: if the host can't be asked, so that the state is unknown.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState
  /// The first evidence that the fault takes effect, if it is faster to obtain than `effect`. It ends the time to
  /// effect, and `effect` confirms it.
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String?

  /// Undoes the fault. It is idempotent: it also works after a partial undo, or if the fault was never injected. It
  /// touches only objects with Murphy's names and objects that the snapshot recorded.
  static func revert(_ undo: Undo, using instruments: Instruments) throws
  /// The differences from the state before, a line each; empty after a successful revert.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String]
}

extension LeasedFault {
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String? {
    try effect(undo, using: instruments).evidence
  }
  /// As the injection's kind determines.
  package var kernelRevert: KernelRevert { injection.kernelRevert }
  /// As the injection declares.
  package var isByDaemon: Bool { injection.isByDaemon }
  /// The fault's name in the catalogue.
  static var name: String { description.name }
  /// The step's value of a parameter, or the parameter's default.
  static func word(_ key: String, of step: Step) -> String? {
    if case .word(let word) = parameter(key, of: step) { word } else { nil }
  }
  /// The step's value of a parameter that is a line of text; nil if the step doesn't give it.
  static func text(_ key: String, of step: Step) -> String? {
    if case .text(let text) = parameter(key, of: step) { text } else { nil }
  }
  static func parameter(_ key: String, of step: Step) -> ParameterValue? {
    step.parameters[key] ?? description.parameters.first { $0.name == key }?.standard
  }
}

extension Fault {
  /// The properties that are known without injecting it.
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
