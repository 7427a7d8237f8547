import Agent
import AgentProtocol
import Glibc
import Linux
import Netlink
import Scenario

/// A host for an agent: two links with addresses, a policy and a disk, all in the namespaces of this process. The
/// kernel removes them with the process.
package enum IsolatedHost {
  /// Its links, in the order of `fleetHost`'s networks. The other ends of their veth pairs are `peer0` and `peer1`.
  package static let links = ["eth0", "eth1"]

  /// The host's entry in a fleet.
  static let fleetHost = Fleet.Host(
    name: "falco", ssh: "falco", links: ["external": links[0], "internal": links[1]],
    addresses: ["external": ["192.0.2.1"], "internal": ["192.0.2.65"]],
    bmc: .init(ipmi: "192.0.2.124", user: "trial", passwordFile: "/dev/null"))

  /// The site of trials on this host: a neighbour that has only an address, and a guest if a hypervisor runs.
  package static let trialSite = TrialSite(
    host: fleetHost, network: "internal",
    peer: .init(
      name: "peer", ssh: "peer", links: ["internal": links[1]], addresses: ["internal": ["192.0.2.126"]]))

  /// The agent that was built together with this program.
  package static func agent() throws(SystemError) -> String {
    let own = try programPath()
    return own[...(own.lastIndex(of: "/") ?? own.startIndex)] + "murphy-agent"
  }

  /// Mounts an overlay over the folders that an agent and its policy use, and writes the policy. Applies to all hosts
  /// that are made afterwards.
  package static func separateFiles() throws {
    try mountMemory(on: "/run")
    for folder in ["/etc", "/var/lib"] {
      try DurableFile.makeFolder("/run/layers\(folder)/upper")
      try DurableFile.makeFolder("/run/layers\(folder)/work")
      try mount(
        "overlay", on: folder,
        "lowerdir=\(folder),upperdir=/run/layers\(folder)/upper,workdir=/run/layers\(folder)/work")
      try DurableFile.makeFolder("\(folder)/murphy")
    }
    try DurableFile.write(
      Array(Resource.Kind.policyAllowingAll(damage: ["*"]).utf8), to: Policy.path)
  }

  /// Sets up the host's links in this process's namespaces.
  package static func setUp() throws {
    try mountMemory(on: "/run")
    try mountMemory(on: "/var/lib/murphy")
    let routes = try RouteSocket()
    try routes.setUp(true, .name("lo"))
    for (index, link) in links.enumerated() {
      try routes.addVeth(link, peer: "peer\(index)")
      for end in [link, "peer\(index)"] { try routes.setUp(true, .name(end)) }
      guard let prefix = IPPrefix("192.0.2.\(64 * index + 1)/26") else { continue }
      try routes.add(InterfaceAddress(prefix), to: try routes.link(.name(link)).index)
    }
  }

  private static func mountMemory(on path: String) throws(SystemError) {
    try mount("tmpfs", on: path, "mode=755")
  }

  private static func mount(_ type: String, on path: String, _ options: String) throws(SystemError) {
    try checked("mount", path) { Glibc.mount(type, path, type, 0, options) }
  }
}
