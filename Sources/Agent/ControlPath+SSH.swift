import Faults
import Linux
import Netlink

extension ControlPath {
  /// The path of the ssh connection in which this agent was started: the link that has the connection's own address,
  /// and all that it stands on (ports of a bridge, links of a bond, the link below a VLAN), at whatever depth.
  ///
  /// - Parameter connection: the variable SSH_CONNECTION, `client port server port`; see ssh(1).
  init?(sshConnection connection: String, using socket: RouteSocket) throws {
    let words = connection.split(separator: " ")
    guard words.count == 4, let server = IPAddress(String(words[2])), let port = UInt16(words[3]) else {
      return nil
    }
    var path: [String] = []
    for link in try socket.links()
    where try socket.addresses(of: link).contains(where: { $0.prefix.address == server }) {
      path.append(link.name)
    }
    var next = path
    while let link = next.popLast() {
      // A link names what it stands on as lower_NAME; see sysfs-class-net in the kernel's ABI.
      let below = try DurableFile.list("/sys/class/net/\(link)").filter { $0.hasPrefix("lower_") }
        .map { String($0.dropFirst(6)) }.filter { !path.contains($0) }
      path += below
      next += below
    }
    self.init(links: path, port: port)
  }
}
