/// One thing that a fault touches on its site.
package enum Resource: Hashable, Sendable {
  /// A network link, by one of its names.
  case link(String)
  /// A libvirt domain, by its name.
  case domain(String)
  /// A process, by its systemd unit or by the path of its executable.
  case process(String)
  /// A board management controller, by its address.
  case bmc(String)

  /// The kind, by which a host's policy allows or refuses.
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

    /// The key of a policy file that lists what may be touched of this kind.
    package var policyKey: String {
      switch self {
      case .link: "links"
      case .domain: "domains"
      case .process: "processes"
      case .bmc: "bmc"
      }
    }

    /// Whether what a fault does to it stays over a boot of the fault's site, since it is no part of that machine.
    package var outlivesBoot: Bool {
      switch self {
      case .link, .domain, .process: false
      case .bmc: true
      }
    }

    /// Whether every policy has that key, as since the first version. Of a kind that came later, a policy without its
    /// key allows nothing, so that policies written before stay readable.
    package var isInEveryPolicy: Bool {
      switch self {
      case .link, .domain: true
      case .process, .bmc: false
      }
    }
  }
}

extension [Resource] {
  /// The names of the links among them.
  package var links: [String] { names(of: .link) }
  /// The names of the domains among them.
  package var domains: [String] { names(of: .domain) }

  /// The names of the resources of one kind.
  package func names(of kind: Resource.Kind) -> [String] { filter { $0.kind == kind }.map(\.name) }
}
