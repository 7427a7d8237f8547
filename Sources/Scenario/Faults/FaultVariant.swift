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

  /// How an effect is observed without Murphy.
  package enum Observation: Hashable, Sendable {
    /// The links of its footprint are down.
    case linksDown
    /// An nft table of Murphy's has elements in its set.
    case packetsDropped
    /// libvirt shows the domain as suspended.
    case domainSuspended
    /// The kernel shows the domain's QEMU process as stopped.
    case domainStopped
    /// The host has no power.
    case powerOff
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
  /// Whether it needs a libvirt domain; the others need a host only.
  package var needsDomain: Bool { fault.targets == [.vm] }
  /// Whether it needs a board management controller.
  package var needsBMC: Bool { variant.observed == .powerOff }

  /// The step that tries it at a site.
  package func step(at site: TrialSite, named name: String, for duration: Nanoseconds) -> Step {
    Step(
      name: name, trigger: .at(.zero), fault: fault.name, target: site.target(fault.targets[0]),
      duration: duration, parameters: parameters(at: site))
  }

  /// The variant's parameters, and those that only the site knows.
  package func parameters(at site: TrialSite) -> [String: ParameterValue] {
    let known = Set(fault.parameters.map(\.name))
    return site.parameters.filter { known.contains($0.key) }.merging(variant.parameters) { $1 }
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
