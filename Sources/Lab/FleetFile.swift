import Linux

/// The fleet that a lab is, in the format of any other fleet.
enum FleetFile {
  /// Two keys beyond what a fleet of real hosts needs: where ssh finds its keys, and the network namespace of the
  /// controller, by path and inode so that a later process's isn't taken for it. Gluster knows its peers by address, so each
  /// host has that as an alias.
  static func text(lab: String, state: String, record: LabRecord) -> String {
    let hosts = LabHost.allCases.map { host in
      "  \(host.name): {ssh: root@\(host.name), links: {internal: eth1, external: eth0}, "
        + "aliases: [\(host.internalAddress)]}\n"
    }
    return """
      fleet: \(lab)
      ssh-config: \(state)/ssh_config
      netns: {path: /proc/\(record.platform.pid)/ns/net, inode: \(record.networkNamespace)}
      networks:
        internal: {role: storage, cidr: 10.77.1.0/24}
        external: {role: service, cidr: 10.77.2.0/24}
      hosts:
      \(hosts.joined())vms:
        web: {domain: web}
      quorum: 2
      probes:
        website: {http: "http://\(Guest.address)/", every: 100ms, timeout: 1s, expect: {status: 200}}
        writes: {append: "tcp://\(Guest.address):7000", every: 100ms}
      views:
        storage: {gluster: vms}
        manager: {pacemaker: {}}

      """
  }
}
