extension LabSpec {
  /// Every spec, the default first.
  package static let all = [threeHosts, slowStorage, distantHosts, monitored, watched, earlyGuest]

  package static func named(_ name: String) throws(LabError) -> LabSpec {
    guard let spec = all.first(where: { $0.name == name }) else {
      throw .unknownSpec(name, known: all.map(\.name))
    }
    return spec
  }

  package static let threeHosts = cluster(
    name: "three-hosts", summary: "Pacemaker over Gluster on three hosts, with a VM that serves a website")

  /// Replication and heals share 100 Mbit/s with the guest's writes.
  private static let slowStorage = cluster(
    name: "slow-storage", summary: "as three-hosts, with 100 Mbit/s between the bricks"
  ) { network in
    if network.role == .storage { network.rate = 100_000_000 }
  }

  private static let distantHosts = cluster(
    name: "distant-hosts",
    summary: "as three-hosts, with 2 ms from each host to the others; the kernel needs netem"
  ) { network in
    network.delay = .milliseconds(2)
  }

  private static let monitored = cluster(
    name: "monitored", summary: "as three-hosts, with Prometheus and Alertmanager, which watch the hosts",
    with: { [Placement(Monitoring(network: $0))] })

  private static let watched = cluster(
    name: "watched",
    summary: "as monitored, with snmpd on each host, Nagios plugins and an SMS gateway",
    with: { network in
      let gateway = SMSGateway(network: network)
      return [
        Placement(Monitoring(network: network, receivers: [gateway.url])), Placement(gateway),
        Placement(Snmpd(network: network)), Placement(NagiosPlugins(network: network)),
      ]
    })

  /// A platform that loses acknowledged records with its guest's memory, to see how a report shows this.
  private static let earlyGuest = cluster(
    name: "early-guest",
    summary: "as three-hosts, with a guest that acknowledges writes before they are on the disk",
    website: { $0.acknowledgesBeforeSync = true })

  /// The platform of the postmortem: ssh, Corosync and guests' traffic on the external network, Gluster on the
  /// internal one. Only the hosts' BMCs are on the management network.
  private static func cluster(
    name: String, summary: String, adjust: (_ network: inout LabNetwork) -> Void = { _ in },
    website change: (_ website: inout Website) -> Void = { _ in },
    with further: (_ service: LabNetwork) -> [Placement] = { _ in [] }
  ) -> LabSpec {
    var storage = LabNetwork(
      name: "internal", role: .storage, prefix: "10.77.1", link: "eth1", hasController: false)
    var service = LabNetwork(
      name: "external", role: .service, prefix: "10.77.2", link: "eth0", carriesGuests: true)
    let management = LabNetwork(name: "management", role: .management, prefix: "10.77.3")
    adjust(&storage)
    adjust(&service)
    var website = Website(network: service)
    change(&website)
    return LabSpec(
      name: name, summary: summary, hosts: ["dauntless", "excelsior", "falco"],
      networks: [storage, service, management],
      placements: [
        Placement(BMC(network: management)),
        Placement(Sshd(network: service)),
        Placement(Libvirtd(network: service)),
        Placement(Corosync(network: service)),
        Placement(Gluster(network: storage, disk: Website.disk, diskSize: Website.diskSize)),
        Placement(Pacemaker(resources: [Website.clusterResource])),
        Placement(website),
      ] + further(service))
  }
}
