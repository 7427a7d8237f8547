import Agent
import AgentProtocol
import Glibc
import Linux
import Netlink
import Scenario

/// A host as an agent finds it: two links with addresses, a policy, a disk of its own; all in the namespaces of this
/// process, and gone with them.
package enum IsolatedHost {
  /// Its links, in the order of `fleetHost`'s networks. The other ends of their cables are `peer0` and `peer1`.
  package static let links = ["eth0", "eth1"]

  /// The host as a fleet has it.
  package static let fleetHost = Fleet.Host(
    name: "falco", ssh: "falco", links: ["external": links[0], "internal": links[1]],
    addresses: ["external": ["192.0.2.1"], "internal": ["192.0.2.65"]])

  /// The agent that was built with this program.
  package static func agent() throws(SystemError) -> String {
    let own = try programPath()
    return own[...(own.lastIndex(of: "/") ?? own.startIndex)] + "murphy-agent"
  }

  /// Puts a layer over the folders that an agent and its policy need, for all hosts to come; and writes the policy.
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
      Array(#"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#.utf8),
      to: Policy.path)
  }

  /// Makes this process's namespaces a host.
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
