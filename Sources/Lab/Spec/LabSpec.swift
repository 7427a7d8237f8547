/// What a lab consists of: hosts, networks, and the components that run on them.
package struct LabSpec: Sendable {
  /// As `murphy lab up --spec` takes it.
  package let name: String
  /// One line.
  package let summary: String
  package let hosts: [LabHost]
  package let networks: [LabNetwork]
  /// In the order in which they are started.
  package let placements: [Placement]

  /// A component and where it runs.
  package struct Placement: Sendable {
    package let component: any LabComponent
    /// The names of its hosts; nil for all.
    let hosts: Set<String>?

    /// On every host, or of the lab as a whole.
    init(_ component: any LabComponent) {
      self.component = component
      hosts = nil
    }

    /// On some hosts only.
    init(_ component: any LabComponent, on hosts: Set<String>) {
      self.component = component
      self.hosts = hosts
    }
  }

  init(
    name: String, summary: String, hosts: [String], networks: [LabNetwork], placements: [Placement]
  ) {
    self.name = name
    self.summary = summary
    self.hosts = hosts.enumerated().map { LabHost(name: $0.element, number: $0.offset + 1) }
    self.networks = networks
    self.placements = placements
  }

  var components: [any LabComponent] { placements.map(\.component) }

  /// The components that run on `host`, in the order in which they are started.
  func components(on host: LabHost) -> [any LabComponent] {
    placements.filter { $0.hosts?.contains(host.name) ?? true }.map(\.component)
  }

  /// How many hosts are a majority.
  var quorum: Int { hosts.count / 2 + 1 }

  /// The host called `name`.
  func host(named name: String) throws(LabError) -> LabHost {
    guard let host = hosts.first(where: { $0.name == name }) else {
      throw .unknownHost(name, known: hosts.map(\.name))
    }
    return host
  }
}
