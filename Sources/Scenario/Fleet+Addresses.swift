extension Fleet.Host {
  /// The networks on which the host has a link but no addresses in the fleet; nil means all networks.
  package func networksWithoutAddresses(_ network: String?) -> [String] {
    (network.map { [$0] } ?? links.keys.sorted()).filter { addresses?[$0] == nil }
  }

  /// The message for a fault that needs the host's BMC.
  package var needsBMC: String {
    "host \(name) has no bmc in the fleet file: write bmc: {ipmi: ADDRESS, user: USER, password-file: FILE} for it, or "
      + "redfish: https://ADDRESS instead of ipmi"
  }

  /// The message for a partition without the addresses that it needs.
  package func needsAddresses(on network: String) -> String {
    "a partition needs \(name)'s addresses on \(network): write addresses: {\(network): ADDRESS} for \(name) in the fleet "
      + "file; murphy init reads them from the hosts"
  }
}
