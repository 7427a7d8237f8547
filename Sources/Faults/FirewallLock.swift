import Nftables
import Scenario

/// `firewall.lock`: a host's firewall closes.
package struct FirewallLock: TableFault {
  /// Which way is closed, as the host sees it.
  package typealias Direction = LinkCut.Direction

  /// Which way is closed.
  package let direction: Direction
  /// The ports, of TCP and UDP, that stay open.
  package let allow: [UInt16]
  /// Whether connections that were open before stay open.
  package let keepsEstablished: Bool

  /// Its description.
  package static let description = FaultDescription(
    name: "firewall.lock",
    summary: "A host's own firewall drops all but some ports; its bridged guests are not behind it.",
    targets: [.host],
    parameters: [
      .init(
        name: "direction", summary: "Which way is closed, as the host sees it.",
        form: .word(Direction.allCases.map(\.rawValue)), standard: .word(Direction.in.rawValue)),
      .init(
        name: "allow", summary: "The ports, of TCP and UDP, that stay open.", form: .ports,
        standard: .ports([22])),
      .init(
        name: "established", summary: "Whether connections that were open before stay open.",
        form: .word(["kept", "cut"]), standard: .word("kept")),
    ], takesHost: true, extent: .held,
    variants: [
      .init(
        "in, established kept", ["direction": "in", "established": "kept"],
        observed: .inNamespace(.packetsDropped)),
      .init(
        "out, established kept", ["direction": "out", "established": "kept"],
        observed: .inNamespace(.packetsDropped)),
      .init(
        "both, established kept", ["direction": "both", "established": "kept"],
        observed: .inNamespace(.packetsDropped)),
      .init(
        "in, established cut", ["direction": "in", "established": "cut"],
        observed: .inNamespace(.packetsDropped)),
      .init(
        "both, established cut", ["direction": "both", "established": "cut"],
        observed: .inNamespace(.packetsDropped)),
      .init(
        "both, established cut, no open port", ["direction": "both", "established": "cut"],
        ["allow": .ports([])], observed: .inNamespace(.packetsDropped)),
    ])

  /// The lock that a step asks for.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let direction = Self.word("direction", of: step).flatMap(Direction.init),
      case .ports(let allow)? = Self.parameter("allow", of: step),
      let established = Self.word("established", of: step)
    else {
      throw StepRefused(
        step, "direction is in, out or both; allow is a list of ports; established kept or cut")
    }
    self.direction = direction
    self.allow = allow
    keepsEstablished = established == "kept"
  }

  /// Which way is closed, and what stays open.
  package var object: String {
    let ports = allow.isEmpty ? "none" : allow.map(String.init).joined(separator: ", ")
    return "\(direction.rawValue), open ports: \(ports), established \(keepsEstablished ? "kept" : "cut")"
  }
  /// No link is cut as a whole.
  package var footprint: [Resource] { [] }
  /// Those that are established, where these are cut, and not to an open port.
  package var pathLoss: PathLoss { keepsEstablished ? .never : .unlessPort(allow) }

  /// Whether the kernel would take the table.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      return HostRequirements.table(try rules.table(for: "check", chains), using: instruments)
    } catch {
      return ["\(error)"]
    }
  }

  /// Elements of a set, behind what stays open. Where established connections are kept, the kernel begins to track them
  /// when the table is made, so that those which are alive are known when the lock closes.
  var rules: ExpiringRules<TableUndo> {
    .init(
      family: .inet, set: Self.set, kind: .networkProtocol, chains: { _ in chains },
      values: { _ in Self.families })
  }

  private var chains: [Chain] {
    var rules: [Rule] = []
    if keepsEstablished { rules.append(.accept(.connectionState([.established, .related]))) }
    // What IPv6 has in place of ARP, which no rule of this family sees: without it no port is open over IPv6.
    rules.append(.accept(.icmp6(Self.neighbourDiscovery)))
    for transport in [Rule.Transport.tcp, .udp] where !allow.isEmpty {
      // An answer of an open service leaves from its port; a question to one goes to its port.
      rules.append(.accept(.destinationPort(transport, allow)))
      rules.append(.accept(.sourcePort(transport, allow)))
    }
    rules.append(.drop(.networkProtocolIn(Self.set)))
    var chains: [Chain] = []
    if direction != .out {
      chains.append(
        Chain(
          "in", at: .input, priority: Self.priority, rules: [.accept(.inputInterface("lo"))] + rules))
    }
    if direction != .in {
      chains.append(
        Chain(
          "out", at: .output, priority: Self.priority, rules: [.accept(.outputInterface("lo"))] + rules))
    }
    return chains
  }

  var evidence: String { "the kernel lists ipv4 and ipv6 in the set that drops" }

  private static let set: NftablesName = "lock"
  /// Neighbours, and routers, whose addresses and routes expire. Multicast listeners, since a switch that keeps account
  /// of them forwards a solicitation only to those who have reported. And what takes the place of a router's
  /// fragmentation, which IPv6 doesn't have. None of it is a service: nothing answers to a packet too big, and the rest is
  /// of the link alone (hop limit 255 or 1). No redirects and no echo, as over IPv4.
  private static let neighbourDiscovery: [Rule.ICMP6Type] = [
    .neighbourSolicitation, .neighbourAdvertisement, .routerSolicitation, .routerAdvertisement,
    .listenerQuery,
    .listenerReport, .listenerDone, .listenerReport2, .packetTooBig,
  ]
  private static let families: [NamedSet.Value] = [.ipv4, .ipv6]
  /// After connection tracking (-200), which must have seen a packet before its state can be asked, and before all
  /// that others hang on the same hooks at the usual priorities.
  private static let priority: Int32 = -190
}
