/// A verdict for packets that match all conditions of the rule.
package struct Rule: Sendable, Hashable {
  /// The conditions. Without any, every packet matches.
  package internal(set) var matches: [Match]
  /// Nil: no counter.
  package var counter: Counter?
  package internal(set) var verdict: Verdict

  /// A rule that drops packets only by a match with a set. There is no drop rule without a set, so that the elements'
  /// timeouts always end the drops.
  package static func drop(_ set: SetMatch, _ matches: SetMatch..., counted: Bool = false) -> Rule {
    Rule(matches: ([set] + matches).map(\.match), counter: counted ? Counter() : nil, verdict: .drop)
  }

  /// A rule that drops packets that also match `match`, while a value of the packet is in a set.
  package static func drop(_ set: SetMatch, where match: Match) -> Rule {
    Rule(matches: [set.match, match], counter: nil, verdict: .drop)
  }

  /// A rule that accepts packets: later rules of the chain are not evaluated.
  package static func accept(_ matches: Match..., counted: Bool = false) -> Rule {
    Rule(matches: matches, counter: counted ? Counter() : nil, verdict: .accept)
  }

  init(matches: [Match], counter: Counter?, verdict: Verdict) {
    self.matches = matches
    self.counter = counter
    self.verdict = verdict
  }

  package enum Verdict: String, Sendable, Hashable {
    /// This chain accepts the packet.
    case accept
    /// The packet is discarded without an ICMP error.
    case drop
  }

  package struct Counter: Sendable, Hashable, Codable {
    package var packets: UInt64
    package var bytes: UInt64

    /// A counter; a rule is always created with a counter of 0, not with this value.
    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
      self.packets = packets
      self.bytes = bytes
    }
  }

  /// A condition on a packet.
  package enum Match: Sendable, Hashable {
    /// The packet arrived on an interface in a set of the table.
    case inputInterfaceIn(NftablesName)
    /// The packet leaves through an interface in a set of the table.
    case outputInterfaceIn(NftablesName)
    /// The packet arrived on this interface.
    case inputInterface(InterfaceName)
    /// The packet leaves through this interface.
    case outputInterface(InterfaceName)
    /// The packet's protocol, IPv4 or IPv6, is in a set of the table.
    case networkProtocolIn(NftablesName)
    /// The packet's connection is in one of these states.
    ///
    /// A namespace may start connection tracking only with the first such rule. A connection that began earlier counts
    /// as new until packets of both directions were seen. In an output chain the priority must be above -200, where
    /// tracking begins. A packet at the input hook is already tracked.
    case connectionState(ConnectionStates)
    /// The packet's destination port is one of these.
    case destinationPort(Transport, [UInt16])
    /// The packet's source port is one of these.
    case sourcePort(Transport, [UInt16])
    /// The packet's source is one of these addresses, which are of one family.
    case source(PacketAddress.Family, [PacketAddress])
    /// The packet is an ICMPv6 message of one of these types.
    case icmp6([ICMP6Type])
  }

  /// Types of ICMPv6 messages: RFC 4443, 4861, 2710 and 3810.
  package enum ICMP6Type: UInt8, Sendable, Hashable, CaseIterable {
    /// A router dropped a packet that exceeded the next link's MTU.
    case packetTooBig = 2
    /// A multicast listener query by a router.
    case listenerQuery = 130
    /// A multicast listener report.
    case listenerReport = 131
    /// A multicast listener leaves a group.
    case listenerDone = 132
    case routerSolicitation = 133
    case routerAdvertisement = 134
    case neighbourSolicitation = 135
    case neighbourAdvertisement = 136
    /// A multicast listener report of MLD version 2.
    case listenerReport2 = 143

    /// The name in nft(8).
    var word: String {
      switch self {
      case .packetTooBig: "packet-too-big"
      case .listenerQuery: "mld-listener-query"
      case .listenerReport: "mld-listener-report"
      case .listenerDone: "mld-listener-done"
      case .routerSolicitation: "nd-router-solicit"
      case .routerAdvertisement: "nd-router-advert"
      case .neighbourSolicitation: "nd-neighbor-solicit"
      case .neighbourAdvertisement: "nd-neighbor-advert"
      case .listenerReport2: "mld2-listener-report"
      }
    }

    /// Reads a name of nft's. `mld-listener-reduction` is an older name for "done".
    init?(word: String) {
      let word = word == "mld-listener-reduction" ? "mld-listener-done" : word
      guard let type = Self.allCases.first(where: { $0.word == word }) else { return nil }
      self = type
    }
  }

  /// A match by a set of the table.
  package struct SetMatch: Sendable {
    let match: Match

    /// The packet arrived on an interface in the set.
    package static func inputInterfaceIn(_ set: NftablesName) -> Self { Self(match: .inputInterfaceIn(set)) }
    /// The packet leaves through an interface in the set.
    package static func outputInterfaceIn(_ set: NftablesName) -> Self {
      Self(match: .outputInterfaceIn(set))
    }
    /// The packet's protocol, IPv4 or IPv6, is in the set.
    package static func networkProtocolIn(_ set: NftablesName) -> Self {
      Self(match: .networkProtocolIn(set))
    }
  }

  /// A protocol with ports.
  package enum Transport: String, Sendable, Hashable {
    case tcp
    case udp
  }

  /// States of a connection in connection tracking.
  package struct ConnectionStates: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Packets of both directions were seen.
    package static let established = ConnectionStates(rawValue: 1)
    /// A new connection that belongs to a known one, or an ICMP error about it.
    package static let related = ConnectionStates(rawValue: 2)
    /// The first packet.
    package static let new = ConnectionStates(rawValue: 4)
    /// A packet that belongs to no connection.
    package static let invalid = ConnectionStates(rawValue: 8)

    static let names: [(state: ConnectionStates, name: String)] = [
      (.established, "established"), (.related, "related"), (.new, "new"), (.invalid, "invalid"),
    ]
  }

  /// The rule with a counter of 0, and its ports, types and addresses in the order in which the kernel lists them.
  var definition: Rule {
    var copy = self
    if counter != nil { copy.counter = Counter() }
    copy.matches = matches.map { match in
      switch match {
      case .destinationPort(let transport, let ports): .destinationPort(transport, Set(ports).sorted())
      case .sourcePort(let transport, let ports): .sourcePort(transport, Set(ports).sorted())
      case .source(let family, let addresses):
        .source(family, Set(addresses).sorted { $0.precedes($1) })
      case .icmp6(let types): .icmp6(Set(types).sorted { $0.rawValue < $1.rawValue })
      default: match
      }
    }
    return copy
  }
}
