/// An object that a fault touches on its site.
package enum Resource: Hashable, Sendable {
  /// A network link, by one of its names.
  case link(String)
  /// A libvirt domain, by its name.
  case domain(String)
  /// A process, by its systemd unit or by the path of its executable.
  case process(String)
  /// A board management controller, by its address.
  case bmc(String)

  /// The kind, which a host's policy allows or refuses.
  package var kind: Kind {
    switch self {
    case .link: .link
    case .domain: .domain
    case .process: .process
    case .bmc: .bmc
    }
  }

  /// The name of the resource within its kind.
  package var name: String {
    switch self {
    case .link(let name), .domain(let name), .process(let name), .bmc(let name): name
    }
  }

  /// The kinds of resources that the faults of this version touch.
  package enum Kind: String, CaseIterable, Sendable {
    /// Network links.
    case link
    /// libvirt domains.
    case domain
    /// Processes.
    case process
    /// Board management controllers.
    case bmc

    /// The key of a policy file with the allowed resources of this kind.
    package var policyKey: String {
      switch self {
      case .link: "links"
      case .domain: "domains"
      case .process: "processes"
      case .bmc: "bmc"
      }
    }

    /// Whether the first version of policies already had this key. A policy without the key of a newer kind allows no
    /// resource of that kind, so that old policies stay valid.
    package var isInEveryPolicy: Bool {
      switch self {
      case .link, .domain: true
      case .process, .bmc: false
      }
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
