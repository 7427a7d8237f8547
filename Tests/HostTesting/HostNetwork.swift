import Glibc
import Netlink
import Testing

/// The network of a host named falco, in the calling thread's namespace: eth0 and eth1, each with a cable to a switch's
/// port, switch0 and switch1; addresses of both families, a permanent neighbour, and routes through routers.
package struct HostNetwork {
  /// The rtnetlink socket of the calling thread.
  package let socket: RouteSocket

  /// Creates the links, and waits until everything is stable.
  package init() throws {
    // Without duplicate address detection, which takes seconds: see ip-sysctl.rst in the kernel's documentation.
    let file = open("/proc/sys/net/ipv6/conf/default/accept_dad", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw CallFailed("open accept_dad") }
    defer { close(file) }
    guard write(file, "0", 1) == 1 else { throw CallFailed("write accept_dad") }
    socket = try RouteSocket()
    try socket.setUp(true, .name("lo"))
    for number in 0...1 {
      try socket.addVeth("eth\(number)", peer: "switch\(number)")
      for end in ["eth\(number)", "switch\(number)"] { try socket.setUp(true, .name(end)) }
      let link = try socket.link(.name("eth\(number)")).index
      try socket.add(InterfaceAddress(try prefix("10.0.\(number).1/24")), to: link)
      try socket.add(
        InterfaceAddress(try prefix("fd00:\(number)::1/64"), flags: .noDuplicateDetection), to: link)
      let neighbour = try #require(IPAddress("10.0.\(number).253"))
      try socket.add(Neighbour(neighbour, at: HardwareAddress("02:00:00:00:00:fd")), to: link)
      let router = NextHop(link: link, gateway: IPAddress("10.0.\(number).254"))
      try socket.add(Route(to: try prefix(number == 0 ? "0.0.0.0/0" : "10.9.0.0/16"), via: [router]))
    }
    let socket = socket
    try eventually("all cables have their carrier, and all addresses are in use") {
      try socket.links().allSatisfy { link in
        let addresses = try socket.addresses(of: link)
        return link.kind == nil
          || link.operativeState == .up && addresses.contains { $0.prefix.family == .ipv6 }
            && addresses.allSatisfy { !$0.flags.contains(.tentative) }
      }
    }
  }

  /// The host's own links now, with addresses and routes.
  package func snapshot(of links: String...) throws -> StackSnapshot {
    try StackSnapshot.take(of: (links.isEmpty ? ["eth0", "eth1"] : links).map { .name($0) }, using: socket)
  }

  /// The differences from before, a line each.
  package func differences(from before: StackSnapshot) throws -> [String] {
    before.differences(from: try snapshot())
  }

  /// Whether a link is set up, according to the kernel.
  package func isUp(_ link: String) throws -> Bool { try socket.link(.name(link)).isUp }

  private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
}
