import Scenario

extension ManagerState {
  /// The manager's name for a host of the fleet; nil if it shows no such node.
  package func node(of host: String, in fleet: Fleet) -> String? {
    if nodes[host] != nil { return host }
    return nodes.keys.sorted().first { fleet.host(called: $0)?.name == host }
  }

  /// The state of a host's node; nil if the manager shows no such node.
  package func state(of host: String, in fleet: Fleet) -> String? {
    node(of: host, in: fleet).flatMap { nodes[$0] }
  }

  /// The resource of a virtual machine: it has its name, its domain's or one of its aliases.
  package func resource(of vm: Fleet.VirtualMachine) -> Resource? {
    vm.names.lazy.compactMap { resources[$0] }.first
  }
}

extension ManagerState.Resource {
  /// Whether the manager reports it as active on a host of the fleet.
  package func isActive(on host: String, in fleet: Fleet) -> Bool {
    nodes.contains { $0 == host || fleet.host(called: $0)?.name == host }
  }
}
