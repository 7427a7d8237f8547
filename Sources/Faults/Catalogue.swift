import Scenario

/// All faults. A new fault is one new file and one line here.
package enum Catalogue {
  /// The faults, in the order in which they are listed.
  static let faults: [any LeasedFault.Type] = [
    HostUnplug.self, LinkDrop.self, LinkFlap.self, LinkDegrade.self, VMFreeze.self, FirewallLock.self,
    Partition.self, ManagerCut.self,
    VMKill.self, VMLink.self, VMReset.self, VMPanic.self, VMThrottle.self, VMMigrate.self,
    ProcessStop.self, ProcessKill.self,
    HostFreeze.self, HostReboot.self, ClockSkew.self,
    BrickStop.self,
    DiskFill.self, DiskStall.self, DiskCorrupt.self, NoiseCPU.self, NoiseIO.self, NoiseNet.self,
    HostPower.self, HostPanic.self, BMCUnreachable.self, BMCLockout.self,
  ]

  /// The faults as values.
  package static let builtIn = FaultCatalogue(faults.map { $0.kind })

  /// The fault with this name.
  static func fault(named name: String) -> (any LeasedFault.Type)? {
    faults.first { $0.description.name == name }
  }

  /// The fault of a step on a host, with its acts, for a process on that host.
  ///
  /// - Throws: `StepRefused` if the step doesn't fit that host.
  package static func order(
    for step: Step, on host: Fleet.Host, in fleet: Fleet
  ) throws(StepRefused) -> FaultOrder {
    guard let fault = fault(named: step.fault) else {
      throw StepRefused(step, "no fault is named '\(step.fault)'", of: "fault")
    }
    return FaultOrder(try fault.init(step, on: host, in: fleet))
  }
}

extension LeasedFault {
  fileprivate static var kind: FaultKind {
    FaultKind(
      description,
      assign: { step, host, fleet throws(StepRefused) in try assignments(for: step, on: host, in: fleet) },
      traits: { try FaultOrder($0).fault.traits })
  }
}
