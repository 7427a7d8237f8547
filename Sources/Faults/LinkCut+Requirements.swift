import Glibc
import Netlink
import Nftables

extension LinkCut {
  func missing(using instruments: Instruments) -> [String] {
    if links.isEmpty { return ["no link is named: nothing could be cut"] }
    let state: NetworkState
    do {
      state = try NetworkState.read(using: try instruments.routes())
    } catch {
      return ["\(error)"]
    }
    var lines: [String] = []
    for name in links {
      guard let link = state.links.named(name) else {
        lines.append("link \(name): \(NetlinkError(operation: "read", object: "link \(name)", code: ENODEV))")
        continue
      }
      if let refusal = refusal(of: link, as: name, among: state.links) { lines.append(refusal) }
    }
    let cut = links(among: state.links)
    switch mode {
    case .carrier:
      lines += HostRequirements.linkChanges(using: instruments)
      lines += StackSnapshot(cutting: Set(cut.map(\.index)), in: state).losses
    case .silent:
      do {
        // A chain on a link that isn't there is refused above.
        lines += HostRequirements.table(
          try rules.table(for: "check", chains(on: cut.map(\.name))), using: instruments)
        lines += try pathsPastTheCut(cut, state, using: instruments)
      } catch {
        lines.append("\(error)")
      }
    }
    return lines
  }

  /// What takes frames off a link before the rules of a silent cut see them. The kernel asks tc first, and neither what tc
  /// redirects nor what comes back from an ifb passes the netdev hooks: see __netif_receive_skb_core in net/core/dev.c.
  private func pathsPastTheCut(
    _ cut: [Link], _ state: NetworkState, using instruments: Instruments
  ) throws(NetlinkError) -> [String] {
    var lines: [String] = []
    for link in cut where (state.qdiscs[link.index] ?? []).contains(where: \.filtersIngress) {
      guard try instruments.routes().redirectsIngress(of: link.index) else { continue }
      lines.append(
        "link \(link.name) has a tc filter that redirects what comes in (tc filter show dev \(link.name) ingress): "
          + "such frames would pass a silent cut. Delete the filter for the run, or use mode: carrier")
    }
    return lines
  }

  /// The links to cut: each once, though it be named twice. A cable that is pulled takes the ports of a bond, not the bond.
  func links(among all: [Link]) -> [Link] {
    var found: [Link] = []
    for link in links.compactMap(all.named) {
      let isSplit = mode == .carrier && link.hasReplaceablePorts
      for part in isSplit ? all.ports(of: link) : [link]
      where !found.contains(where: { $0.index == part.index }) {
        found.append(part)
      }
    }
    return found
  }

  /// Why a link can't be cut, or nil.
  private func refusal(of link: Link, as name: String, among all: [Link]) -> String? {
    let words = link.name == name ? "link \(name)" : "link \(link.name) (\(name))"
    let ports = all.ports(of: link).map(\.name)
    let list = ports.isEmpty ? "it has none" : "its ports are \(ports.joined(separator: ", "))"
    if link.flags.contains(.loopback) { return "\(words) is the loopback link: no cable leads there" }
    if let kind = Self.kindsWithoutCable[link.kind ?? ""] {
      return "\(words) is \(kind) and has no cable: its ports, and guests on them, would go on without it. "
        + "Name the port that has the cable in the fleet's links; \(list)"
    }
    if !link.isUp { return "\(words) is down already: nothing could be cut" }
    if mode == .carrier, link.hasReplaceablePorts, ports.isEmpty {
      return "\(words) has no ports: nothing could be cut"
    }
    return nil
  }

  private static let kindsWithoutCable = [
    "bridge": "a bridge", "openvswitch": "an Open vSwitch port", "vrf": "a VRF",
  ]
}

extension Link {
  /// Whether the link is nothing but what joins its ports: a bond or a team.
  fileprivate var hasReplaceablePorts: Bool { kind == "bond" || kind == "team" }
}

extension [Link] {
  /// The ports of a link. Those of all Open vSwitch bridges have one master, which is their datapath.
  fileprivate func ports(of link: Link) -> [Link] {
    let master = link.kind == "openvswitch" ? link.master ?? link.index : link.index
    return filter { $0.master == master && $0.index != link.index && $0.kind != "openvswitch" }
  }
}
