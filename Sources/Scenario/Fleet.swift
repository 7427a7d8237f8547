/// A platform as its team describes it: hosts with their links, virtual machines, probes and views. Written once.
package struct Fleet: Codable, Equatable, Sendable {
  package var name: String
  /// Networks by name, in the file's order.
  package var networks: [Network]
  /// Hosts in the file's order.
  package var hosts: [Host]
  /// Virtual machines in the file's order.
  package var vms: [VirtualMachine]
  /// The number of hosts that must be up for the platform to work. A scenario that leaves fewer is refused.
  /// 0 if no host needs another.
  package var quorum: Int
  /// Probes in the file's order.
  package var probes: [Probe]
  /// Views in the file's order.
  package var views: [View]
  /// The client configuration for `ssh -F`; nil for the user's own.
  package var sshConfig: String?
  /// The network namespace in which the controller and its probes work; nil for the controller's own.
  package var netns: NetworkNamespace?
  /// The policy and the leases of the agent at the controller; nil for the standard paths.
  package var controller: Controller?
  /// What the team states about every drill on this fleet; nil if it states nothing.
  package var drill: Drill?
  /// The manager that watches the hosts from outside of them; nil if there is none, or the hosts themselves are it.
  package var manager: Manager?

  package init(
    name: String, networks: [Network] = [], hosts: [Host] = [], vms: [VirtualMachine] = [], quorum: Int = 1,
    probes: [Probe] = [], views: [View] = [], sshConfig: String? = nil, netns: NetworkNamespace? = nil,
    controller: Controller? = nil, drill: Drill? = nil, manager: Manager? = nil
  ) {
    self.manager = manager
    self.controller = controller
    self.drill = drill
    self.name = name
    self.networks = networks
    self.hosts = hosts
    self.vms = vms
    self.quorum = quorum
    self.probes = probes
    self.views = views
    self.sshConfig = sshConfig
    self.netns = netns
  }

  /// Keywords of scenarios at places where a name of a host or virtual machine may also be.
  package static let reservedNames: Set<String> = ["any", "anything", "host", "brick", "peer"]

  /// The host with this name; nil if the fleet has none.
  package func host(_ name: String) -> Host? { hosts.first { $0.name == name } }
  /// The virtual machine with this name; nil if the fleet has none.
  package func vm(_ name: String) -> VirtualMachine? { vms.first { $0.name == name } }
  /// The probe with this name; nil if the fleet has none.
  package func probe(_ name: String) -> Probe? { probes.first { $0.name == name } }
  /// The view with this name; nil if the fleet has none.
  package func view(_ name: String) -> View? { views.first { $0.name == name } }
}

extension Fleet {
  /// A network that connects hosts.
  package struct Network: Codable, Equatable, Sendable {
    package var name: String
    /// The traffic that it carries.
    package var role: Role
    /// Its addresses: `10.77.1.0/24`.
    package var cidr: String

    package init(name: String, role: Role, cidr: String) {
      self.name = name
      self.role = role
      self.cidr = cidr
    }

    /// The traffic of a network.
    package enum Role: String, Codable, CaseIterable, Sendable {
      /// Replication between storage bricks.
      case storage
      /// The services that users reach.
      case service
      /// The manager's own traffic and ssh.
      case management
      /// Live migration.
      case migration
    }
  }

  /// A host that runs virtual machines.
  package struct Host: Codable, Equatable, Sendable {
    /// Its name in the fleet, chosen by the team.
    package var name: String
    /// The ssh destination: `user@address`, `ssh://user@address:port`, or an alias in the client configuration.
    package var ssh: String
    /// How the user of `ssh` becomes root there; nil if that user is root.
    package var become: Become?
    /// Its link (interface) on each network, by the network's name.
    package var links: [String: String]
    /// Its addresses on each network, by the network's name: the source addresses of its packets. nil if the fleet
    /// doesn't state them; an empty list if the host has none on a network.
    package var addresses: [String: [String]]?
    /// Its board management controller, if it has one.
    package var bmc: BMC?
    /// The names that parts of the platform have for it: its name as a node of a cluster, its address as a peer of a
    /// storage pool. nil if it has none. See `Fleet.host(called:)` for the names that need no alias.
    package var aliases: [String]?

    package init(
      name: String, ssh: String, become: Become? = nil, links: [String: String],
      addresses: [String: [String]]? = nil, bmc: BMC? = nil, aliases: [String]? = nil
    ) {
      self.name = name
      self.ssh = ssh
      self.become = become
      self.links = links
      self.addresses = addresses
      self.bmc = bmc
      self.aliases = aliases
    }

    /// A way to become root.
    package enum Become: String, Codable, CaseIterable, Sendable {
      /// `sudo -n`, which never prompts.
      case sudo
    }
  }

  /// The files of the agent at the controller. That agent injects the faults that no host can revert by itself.
  package struct Controller: Codable, Equatable, Sendable {
    /// The controller's policy, in the format of a host's policy.
    package var policy: String
    /// The folder of its leases.
    package var leases: String

    package static let standard = Controller(
      policy: "/etc/murphy/controller.json", leases: "/var/lib/murphy/controller")

    package init(policy: String, leases: String) {
      self.policy = policy
      self.leases = leases
    }
  }

  /// The manager of a platform that has its own machine, real or virtual, such as oVirt's engine.
  package struct Manager: Codable, Equatable, Sendable {
    /// The source addresses of its packets.
    package var addresses: [String]

    package init(addresses: [String]) { self.addresses = addresses }
  }

  /// A virtual machine.
  package struct VirtualMachine: Codable, Equatable, Sendable {
    package var name: String
    /// Its libvirt domain.
    package var domain: String
    /// The manager's names for it, if they differ from its name and its domain; nil if it has none.
    package var aliases: [String]?

    package init(name: String, domain: String, aliases: [String]? = nil) {
      self.name = name
      self.domain = domain
      self.aliases = aliases
    }

    /// The names that it may have in a manager's view, with the most probable first.
    package var names: [String] { [name, domain] + (aliases ?? []) }
  }

  /// A network namespace, given by a path and checked by its inode. If the path refers to another namespace, for
  /// example after a process id was reused, it is refused.
  package struct NetworkNamespace: Codable, Equatable, Sendable {
    /// `/proc/PID/ns/net`, or a file below `/run/netns`.
    package var path: String
    /// The inode that the path must have; nil accepts any.
    package var inode: UInt64?

    package init(path: String, inode: UInt64? = nil) {
      self.path = path
      self.inode = inode
    }
  }
}

extension Fleet {
  /// A query for the belief of a part of the platform.
  package struct View: Codable, Equatable, Sendable {
    package var name: String
    /// The kind of view, with its parameters.
    package var kind: ViewSpec
    /// The time between two queries.
    package var every: Nanoseconds
    /// From where it is queried; nil for the kind's default.
    package var from: Vantage?

    package init(name: String, kind: ViewSpec, every: Nanoseconds = .seconds(1), from: Vantage? = nil) {
      self.name = name
      self.kind = kind
      self.every = every
      self.from = from
    }
  }
}
