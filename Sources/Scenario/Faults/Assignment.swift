/// A fault for one site. A step has one or several assignments after its targets are chosen.
package struct Assignment: Hashable, Sendable {
  /// The site of the lease.
  package var site: Site
  package var spec: FaultSpec
  /// The hosts that count as lost to the platform while the fault is active. Quorum counts them.
  package var takes: Set<String>
  /// The properties of the fault that are known without injecting it.
  package var traits: FaultTraits

  /// Whether its fault reboots the host of its own site. The boot ends the lease's agent with its host.
  package var rebootsItsSite: Bool { traits.confirmation == .byBoot(of: site.name) }

  package init(site: Site, spec: FaultSpec, takes: Set<String>, traits: FaultTraits) {
    self.site = site
    self.spec = spec
    self.takes = takes
    self.traits = traits
  }
}

/// The site of a lease. The agent there injects and reverts the fault.
package enum Site: Hashable, Sendable, CustomStringConvertible {
  /// A host of the fleet, by name.
  case host(String)
  /// The controller: for faults that a host can't revert by itself, such as the loss of its own power.
  case controller

  /// The site's name in reports.
  package var name: String {
    switch self {
    case .host(let name): name
    // No host's name has a blank, so this name is unique.
    case .controller: "the controller"
    }
  }
  package var description: String { name }
}

/// The properties of a fault for one site that are known without injecting it.
package struct FaultTraits: Hashable, Sendable {
  /// The object that is cut or stopped, for display: `eth0, eth1 (carrier)`.
  package var object: String
  /// What the fault touches. The policy, the control path and the comparison of a host's states use it.
  package var footprint: [Resource]
  /// How the fault is reverted, for display in the plan.
  package var undoing: String
  /// What happens to the damage at the end of the lease.
  package var reversal: Reversal
  /// What happens to the fault if no process of Murphy is left on the site.
  package var kernelRevert: KernelRevert
  /// Whether a daemon injects the fault. It may then take effect after the process that requested it has died.
  package var isByDaemon: Bool
  /// Whether the controller's own connection to the site passes the links that are cut.
  package var pathLoss: PathLoss
  /// The process that verifies the effect.
  package var confirmation: Confirmation

  /// The process that verifies a fault's effect.
  package enum Confirmation: Hashable, Sendable {
    /// The agent on the fault's site.
    case bySite
    /// The controller, when a host runs another boot: the earlier boot then ended after the injection.
    case byBoot(of: String)
  }

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

  /// The permanent damage of the fault, as a clause. Nil if there is none.
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

/// The connections from the controller to a site that a fault there cuts.
package enum PathLoss: Hashable, Sendable {
  /// No connection.
  case never
  /// Connections that pass one of the links in the footprint.
  case overItsLinks
  /// All connections except those to these ports.
  case unlessPort([UInt16])
  /// Connections from one of these addresses, in the notation of inet_ntop(3).
  case fromAddresses([String])
}

/// The path by which the controller reaches a host: the links that the ssh connection passes.
package struct ControlPath: Equatable, Sendable {
  /// The links, with all names of each. Empty if the agent wasn't started over ssh.
  package var links: [String]
  /// The local port of the connection.
  package var port: UInt16
  /// The remote address of the connection, in the notation of inet_ntop(3): that of the controller, or of the last jump
  /// host before this one. Empty if it isn't known.
  package var client: String

  package init(links: [String], port: UInt16, client: String = "") {
    self.links = links
    self.port = port
    self.client = client
  }
}
