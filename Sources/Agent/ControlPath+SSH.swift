import Faults
import Netlink

extension ControlPath {
  /// The path of the ssh connection in which this agent was started: the link that has the connection's own address,
  /// with the ports of that link where it is a bridge, since the connection passes one of them.
  ///
  /// - Parameter connection: the variable SSH_CONNECTION, `client port server port`; see ssh(1).
  init?(sshConnection connection: String, using socket: RouteSocket) throws(NetlinkError) {
    let words = connection.split(separator: " ")
    guard words.count == 4, let server = IPAddress(String(words[2])), let port = UInt16(words[3]) else {
      return nil
    }
    let links = try socket.links()
    var path: [String] = []
    for link in links where try socket.addresses(of: link).contains(where: { $0.prefix.address == server }) {
      path.append(link.name)
      path += links.filter { $0.master == link.index }.map(\.name)
    }
    self.init(links: path, port: port)
  }
}
