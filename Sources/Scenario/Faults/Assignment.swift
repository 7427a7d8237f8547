/// A fault for one site: what a step becomes once its targets are chosen. A step may have several.
package struct Assignment: Hashable, Sendable {
  /// Where the lease lives.
  package var site: Site
  package var spec: FaultSpec
  /// The hosts that count as lost to the platform while the fault is active: quorum counts these.
  package var takes: Set<String>
  /// What is known of the fault without doing it.
  package var traits: FaultTraits

  package init(site: Site, spec: FaultSpec, takes: Set<String>, traits: FaultTraits) {
    self.site = site
    self.spec = spec
    self.takes = takes
    self.traits = traits
  }
}

/// Where a lease lives: the agent there injects the fault and reverts it.
package enum Site: Hashable, Sendable, CustomStringConvertible {
  /// A host of the fleet, by its name.
  case host(String)
  /// The controller: for what a host can't revert by itself, such as the loss of its own power.
  case controller

  /// The name by which reports call it.
  package var name: String {
    switch self {
    case .host(let name): name
    // No host's name has a blank.
    case .controller: "the controller"
    }
  }
  package var description: String { name }
}

/// What is known of a fault for one site without doing it.
package struct FaultTraits: Hashable, Sendable {
  /// What is cut or stopped, in words: `eth0, eth1 (carrier)`.
  package var object: String
  /// What it touches: the policy, the control path and the comparison of a host's states go by it.
  package var footprint: [Resource]
  /// How it is reverted, in words for the plan.
  package var undoing: String
  /// What becomes of its damage at the end of its lease.
  package var reversal: Reversal
  /// What becomes of it where all of Murphy is gone from the site.
  package var kernelRevert: KernelRevert
  /// Whether a daemon does it, so that it may take effect after the process that asked for it has died.
  package var isByDaemon: Bool
  /// Whether the controller's own connection to the site passes what is cut.
  package var pathLoss: PathLoss
  /// Who sees that it is effective.
  package var confirmation: Confirmation

  /// Who sees that a fault is effective.
  package enum Confirmation: Hashable, Sendable {
    /// The agent at its site.
    case bySite
    /// The controller, once a host runs another boot: then the boot before ended after the injection.
    case byBoot(of: String)
  }

  /// Traits of these parts.
  package init(
    object: String, footprint: [Resource], undoing: String, reversal: Reversal, kernelRevert: KernelRevert,
    isByDaemon: Bool, pathLoss: PathLoss, confirmation: Confirmation = .bySite
  ) {
    self.object = object
    self.footprint = footprint
    self.undoing = undoing
    self.reversal = reversal
    self.kernelRevert = kernelRevert
    self.isByDaemon = isByDaemon
    self.pathLoss = pathLoss
    self.confirmation = confirmation
  }

  /// The damage that it leaves and that nothing brings back, as a clause; nil for none.
  package var damage: String? { reversal == .damage ? undoing : nil }

  /// Whether the connection over a path is lost while the fault is active.
  package func cuts(_ path: ControlPath) -> Bool {
    switch pathLoss {
    case .never: false
    case .overItsLinks: !Set(footprint.links).isDisjoint(with: path.links)
    case .unlessPort(let open): !open.contains(path.port)
    case .fromAddresses(let addresses): addresses.contains(path.client)
    }
  }
}

/// Which connections of the controller to a site a fault there cuts.
package enum PathLoss: Hashable, Sendable {
  /// None.
  case never
  /// Those that pass one of the links in its footprint.
  case overItsLinks
  /// All but those to these ports.
  case unlessPort([UInt16])
  /// Those that come from one of these addresses, each as inet_ntop(3) writes it.
  case fromAddresses([String])
}

/// The way by which the controller reaches a host: the links that the ssh connection passes.
package struct ControlPath: Equatable, Sendable {
  /// The links, by all names of each; empty where the agent wasn't started over ssh.
  package var links: [String]
  /// The port that the connection came in on.
  package var port: UInt16
  /// The address that the connection comes from, as inet_ntop(3) writes it: the controller's, or that of the last jump
  /// host before this one. Empty where it isn't known.
  package var client: String

  /// A path over links.
  package init(links: [String], port: UInt16, client: String = "") {
    self.links = links
    self.port = port
    self.client = client
  }
}
