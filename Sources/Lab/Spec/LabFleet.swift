import Linux

/// The lab's fleet file: the lab's own keys, and those that its components add.
package struct LabFleet {
  let lab: Lab
  /// Lines below the fleet's name.
  var keys: [String] = []
  /// Keys of a host, by its name.
  var hosts: [String: [String]] = [:]
  /// The entries of these keys, a line each.
  var vms: [String] = []
  var probes: [String] = []
  var views: [String] = []

  /// The controller's network namespace is identified by path and inode, so that the namespace of a later process
  /// with the same pid is refused.
  static func text(of lab: Lab, record: LabRecord) -> String {
    var fleet = LabFleet(lab: lab)
    for component in lab.spec.components { component.add(to: &fleet, in: lab) }
    fleet.keys.append(
      "netns: {path: /proc/\(record.platform.pid)/ns/net, inode: \(record.networkNamespace)}")
    return fleet.text
  }

  private var text: String {
    let attached = lab.spec.networks.filter { $0.link != nil }
    var lines = ["fleet: \(lab.name)"] + keys
    lines += ["networks:"]
    lines += attached.map { "  \($0.name): {role: \($0.role.rawValue), cidr: \($0.cidr)}" }
    lines += ["hosts:"]
    let links = attached.map { "\($0.name): \($0.link ?? "")" }.joined(separator: ", ")
    for host in lab.spec.hosts {
      let addresses = attached.map { "\($0.name): \($0.address(of: host))" }.joined(separator: ", ")
      let keys =
        ["ssh: root@\(host.name)", "links: {\(links)}", "addresses: {\(addresses)}"]
        + hosts[host.name, default: []]
      lines.append("  \(host.name): {\(keys.joined(separator: ", "))}")
    }
    if !vms.isEmpty { lines += ["vms:"] + vms.map { "  \($0)" } }
    lines.append("quorum: \(lab.spec.quorum)")
    if !probes.isEmpty { lines += ["probes:"] + probes.map { "  \($0)" } }
    if !views.isEmpty { lines += ["views:"] + views.map { "  \($0)" } }
    return lines.joined(separator: "\n") + "\n"
  }
}
