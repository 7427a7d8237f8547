/// What a team runs: hosts with their links, virtual machines, and how they are watched. Written once.
public struct Fleet: Codable, Equatable, Sendable {
  /// The fleet's name.
  public var name: String
  /// Networks by name, in the file's order.
  public var networks: [Network]
  /// Hosts in the file's order.
  public var hosts: [Host]
  /// Virtual machines in the file's order.
  public var vms: [VirtualMachine]
  /// How many hosts must be up for the platform to work: a scenario that leaves fewer is refused.
  public var quorum: Int
  /// Probes in the file's order.
  public var probes: [Probe]
  /// Views in the file's order.
  public var views: [View]
  /// A client configuration handed to `ssh -F`; nil for the user's own.
  public var sshConfig: String?
  /// The network namespace in which the controller and its probes work; nil for its own.
  public var netns: NetworkNamespace?

  /// A fleet of these parts.
  public init(
    name: String, networks: [Network] = [], hosts: [Host] = [], vms: [VirtualMachine] = [], quorum: Int = 1,
    probes: [Probe] = [], views: [View] = [], sshConfig: String? = nil, netns: NetworkNamespace? = nil
  ) {
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

  /// The host of that name, if the fleet has it.
  public func host(_ name: String) -> Host? { hosts.first { $0.name == name } }
  /// The virtual machine of that name, if the fleet has it.
  public func vm(_ name: String) -> VirtualMachine? { vms.first { $0.name == name } }
  /// The probe of that name, if the fleet has it.
  public func probe(_ name: String) -> Probe? { probes.first { $0.name == name } }
  /// The view of that name, if the fleet has it.
  public func view(_ name: String) -> View? { views.first { $0.name == name } }
}

extension Fleet {
  /// A network that joins hosts.
  public struct Network: Codable, Equatable, Sendable {
    /// Its name in the fleet.
    public var name: String
    /// What it carries.
    public var role: Role
    /// Its addresses, as `10.77.1.0/24`.
    public var cidr: String

    /// A network of these parts.
    public init(name: String, role: Role, cidr: String) {
      self.name = name
      self.role = role
      self.cidr = cidr
    }

    /// What a network carries.
    public enum Role: String, Codable, CaseIterable, Sendable {
      /// Replication between storage bricks.
      case storage
      /// The services that users reach.
      case service
      /// The manager's own traffic, and ssh.
      case management
      /// Live migration.
      case migration
    }
  }

  /// A host that runs virtual machines.
  public struct Host: Codable, Equatable, Sendable {
    /// Its name in the fleet: the team's own word for it.
    public var name: String
    /// Where ssh reaches it: `user@address`, `ssh://user@address:port`, or an alias of the client's configuration.
    public var ssh: String
    /// How the user of `ssh` becomes root there; nil where that is root.
    public var become: Become?
    /// Its link (interface) on each network, by the network's name.
    public var links: [String: String]
    /// Its board management controller, if it has one.
    public var bmc: BMC?
    /// What parts of the platform call it: its name as a node of a cluster, its address as a peer of a storage pool; nil
    /// for none. See `Fleet.host(called:)` for the names that need no alias.
    public var aliases: [String]?

    /// A host of these parts.
    public init(
      name: String, ssh: String, become: Become? = nil, links: [String: String], bmc: BMC? = nil,
      aliases: [String]? = nil
    ) {
      self.name = name
      self.ssh = ssh
      self.become = become
      self.links = links
      self.bmc = bmc
      self.aliases = aliases
    }

    /// A way to become root.
    public enum Become: String, Codable, CaseIterable, Sendable {
      /// `sudo -n`, which never asks.
      case sudo
    }
  }

  /// A board management controller, reached by IPMI over LAN.
  public struct BMC: Codable, Equatable, Sendable {
    /// Its address.
    public var ipmi: String
    /// Its user.
    public var user: String
    /// A file that holds the password alone.
    public var passwordFile: String

    /// A controller of these parts.
    public init(ipmi: String, user: String, passwordFile: String) {
      self.ipmi = ipmi
      self.user = user
      self.passwordFile = passwordFile
    }
  }

  /// A virtual machine.
  public struct VirtualMachine: Codable, Equatable, Sendable {
    /// Its name in the fleet.
    public var name: String
    /// Its libvirt domain.
    public var domain: String
    /// What a manager calls it, where that is neither its name nor its domain's; nil for none.
    public var aliases: [String]?

    /// A virtual machine of these parts.
    public init(name: String, domain: String, aliases: [String]? = nil) {
      self.name = name
      self.domain = domain
      self.aliases = aliases
    }

    /// The names that it may have in a manager's view, the likeliest first.
    public var names: [String] { [name, domain] + (aliases ?? []) }
  }

  /// A network namespace, named by a path and checked by its inode, so that a path that has come to mean
  /// another namespace (a process id used anew) is refused rather than entered.
  public struct NetworkNamespace: Codable, Equatable, Sendable {
    /// `/proc/PID/ns/net`, or a file below `/run/netns`.
    public var path: String
    /// The inode that the path must have; nil takes any.
    public var inode: UInt64?

    /// The namespace at a path.
    public init(path: String, inode: UInt64? = nil) {
      self.path = path
      self.inode = inode
    }
  }
}

extension Fleet {
  /// A service as its users meet it, asked at a fixed pace whether or not it has answered before.
  public struct Probe: Codable, Equatable, Sendable {
    /// Its name in the fleet.
    public var name: String
    /// What it asks.
    public var kind: Kind
    /// What it asks it of: a URL for http; `tcp://address:port` for tcp and append; an address for ping.
    public var target: String
    /// The time between two samples.
    public var every: Nanoseconds
    /// When an answer is given up.
    public var timeout: Nanoseconds
    /// The status that an http answer must have; nil takes 200.
    public var status: Int?
    /// A text that an http answer's body must contain; nil takes any.
    public var body: String?

    /// A probe of these parts.
    public init(
      name: String, kind: Kind, target: String, every: Nanoseconds = .seconds(1),
      timeout: Nanoseconds = .seconds(1), status: Int? = nil, body: String? = nil
    ) {
      self.name = name
      self.kind = kind
      self.target = target
      self.every = every
      self.timeout = timeout
      self.status = status
      self.body = body
    }

    /// What a probe asks.
    public enum Kind: String, Codable, CaseIterable, Sendable {
      /// `GET` over a new connection each time, as a new visitor does.
      case http
      /// A TCP connection that opens.
      case tcp
      /// An ICMP echo.
      case ping
      /// A numbered record that the service acknowledges only when it is on stable storage.
      case append
    }
  }

  /// What some part of the platform believes of the platform.
  public struct View: Codable, Equatable, Sendable {
    /// Its name in the fleet.
    public var name: String
    /// Whose belief it is.
    public var kind: Kind
    /// The time between two looks.
    public var every: Nanoseconds

    /// A view of these parts.
    public init(name: String, kind: Kind, every: Nanoseconds = .seconds(1)) {
      self.name = name
      self.kind = kind
      self.every = every
    }

    /// Whose belief a view is.
    public enum Kind: Codable, Equatable, Sendable {
      /// Gluster's, of a volume: bricks, peers, heal backlog, split-brain.
      case gluster(volume: String)
      /// Pacemaker's, of its nodes and resources.
      case pacemaker
      /// Alertmanager's, by its address.
      case alertmanager(url: String)
    }
  }
}
