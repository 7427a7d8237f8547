/// One way in which a fault is injected or reverted. Contract tests, torture, simulation, `murphy doctor` and the
/// benchmark iterate over the catalogue's variants.
package struct FaultVariant: Hashable, Sendable {
  /// The difference from the fault's other variants: `silent in`. Unique within the fault.
  package var title: String
  /// The parameters that differ from their defaults, or that the title names.
  package var parameters: [String: ParameterValue]
  /// How its effect is observed without Murphy.
  package var observed: Observation

  /// A variant, from parameters with words and from parameters with other values.
  package init(
    _ title: String, _ words: [String: String] = [:], _ others: [String: ParameterValue] = [:],
    observed: Observation
  ) {
    self.title = title
    self.observed = observed
    parameters = words.mapValues { .word($0) }.merging(others) { $1 }
  }

  /// The observation of an effect without Murphy, by the object that must be provided.
  package enum Observation: Hashable, Sendable {
    case inNamespace(NetworkEffect)
    case onDomain(DomainEffect)
    case onProcess(ProcessEffect)
    /// On a whole host, for as long as a process of the lease runs.
    case onHost(HostEffect)
    /// At a board management controller.
    case byBMC(BMCEffect)
    /// Only the fault's contract tests can observe it.
    ///
    /// - Parameter because: why no other environment can, as a clause for display.
    case byItsTests(because: String)

    package enum NetworkEffect: Sendable {
      /// The links of its footprint are down.
      case linksDown
      /// A link of its footprint has a qdisc that isn't the kernel's default.
      case linksSlowed
      /// A table of Murphy's in nftables has elements in its set.
      case packetsDropped
    }

    package enum DomainEffect: Sendable {
      /// libvirt shows the domain as suspended.
      case suspended
      /// The kernel shows the domain's QEMU process as stopped.
      case stopped
      /// The domain's QEMU process is gone.
      case gone
      /// libvirt shows no carrier on an interface of the domain.
      case unlinked
      /// QEMU limits a disk of the domain.
      case throttled
      /// The guest has booted again. Only a guest whose program counts its boots shows that.
      case reset
      /// The guest got an NMI. Only a guest whose program counts them shows that.
      case interrupted
    }

    package enum ProcessEffect: Sendable {
      /// The kernel shows the process as stopped.
      case stopped
      /// The process is gone.
      case gone
    }

    package enum HostEffect: Sendable {
      /// A link of its footprint is down, again and again.
      case linksFlap
      /// The file system of its footprint has no free space.
      case diskFull
      /// A write to the file system of its footprint doesn't return.
      case writesWait
      /// The kernel shows a thread of the lease's process as running.
      case processorsBusy
      /// The kernel shows the host's programs as stopped.
      case programsStopped
    }

    package enum BMCEffect: Sendable {
      /// Its host has no power.
      case powerOff
      /// It has disabled an account.
      case accountDisabled
    }

    fileprivate var requirement: Requirement {
      switch self {
      case .inNamespace: .namespace
      case .onDomain: .domain
      case .onProcess: .process
      case .onHost: .host
      case .byBMC: .bmc
      case .byItsTests: .itsTests
      }
    }
  }

  /// The environment that a variant needs for a trial, so that it affects nothing else.
  package enum Requirement: Sendable {
    /// A network namespace, which contains all effects.
    case namespace
    /// A libvirt domain.
    case domain
    /// A process that was started for the variant.
    case process
    /// A host whose links, disk, processors and programs a process of the lease may use.
    case host
    /// A board management controller whose host may lose its power, and one of whose accounts may be disabled.
    case bmc
    /// An object that only the fault's contract tests provide.
    case itsTests
  }
}

/// A fault in one of its variants.
package struct FaultCase: Hashable, Sendable, CustomStringConvertible {
  package let fault: FaultDescription
  package let variant: FaultVariant

  /// `link.drop silent in`.
  package var description: String { "\(fault.name) \(variant.title)" }
  /// The object that must be provided for the trial, so that it affects nothing else.
  package var needs: FaultVariant.Requirement { variant.observed.requirement }

  /// Whether the fault ends as soon as its effect has occurred.
  package var isInstant: Bool { fault.extent.isInstant(fault.standards.merging(variant.parameters) { $1 }) }

  /// The step that tries it at a site.
  package func step(at site: TrialSite, named name: String, for duration: Nanoseconds) -> Step {
    step(named: name, on: site.target(fault.targets[0]), with: site.parameters, for: duration)
  }

  /// The step that tries this variant on a target.
  ///
  /// - Parameter given: the parameters that no variant can give, like those of a `TrialSite`.
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

/// An environment for trials of faults: a fleet with one target of each kind.
package struct TrialSite: Sendable {
  /// The host on which they are injected.
  package var host: Fleet.Host
  /// The network of the link that is cut.
  package var network: String
  /// The host that a partition cuts off. It doesn't have to answer.
  package var peer: Fleet.Host
  /// The virtual machine of the host.
  package var vm: Fleet.VirtualMachine
  /// Parameters that no variant can give, such as the process to hit.
  package var parameters: [String: ParameterValue]

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
  package var fleet: Fleet {
    Fleet(name: "trial", hosts: [host, peer], vms: [vm], manager: Self.manager)
  }
  /// A manager without a machine.
  private static let manager = Fleet.Manager(addresses: ["192.0.2.125"])

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
