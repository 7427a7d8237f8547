import FoundationEssentials
import Scenario

/// All faults. A new fault is its own file, and a line here.
public enum Catalogue {
  /// The faults, in the order in which they are listed.
  static let faults: [any LeasedFault.Type] = [
    HostUnplug.self, LinkDrop.self, VMFreeze.self, FirewallLock.self,
  ]

  /// What the faults tell of themselves.
  public static var descriptions: [FaultDescription] { faults.map { $0.description } }

  /// The fault of that name.
  static func fault(named name: String) -> (any LeasedFault.Type)? {
    faults.first { $0.description.name == name }
  }

  /// The fault that a step asks of a host.
  ///
  /// - Throws: `StepRefused` where the step can't be met there.
  public static func order(for step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused)
    -> FaultOrder
  {
    guard let fault = fault(named: step.fault) else {
      throw StepRefused(step, "no fault is named '\(step.fault)'")
    }
    return FaultOrder(try fault.init(step, on: host, in: fleet))
  }
}
