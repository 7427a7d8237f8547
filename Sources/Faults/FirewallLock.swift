import Nftables
import Scenario

/// `firewall.lock`: a host's firewall drops packets.
package struct FirewallLock: TableFault {
  /// The direction that is closed, from the host's point of view.
  package typealias Direction = LinkCut.Direction

  package let direction: Direction
  /// The ports, of TCP and UDP, that stay open.
  package let allow: [UInt16]
  /// Whether connections that were open before stay open.
  package let keepsEstablished: Bool

  package static let description = FaultDescription(
    name: "firewall.lock",
    summary:
      "A host's own firewall drops all packets except those of some ports; its bridged guests are not affected.",
    targets: [.host],
    parameters: [
      .init(
        name: "direction", summary: "The direction that is closed, from the host's point of view.",
        form: .word(Direction.allCases.map(\.rawValue)), standard: .word(Direction.in.rawValue)),
      .init(
        name: "allow", summary: "The ports of TCP and UDP that stay open.", form: .ports,
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

  /// The lock of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let direction = Self.word("direction", of: step).flatMap(Direction.init),
      case .ports(let allow)? = Self.parameter("allow", of: step),
      let established = Self.word("established", of: step)
    else {
      throw StepRefused(
        step, "direction is in, out or both; allow is a list of ports; established kept or cut",
        of: "direction", "allow", "established")
    }
    self.direction = direction
    self.allow = allow
    keepsEstablished = established == "kept"
  }

  /// The closed direction and the open ports.
  package var object: String {
    let ports = allow.isEmpty ? "none" : allow.map(String.init).joined(separator: ", ")
    return "\(direction.rawValue), open ports: \(ports), established \(keepsEstablished ? "kept" : "cut")"
  }
  /// No link is cut as a whole.
  package var footprint: [Resource] { [] }
  /// Established connections, if these are cut, except those to an open port.
  package var pathLoss: PathLoss { keepsEstablished ? .never : .unlessPort(allow) }

  /// Whether the kernel would accept the table.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      return HostRequirements.table(try rules.table(for: "check", chains), using: instruments)
    } catch {
      return ["\(error)"]
    }
  }

  /// The rules after those for open ports drop packets by elements of a set. If established connections are kept, the
  /// kernel begins to track connections when the table is made, so that the live ones are known when the lock closes.
  var rules: ExpiringRules<TableUndo> {
    .init(
      family: .inet, set: Self.set, kind: .networkProtocol, chains: { _ in chains },
      values: { _ in Self.families })
  }

  private var chains: [Chain] {
    var rules: [Rule] = []
    if keepsEstablished { rules.append(.accept(.connectionState([.established, .related]))) }
    // IPv6 uses these instead of ARP, which no rule of this family matches. Without them no port is open over IPv6.
    rules.append(.accept(.icmp6(Self.neighbourDiscovery)))
    for transport in [Rule.Transport.tcp, .udp] where !allow.isEmpty {
      // An answer of an open service has its port as the source; a request to one has it as the destination.
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
  /// Neighbour and router messages, since the addresses and routes from them expire. Multicast listener reports, since
  /// a switch that tracks listeners forwards a solicitation only to hosts that have reported. Messages about packet
  /// size, since IPv6 routers don't fragment. None of them is a service: nothing answers to a packet too big, and the
  /// others are valid only on the link (hop limit 255 or 1). Redirects and echo requests are dropped, as over IPv4.
  private static let neighbourDiscovery: [Rule.ICMP6Type] = [
    .neighbourSolicitation, .neighbourAdvertisement, .routerSolicitation, .routerAdvertisement,
    .listenerQuery,
    .listenerReport, .listenerDone, .listenerReport2, .packetTooBig,
  ]
  private static let families: [NamedSet.Value] = [.ipv4, .ipv6]
  /// After connection tracking (-200), which must have seen a packet before its state is known, and before the chains
  /// that other programs add to the same hooks at the usual priorities.
  private static let priority: Int32 = -190
}
