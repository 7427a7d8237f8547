import Glibc
import Netlink
import Nftables
import Scenario

/// A cut of some of a host's links: the common part of `host.unplug` and `link.drop`.
package struct LinkCut: Codable, Sendable {
  /// How a link is cut.
  package enum Mode: String, Codable, CaseIterable, Sendable {
    /// The link is set down: both ends lose their carrier, and the kernel drops addresses and routes. Of a bond or
    /// team, all ports are set down.
    case carrier
    /// The link stays up and loses every frame, like a link to a switch with a broken table. Frames are dropped on the
    /// netdev hooks, which also see the bridged traffic of guests.
    case silent
  }

  /// The direction that is cut, from the host's point of view.
  package enum Direction: String, Codable, CaseIterable, Sendable {
    /// Incoming frames.
    case `in`
    /// Outgoing frames.
    case out
    case both
  }

  /// The links, by one name of each.
  package let links: [String]
  package let mode: Mode
  package let direction: Direction

  static let modeParameter = FaultParameter(
    name: "mode",
    summary:
      "carrier: the link goes down. silent: it stays up and loses every frame, including those of guests.",
    form: .word(Mode.allCases.map(\.rawValue)), standard: .word(Mode.carrier.rawValue))

  init(_ step: Step, links: [String], mode: String?, direction: String?) throws(StepRefused) {
    guard let mode = mode.flatMap(Mode.init), let direction = direction.flatMap(Direction.init) else {
      throw StepRefused(
        step, "mode is carrier or silent; direction is in, out or both", of: "mode", "direction")
    }
    if mode == .carrier, direction != .both {
      throw StepRefused(
        step, "a carrier is lost both ways; for direction: \(direction.rawValue) write mode: silent",
        of: "mode", "direction")
    }
    self.links = links
    self.mode = mode
    self.direction = direction
  }

  var object: String {
    let way = direction == .both ? "" : ", \(direction.rawValue)"
    return "\(links.joined(separator: ", ")) (\(mode.rawValue)\(way))"
  }

  var undoing: String {
    switch mode {
    case .carrier:
      "sets the links up, with the addresses, routes, qdiscs and neighbours that its snapshot recorded, and every link "
        + "on top of them"
    case .silent: "deletes the nft table of this lease"
    }
  }

  var injection: Injection<Undo> {
    switch mode {
    case .carrier:
      .untilReverted(because: "a link that was set down stays down until it is set up", byDaemon: false) {
        undo, instruments in
        let routes = try instruments.routes()
        for link in undo.cut { try routes.setUp(false, .index(link.index)) }
      }
    case .silent: .expiring(rules)
    }
  }

  var rules: ExpiringRules<Undo> {
    .init(
      family: .netdev, set: Self.set, kind: .interfaceName, chains: { try chains(on: $0.cut.map(\.name)) },
      values: { try Self.devices($0) })
  }

  func chains(on links: [String]) throws -> [Chain] {
    var chains: [Chain] = []
    for (index, link) in links.enumerated() {
      let device = try InterfaceName(link)
      if direction != .out {
        chains.append(
          Chain(
            try NftablesName("in\(index)"), at: .ingress(device: device), priority: Self.priority,
            rules: [.drop(.inputInterfaceIn(Self.set))]))
      }
      if direction != .in {
        chains.append(
          Chain(
            try NftablesName("out\(index)"), at: .egress(device: device), priority: Self.priority,
            rules: [.drop(.outputInterfaceIn(Self.set))]))
      }
    }
    return chains
  }

  var signals: Set<EffectSignal> { mode == .carrier ? [.links] : [.links, .nftables] }

  /// Checks each link as the kernel shows it, and in mode silent the whole table and the tc filters that may bypass it.
  /// A link that was deleted or moved to another network namespace is no longer cut, since another link carries the
  /// host's traffic now. A renamed link is no longer cut in mode silent, because the rules match its name.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let routes = try instruments.routes()
    for cut in undo.cut {
      let link: Link
      do throws(NetlinkError) {
        link = try routes.link(.index(cut.index))
      } catch {
        if error.code == ENODEV { return .inactive(because: "link \(cut.name) is gone") }
        throw error
      }
      if mode == .carrier, link.isUp { return .inactive(because: "link \(link.name) is up") }
      if mode == .silent, link.name != cut.name {
        return .inactive(because: "link \(cut.name) was renamed to \(link.name)")
      }
    }
    if !undo.masters.isEmpty {
      let links = try routes.links()
      for master in undo.masters {
        guard let port = links.first(where: { $0.master == master.index && $0.isUp }) else { continue }
        return .inactive(because: "link \(port.name) is up and a port of \(master.name), which is cut")
      }
    }
    if let table = undo.table {
      if let deviation = try rules.deviation(of: table, undo, using: instruments) {
        return .inactive(because: deviation)
      }
      let links = try routes.links()
      let cut = links.filter { link in undo.cut.contains { $0.index == link.index } }
      let paths = try pathsPastTheCut(cut, among: links, try routes.qdiscs(), using: instruments)
      if let path = paths.first { return .inactive(because: path) }
      return .active(evidence: Self.evidence(ofSilence: undo))
    }
    return .active(evidence: "the kernel shows \(undo.names) down")
  }

  /// In mode silent, the set as the kernel lists it.
  func onset(_ undo: Undo, using instruments: Instruments) throws -> String? {
    guard let table = undo.table else { return try effect(undo, using: instruments).evidence }
    return try instruments.nftables().contains(try Self.devices(undo), in: Self.set, of: table)
      ? Self.evidence(ofSilence: undo) : nil
  }

  private static func evidence(ofSilence undo: Undo) -> String {
    "the kernel lists \(undo.names) in the set that drops"
  }

  private static func devices(_ undo: Undo) throws(NftablesError) -> [NamedSet.Value] {
    var devices: [NamedSet.Value] = []
    for link in undo.cut { devices.append(.interface(try InterfaceName(link.name))) }
    return devices
  }

  private static let set: NftablesName = "cut"
  /// Before the chains that other programs add to the same hooks.
  private static let priority: Int32 = -500
}
