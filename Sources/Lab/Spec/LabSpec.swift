import Scenario

/// The hosts and networks of a lab, and the components that run on them.
package struct LabSpec: Sendable {
  /// A built-in spec's name for `murphy lab up --spec`, or the name in its file.
  package let name: String
  package let summary: String
  package let hosts: [LabHost]
  package let networks: [LabNetwork]
  /// In start order.
  package let placements: [Placement]
  /// The options that it was made from; nil for a spec that was made otherwise.
  let options: LabOptions?

  /// A component and where it runs.
  package struct Placement: Sendable {
    package let component: any LabComponent
    /// The names of its hosts; nil for all.
    let hosts: Set<String>?

    /// On every host, or shared.
    init(_ component: any LabComponent) {
      self.component = component
      hosts = nil
    }

    init(_ component: any LabComponent, on hosts: Set<String>) {
      self.component = component
      self.hosts = hosts
    }
  }

  init(
    name: String, summary: String, hosts: [String], networks: [LabNetwork], placements: [Placement],
    options: LabOptions? = nil
  ) {
    self.name = name
    self.summary = summary
    self.hosts = hosts.enumerated().map { LabHost(name: $0.element, number: $0.offset + 1) }
    self.networks = networks
    self.placements = placements
    self.options = options
  }

  var components: [any LabComponent] { placements.map(\.component) }

  /// The components on `host`, in start order.
  func components(on host: LabHost) -> [any LabComponent] {
    placements.filter { $0.hosts?.contains(host.name) ?? true }.map(\.component)
  }

  /// The hosts with the component of this name.
  func hosts(of component: String) -> [LabHost] {
    hosts.filter { components(on: $0).contains { $0.name == component } }
  }

  /// The number of hosts that form a majority of the cluster; 0 without a cluster, since then no host needs another.
  var quorum: Int {
    let members = hosts(of: "corosync").count
    return members == 0 ? 0 : members / 2 + 1
  }

  func host(named name: String) throws(LabError) -> LabHost {
    guard let host = hosts.first(where: { $0.name == name }) else {
      throw .unknownHost(name, known: hosts.map(\.name))
    }
    return host
  }
}
