extension Fleet.Host {
  /// The networks on which the host has a link and the fleet doesn't say which addresses; nil looks at all networks.
  package func networksWithoutAddresses(_ network: String?) -> [String] {
    (network.map { [$0] } ?? links.keys.sorted()).filter { addresses?[$0] == nil }
  }

  /// What to write where a partition needs addresses that the fleet doesn't give.
  package func needsAddresses(on network: String) -> String {
    "a partition needs \(name)'s addresses on \(network): write addresses: {\(network): ADDRESS} for \(name) in the fleet "
      + "file; murphy init reads them from the hosts"
  }
}
