import Scenario

/// What `murphy init` learns about a part of the platform from one host.
package struct ViewDiscovery: Sendable {
  /// The views that a fleet can have of it.
  package var views: [ViewSpec]
  /// What it calls this host; nil if it doesn't show that.
  package var node: String?
  /// What it calls the hosts that it knows.
  package var hosts: Set<String>
  /// Those of them whose addresses carry its data.
  package var dataHosts: Set<String>

  package init(
    views: [ViewSpec] = [], node: String? = nil, hosts: Set<String> = [], dataHosts: Set<String> = []
  ) {
    self.views = views
    self.node = node
    self.hosts = hosts
    self.dataHosts = dataHosts
  }
}
