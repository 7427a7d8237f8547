import Scenario

extension LabSpec {
  /// The platform of the postmortem with these options: ssh, Corosync and guests' traffic on the external network,
  /// Gluster on the internal one. The hosts' BMCs are on the management network, and with fencing the hosts too.
  package init(_ options: LabOptions, summary: String = "") {
    switch options.platform {
    case .cluster: self.init(cluster: options, summary)
    case .plain: self.init(plain: options, summary, hosts: ["dauntless"])
    case .twoPlain: self.init(plain: options, summary, hosts: ["dauntless", "excelsior"])
    }
  }

  private init(cluster options: LabOptions, _ summary: String) {
    var storage = LabNetwork(
      name: "internal", role: .storage, prefix: "10.77.1", link: "eth1", hasController: false)
    storage.limit(by: options.storageNetwork)
    var service = LabNetwork(
      name: "external", role: .service, prefix: "10.77.2", link: "eth0", carriesGuests: true)
    service.limit(by: options.serviceNetwork)
    var management = LabNetwork(name: "management", role: .management, prefix: "10.77.3")
    var placements: [Placement] = []
    func place(_ component: any LabComponent, if isMeant: Bool = true) {
      if isMeant { placements.append(Placement(component)) }
    }
    let isFencing = options.fencing != .none
    if isFencing {
      management.link = "eth2"
      management.firstHost = 30
    }
    let bmc = BMC(network: management)
    let fencing = isFencing ? Fencing(bmc: bmc, method: options.fencing.rawValue) : nil
    place(bmc)
    place(Sshd(network: service))
    place(Libvirtd(network: service))
    place(Corosync(network: service))
    place(BrickDisk(), if: options.bricks == .xfs)
    let noise: NoisyGuest? =
      switch options.noisyGuest {
      case .none: nil
      case .free: NoisyGuest(network: service, operations: nil)
      case .limited: NoisyGuest(network: service, operations: 20)
      }
    let gateway = SMSGateway(network: service)
    var monitoring = Monitoring(
      network: service, receivers: options.monitoring.contains(.sms) ? [gateway.url] : [])
    var alertmanager: AlertmanagerGuest?
    if options.alertmanager == .guest, options.monitoring.contains(.prometheus) {
      let guest = AlertmanagerGuest(network: service, configuration: monitoring.alertmanagerConfiguration)
      monitoring.alertmanagerGuest = guest.address
      alertmanager = guest
    }
    place(
      Gluster(
        network: storage, disk: Website.disk, diskSize: Website.diskSize,
        furtherDisks: (noise == nil ? [] : [(NoisyGuest.disk, NoisyGuest.diskSize)])
          + (alertmanager == nil ? [] : [(AlertmanagerGuest.disk, AlertmanagerGuest.diskSize)]),
        healThreads: options.healThreads,
        backgroundHeals: options.backgroundHeals))
    place(
      Pacemaker(
        resources: ([Website.guest] + [noise?.guest, alertmanager?.guest].compactMap(\.self)).map(
          \.clusterResource),
        constraints: noise == nil ? [] : [NoisyGuest.constraint], fencing: fencing))
    if let fencing { place(fencing) }
    place(Website(network: service, acknowledgesBeforeSync: options.acknowledgesBeforeSync))
    if let noise { place(noise) }
    if let alertmanager { place(alertmanager) }
    place(monitoring, if: options.monitoring.contains(.prometheus))
    place(gateway, if: options.monitoring.contains(.sms))
    place(Snmpd(network: service), if: options.monitoring.contains(.snmp))
    place(NagiosPlugins(network: service), if: options.monitoring.contains(.nagios))
    self.init(
      name: options.name, summary: summary, hosts: ["dauntless", "excelsior", "falco"],
      networks: [storage, service, management] + storage.furtherCables(options.storageLinks),
      placements: placements, options: options)
  }
}

extension LabSpec {
  /// Hosts with libvirt alone. The guest and its disk are on the first one. The BMCs are on the management network.
  private init(plain options: LabOptions, _ summary: String, hosts: [String]) {
    var service = LabNetwork(
      name: "external", role: .service, prefix: "10.77.2", link: "eth0", carriesGuests: true)
    service.limit(by: options.serviceNetwork)
    let management = LabNetwork(name: "management", role: .management, prefix: "10.77.3")
    let website = Website(network: service, acknowledgesBeforeSync: options.acknowledgesBeforeSync)
    let components: [any LabComponent] = [
      BMC(network: management), Sshd(network: service), Libvirtd(network: service, isModular: true),
      LocalWebsite(website: website),
    ]
    self.init(
      name: options.name, summary: summary, hosts: hosts, networks: [service, management],
      placements: components.map { Placement($0) }, options: options)
  }
}

extension LabNetwork {
  fileprivate mutating func limit(by options: LabOptions.Network) {
    rate = options.rate
    delay = options.delay.map { .nanoseconds($0.count) }
  }
}
