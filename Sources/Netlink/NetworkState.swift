/// The parts of a host's network that a link can lose by going down, at one instant and in the kernel's order.
package struct NetworkState: Sendable {
  package var links: [Link] = []
  /// By the link's index.
  package var addresses: [Int32: [InterfaceAddress]] = [:]
  package var routes: [Route] = []
  package var nextHops: [NextHopObject] = []
  /// By the link's index.
  package var neighbours: [Int32: [Neighbour]] = [:]
  /// By the link's index.
  package var qdiscs: [Int32: [Qdisc]] = [:]

  package init(links: [Link] = []) { self.links = links }

  /// Reads the state of the socket's network namespace.
  package static func read(using socket: RouteSocket) throws(NetlinkError) -> NetworkState {
    var state = NetworkState(links: try socket.links())
    state.addresses = try socket.addresses(of: state.links)
    state.routes = try socket.routes()
    state.nextHops = try socket.nextHops()
    state.neighbours = try socket.neighbours(of: state.links)
    state.qdiscs = try socket.qdiscs()
    return state
  }
}
