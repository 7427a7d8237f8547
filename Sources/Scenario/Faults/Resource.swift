/// An object that a fault touches on its site.
package struct Resource: Hashable, Sendable {
  /// The kind, which a host's policy allows or refuses.
  package var kind: Kind
  /// The name of the resource within its kind.
  package var name: String

  package init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  /// The kinds of resources that the faults of this version touch.
  package enum Kind: String, CaseIterable, Sendable {
    /// Network links, by one of their names.
    case link
    /// libvirt domains, by name.
    case domain
    /// Processes, by systemd unit or by the path of the executable.
    case process
    /// Board management controllers, by address.
    case bmc
    /// Clocks of the host: `wall`.
    case clock
    /// Folders and mount points, by path.
    case folder
    /// The bytes of files, by path.
    case content
    /// Resources in the cluster manager's configuration, by name.
    case clusterResource

    private var policy: (key: String, isInEvery: Bool, initially: InitialList?) {
      switch self {
      case .link: ("links", true, .linksOfTheFleet)
      case .domain: ("domains", true, .domainsOfTheFleet)
      case .process: ("processes", false, .nothing)
      // The controller cuts a host's power, so this belongs to the controller's policy.
      case .bmc: ("bmc", false, nil)
      case .clock: ("clocks", false, .nothing)
      case .folder: ("folders", false, .nothing)
      // A file that is allowed may lose its content for others, so the key is one that no list has by accident.
      case .content: ("corruptible", false, nil)
      case .clusterResource: ("cluster", false, .nothing)
      }
    }

    /// The key of a policy file with the allowed resources of this kind.
    package var policyKey: String { policy.key }
    /// Whether the fault's effect on it outlives a boot of the fault's site: it is outside that machine, on its disk,
    /// or in a configuration that other hosts have too.
    package var outlivesBoot: Bool {
      switch self {
      case .link, .domain, .process, .clock, .folder: false
      case .bmc, .content, .clusterResource: true
      }
    }

    /// Whether the first version of policies already had this key. A policy without the key of a newer kind allows no
    /// resource of that kind, so that old policies stay valid.
    package var isInEveryPolicy: Bool { policy.isInEvery }
    /// The resources of this kind that `murphy init` lists in a host's policy; nil if it leaves out the key.
    package var initially: InitialList? { policy.initially }

    /// The resources that `murphy init` lists in a policy.
    package enum InitialList: Sendable {
      /// The host's links in the fleet.
      case linksOfTheFleet
      /// All domains, since they may migrate.
      case domainsOfTheFleet
      /// None: only the team can choose the processes, folders and cluster resources that belong to the platform, and
      /// whether clocks may be moved.
      case nothing
    }

    /// The text of a policy that allows every fault on every resource, and the given faults that may leave damage.
    package static func policyAllowingAll(damage: [String] = [], files: Bool = false) -> String {
      let list = "[\(damage.map { "\"\($0)\"" }.joined(separator: ", "))]"
      let kinds = allCases.map { #""\#($0.policyKey)": ["*"], "# }.joined()
      return #"{"faults": ["*"], \#(kinds)"#
        + (damage.isEmpty ? "" : #""damage": \#(list), "#) + (files ? #""files": ["/*"], "# : "")
        + #""longest-lease": "10m"}"#
    }
  }
}

extension [Resource] {
  /// The names of the links.
  package var links: [String] { names(of: .link) }
  /// The names of the domains.
  package var domains: [String] { names(of: .domain) }

  /// The names of the resources of one kind.
  package func names(of kind: Resource.Kind) -> [String] { filter { $0.kind == kind }.map(\.name) }
}
