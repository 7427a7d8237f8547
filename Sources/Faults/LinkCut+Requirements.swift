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
      do {
        lines += try foreignLosses(cut, among: state.links).lines.map { "\(cutNames(cut)): \($0)" }
      } catch {
        lines.append("other network namespaces can't be searched for links on \(cutNames(cut)): \(error)")
      }
    case .silent:
      do {
        // A chain on a link that doesn't exist was refused above.
        lines += HostRequirements.table(
          try rules.table(for: "check", chains(on: cut.map(\.name))), using: instruments)
        lines += try pathsPastTheCut(cut, among: state.links, state.qdiscs, using: instruments).map {
          "\($0): such frames would pass a silent cut. Delete the filter for the run, or use mode: carrier"
        }
      } catch {
        lines.append("\(error)")
      }
    }
    return lines
  }

  /// Remarks in the plan about a cut that is possible.
  func remarks(using instruments: Instruments) throws -> [String] {
    guard mode == .carrier else { return [] }
    let links = try instruments.routes().links()
    let cut = self.links(among: links)
    if cut.isEmpty { return [] }
    let bonds = links.filter { bond in
      bond.activePort.map { !$0.returnsToPrimary } ?? false && cut.contains { $0.master == bond.index }
    }
    return bonds.map { bond in
      "bond \(bond.name) chooses its active port by itself, as after a pulled cable, and keeps it after the revert"
    }
      + (try foreignLosses(cut, among: links).unreadable.map {
        "not searched for links on \(cutNames(cut)), although such links would lose addresses and routes: the network "
          + "namespace of \($0)"
      })
  }

  private func cutNames(_ cut: [Link]) -> String { cut.map(\.name).joined(separator: ", ") }

  private func foreignLosses(_ cut: [Link], among links: [Link]) throws -> ForeignLosses {
    try ForeignLosses(beside: LinkStack(cutting: Set(cut.map(\.index)), among: links))
  }

  /// The tc filters by which frames bypass the rules of a silent cut. On ingress, the kernel runs tc before netfilter.
  /// Frames that tc redirects, from any link, skip the hooks of both the incoming and the outgoing link: see
  /// nf_skip_egress and __netif_receive_skb_core in net/core/dev.c. Frames that a cut link sends are dropped before its
  /// own tc.
  func pathsPastTheCut(
    _ cut: [Link], among links: [Link], _ qdiscs: [Int32: [Qdisc]], using instruments: Instruments
  ) throws(NetlinkError) -> [String] {
    let routes = try instruments.routes()
    var lines: [String] = []
    for link in links {
      let isCut = cut.contains { $0.index == link.index }
      let hooks = Set((qdiscs[link.index] ?? []).flatMap(\.filterHooks))
      for hook in hooks.sorted(by: { $0.rawValue < $1.rawValue }) {
        let redirection = try routes.redirection(of: link.index, hook)
        let filter = "link \(link.name) has a tc filter (tc filter show dev \(link.name) \(hook))"
        if isCut, hook == .ingress, direction != .out {
          if !redirection.isEmpty { lines.append("\(filter) that redirects incoming frames") }
        } else if direction != .in, !isCut || hook == .ingress {
          let reached = cut.filter { redirection.mayBeAnywhere || redirection.targets.contains($0.index) }
          if reached.isEmpty { continue }
          let may = redirection.mayBeAnywhere ? "may redirect" : "redirects"
          lines.append("\(filter) that \(may) to \(cutNames(reached))")
        }
      }
    }
    return lines
  }

  /// The links to cut, each once even if it is named twice. A cable that is pulled affects the ports of a bond, not
  /// the bond.
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

  /// The bonds and teams that are cut at their ports.
  func masters(among all: [Link]) -> [Link] {
    mode == .carrier ? links.compactMap(all.named).filter(\.hasReplaceablePorts) : []
  }

  /// Why a link can't be cut, or nil.
  private func refusal(of link: Link, as name: String, among all: [Link]) -> String? {
    let words = link.name == name ? "link \(name)" : "link \(link.name) (\(name))"
    let ports = all.ports(of: link).map(\.name)
    let list = ports.isEmpty ? "it has none" : "its ports are \(ports.joined(separator: ", "))"
    if link.flags.contains(.loopback) { return "\(words) is the loopback link: no cable leads there" }
    if let kind = Self.kindsWithoutCable[link.kind ?? ""] {
      return
        "\(words) is \(kind) and has no cable: its ports, and guests on them, would still work without it. "
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
  /// Whether the link only joins its ports: a bond or a team.
  fileprivate var hasReplaceablePorts: Bool { kind == "bond" || kind == "team" }
}

extension [Link] {
  /// The ports of a link. Those of all Open vSwitch bridges have one master, which is their datapath.
  fileprivate func ports(of link: Link) -> [Link] {
    let master = link.kind == "openvswitch" ? link.master ?? link.index : link.index
    return filter { $0.master == master && $0.index != link.index && $0.kind != "openvswitch" }
  }
}
