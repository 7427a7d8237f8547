import Scenario
import Faults
import Netlink

extension ControlPath {
  /// The path of the ssh connection in which this agent was started: the link with the connection's own address, and
  /// all links below it (ports of a bridge, links of a bond, the link below a VLAN), at any depth.
  ///
  /// - Parameter connection: the variable SSH_CONNECTION, `client port server port`; see ssh(1).
  init?(sshConnection connection: String, using socket: RouteSocket) throws(NetlinkError) {
    let words = connection.split(separator: " ")
    guard words.count == 4, let server = IPAddress(String(words[2])), let port = UInt16(words[3]) else {
      return nil
    }
    let links = try socket.links()
    var path: [Link] = []
    for link in links where try socket.addresses(of: link).contains(where: { $0.prefix.address == server }) {
      path.append(link)
    }
    var next = path
    while let link = next.popLast() {
      let below = links.filter { other in
        (other.master == link.index || link.lowers.contains(other.index))
          && !path.contains { $0.index == other.index }
      }
      path += below
      next += below
    }
    // With all names, since a fault uses the name in the fleet. A link-local address has its link after a '%'.
    let client = String(words[0].prefix { $0 != "%" })
    self.init(
      links: path.flatMap(\.names), port: port, client: IPAddress(client).map { "\($0)" } ?? client)
  }
}
