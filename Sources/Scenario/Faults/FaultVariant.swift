/// One way in which a fault is injected or reverted. What tries faults iterates over the catalogue's variants: contract
/// tests, torture, simulation, `murphy doctor` and the benchmark.
package struct FaultVariant: Hashable, Sendable {
  /// What distinguishes it from the fault's other variants: `silent in`. Unique within the fault.
  package var title: String
  /// The parameters that differ from their defaults, or that the title names.
  package var parameters: [String: ParameterValue]
  /// How its effect is observed without Murphy.
  package var observed: Observation

  /// A variant, by the words that it gives parameters, and by other values.
  package init(
    _ title: String, _ words: [String: String] = [:], _ others: [String: ParameterValue] = [:],
    observed: Observation
  ) {
    self.title = title
    self.observed = observed
    parameters = words.mapValues { .word($0) }.merging(others) { $1 }
  }

  /// How an effect is observed without Murphy, by what must be provided for it.
  package enum Observation: Hashable, Sendable {
    case inNamespace(NetworkEffect)
    case onDomain(DomainEffect)
    case onProcess(ProcessEffect)
    /// The host has no power.
    case byBMC
    /// By the fault's own contract tests alone: nothing else provides what it touches.
    case byItsTests

    package enum NetworkEffect: Sendable {
      /// The links of its footprint are down.
      case linksDown
      /// An nft table of Murphy's has elements in its set.
      case packetsDropped
    }

    package enum DomainEffect: Sendable {
      /// libvirt shows the domain as suspended.
      case suspended
      /// The kernel shows the domain's QEMU process as stopped.
      case stopped
    }

    package enum ProcessEffect: Sendable {
      /// The kernel shows the process as stopped.
      case stopped
      /// The process is gone.
      case gone
    }

    fileprivate var requirement: Requirement {
      switch self {
      case .inNamespace: .namespace
      case .onDomain: .domain
      case .onProcess: .process
      case .byBMC: .bmc
      case .byItsTests: .itsTests
      }
    }
  }

  /// What a variant needs where it is tried, so that it affects nothing else.
  package enum Requirement: Sendable {
    /// A network namespace: it contains all effects.
    case namespace
    /// A libvirt domain.
    case domain
    /// A process that was started for it.
    case process
    /// A board management controller whose host may lose its power.
    case bmc
    /// What the fault's contract tests provide, and nothing else does.
    case itsTests
  }
}

/// A fault in one of its variants.
package struct FaultCase: Hashable, Sendable, CustomStringConvertible {
  /// The fault.
  package let fault: FaultDescription
  /// The variant.
  package let variant: FaultVariant

  /// `link.drop silent in`.
  package var description: String { "\(fault.name) \(variant.title)" }
  /// What must be provided where it is tried, so that it affects nothing else. What tries faults chooses those whose
  /// requirement it meets.
  package var needs: FaultVariant.Requirement { variant.observed.requirement }

  /// Whether it is over as soon as it has happened.
  package var isInstant: Bool { fault.extent.isInstant(fault.standards.merging(variant.parameters) { $1 }) }

  /// The step that tries it at a site.
  package func step(at site: TrialSite, named name: String, for duration: Nanoseconds) -> Step {
    step(named: name, on: site.target(fault.targets[0]), with: site.parameters, for: duration)
  }

  /// The step that tries it on a target.
  ///
  /// - Parameter given: parameters that no variant can give, as those of a `TrialSite`.
  package func step(
    named name: String, at trigger: Step.Trigger = .at(.zero), on target: Target,
    with given: [String: ParameterValue], for duration: Nanoseconds
  ) -> Step {
    let known = Set(fault.parameters.map(\.name))
    let parameters = given.filter { known.contains($0.key) }.merging(variant.parameters) { $1 }
    return Step(
      name: name, trigger: trigger, fault: fault.name, target: target,
      duration: isInstant ? Extent.instantLease : duration, isInstant: isInstant, parameters: parameters)
  }
}

extension FaultCatalogue {
  /// Every variant of every fault.
  package var cases: [FaultCase] {
    descriptions.flatMap { fault in fault.variants.map { FaultCase(fault: fault, variant: $0) } }
  }
}

/// Where faults are tried: a fleet with one of each kind of target.
package struct TrialSite: Sendable {
  /// The host on which they are injected.
  package var host: Fleet.Host
  /// The network of the link that is cut.
  package var network: String
  /// The host that a partition cuts off; nothing has to answer there.
  package var peer: Fleet.Host
  /// The virtual machine of the host.
  package var vm: Fleet.VirtualMachine
  /// Parameters that no variant can give: what is there to hit.
  package var parameters: [String: ParameterValue]

  /// A site of these parts.
  package init(
    host: Fleet.Host, network: String, peer: Fleet.Host,
    vm: Fleet.VirtualMachine = .init(name: "guest", domain: "guest"),
    parameters: [String: ParameterValue] = [:]
  ) {
    self.host = host
    self.network = network
    self.peer = peer
    self.vm = vm
    self.parameters = parameters
  }

  /// The fleet.
  package var fleet: Fleet { Fleet(name: "trial", hosts: [host, peer], vms: [vm]) }

  /// The target of a kind.
  package func target(_ kind: Target.Kind) -> Target {
    switch kind {
    case .host: .host(.named(host.name))
    case .link: .link(.named(host.name), network: network)
    case .vm: .vm(vm.name)
    case .sides: .sides([[host.name], [peer.name]], network: network)
    }
  }
}
