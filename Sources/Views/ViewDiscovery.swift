import Scenario

/// The facts about a part of the platform that `murphy init` reads on one host.
package struct ViewDiscovery: Sendable {
  /// The views of this part for the fleet file.
  package var views: [ViewSpec]
  /// The name that this part has for the host; nil if it doesn't show one.
  package var node: String?
  /// The names that it has for all hosts.
  package var hosts: Set<String>
  /// The names whose addresses carry its data.
  package var dataHosts: Set<String>
  /// The folders with a copy of its data, by the name of the host.
  package var dataFolders: [String: Set<String>]

  package init(
    views: [ViewSpec] = [], node: String? = nil, hosts: Set<String> = [], dataHosts: Set<String> = [],
    dataFolders: [String: Set<String>] = [:]
  ) {
    self.views = views
    self.node = node
    self.hosts = hosts
    self.dataHosts = dataHosts
    self.dataFolders = dataFolders
  }
}
