import Glibc
import Journal
import Netlink

extension HostState {
  /// Links, and what is set on them; but for the taps of domains.
  static func network(using socket: RouteSocket) throws(NetlinkError) -> [Line] {
    for _ in 0..<8 {
      do {
        return try Reading(of: try socket.links(), using: socket).lines
      } catch  where error.code == ENODEV {
        // A link went between the list and the question, as a tap does with its domain.
        continue
      }
    }
    return try Reading(of: try socket.links(), using: socket).lines
  }

  private struct Reading {
    private let names: [Int32: String]
    private let links: [Link]
    private(set) var lines: [Line] = []

    init(of all: [Link], using socket: RouteSocket) throws(NetlinkError) {
      names = Dictionary(all.map { ($0.index, $0.name) }) { $1 }
      // libvirt's own, made and dropped with a domain.
      links = all.filter { !["tun", "macvtap"].contains($0.kind) }
      for link in links { try read(link, using: socket) }
      let here = Set(links.map(\.index))
      for route in try socket.routes() {
        let hops = Set(route.nextHops.map(\.link))
        if route.followsFromAddresses || route.expiresInSeconds != nil { continue }
        if !hops.isEmpty, hops.isDisjoint(with: here) { continue }
        let source = route.family == .ipv4 ? route.preferredSource : nil
        add(
          route.settled.words { names[$0] ?? "#\($0)" }, "route",
          of: links.filter { hops.contains($0.index) },
          ipv4: source.map { "\($0)" })
      }
      lines.sort { $0.text < $1.text }
    }

    private mutating func read(_ link: Link, using socket: RouteSocket) throws(NetlinkError) {
      let settings = (link.isUp ? [] : ["down"]) + link.flags.settings
      let master = link.master.map { " master \(names[$0] ?? "#\($0)")" } ?? ""
      add("\(link.name) \(settings.joined(separator: " ")) mtu \(link.mtu)\(master)", "link", of: [link])
      for address in try socket.addresses(of: link) where address.validSeconds == nil {
        let ipv4 = address.prefix.family == .ipv4 ? "\(address.prefix.address)" : nil
        add("\(link.name) \(address)", "address", of: [link], ipv4: ipv4, isAddress: ipv4 != nil)
      }
      for neighbour in try socket.neighbours(of: link) {
        add("\(link.name) \(neighbour)", "neighbour", of: [link])
      }
      for qdisc in try socket.qdiscs(of: link) where !qdisc.isDefault {
        let options = qdisc.settled.options.map { " options \($0)" } ?? ""
        let place = "\(qdisc.kind) \(qdisc.handle) parent \(qdisc.parent)"
        add("\(link.name) \(place)\(options)", "qdisc", of: [link])
      }
    }

    private mutating func add(
      _ words: String, _ kind: String, of links: [Link], ipv4: String? = nil, isAddress: Bool = false
    ) {
      let objects = links.reduce(into: Set<String>()) { $0.formUnion(reach($1)) }
      lines.append(Line(.network, of: objects.sorted(), "\(kind) \(words)", ipv4: ipv4, isAddress: isAddress))
    }

    /// A link, with its ports and all that it stands on: when one of those goes down, it may go with it.
    private func reach(_ link: Link) -> [String] {
      var found: [Int32] = [link.index]
      var next = 0
      while next < found.count {
        let index = found[next]
        next += 1
        let below =
          links.filter { $0.master == index }.map(\.index)
          + links.filter { $0.index == index }.flatMap(\.lowers)
        found += below.filter { !found.contains($0) }
      }
      return found.compactMap { names[$0] }
    }
  }
}
