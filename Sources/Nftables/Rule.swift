/// What becomes of the packets that all of its matches fit.
package struct Rule: Sendable, Hashable {
  /// What a packet must be; all of it. Empty: any packet.
  package internal(set) var matches: [Match]
  /// What the rule has counted. Nil: it doesn't count.
  package var counter: Counter?
  /// What becomes of the packet.
  package internal(set) var verdict: Verdict

  /// A rule that drops, while something of the packet is in a set: there is none that drops by itself, so that what is
  /// dropped ends with the elements' timeouts.
  package static func drop(_ set: SetMatch, _ matches: SetMatch..., counted: Bool = false) -> Rule {
    Rule(matches: ([set] + matches).map(\.match), counter: counted ? Counter() : nil, verdict: .drop)
  }

  /// A rule that drops what fits `match` as well, while something of the packet is in a set.
  package static func drop(_ set: SetMatch, where match: Match) -> Rule {
    Rule(matches: [set.match, match], counter: nil, verdict: .drop)
  }

  /// A rule that accepts: no later rule of the chain is asked.
  package static func accept(_ matches: Match..., counted: Bool = false) -> Rule {
    Rule(matches: matches, counter: counted ? Counter() : nil, verdict: .accept)
  }

  init(matches: [Match], counter: Counter?, verdict: Verdict) {
    self.matches = matches
    self.counter = counter
    self.verdict = verdict
  }

  /// What becomes of a packet.
  package enum Verdict: String, Sendable, Hashable {
    /// This chain lets it pass.
    case accept
    /// It vanishes, and its sender is told nothing.
    case drop
  }

  /// Packets and bytes that a rule has seen.
  package struct Counter: Sendable, Hashable, Codable {
    /// Packets.
    package var packets: UInt64
    /// Bytes.
    package var bytes: UInt64

    /// A counter; a rule to be made counts from nought whatever stands here.
    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
      self.packets = packets
      self.bytes = bytes
    }
  }

  /// Something that a packet must be.
  package enum Match: Sendable, Hashable {
    /// It came in by an interface of a set of the table.
    case inputInterfaceIn(NftablesName)
    /// It goes out by an interface of a set of the table.
    case outputInterfaceIn(NftablesName)
    /// It came in by this interface.
    case inputInterface(InterfaceName)
    /// It goes out by this interface.
    case outputInterface(InterfaceName)
    /// Its protocol, IPv4 or IPv6, is in a set of the table.
    case networkProtocolIn(NftablesName)
    /// Its connection is in one of these states.
    ///
    /// A namespace may track connections only from the first such rule on, and a connection that began
    /// before counts as new until packets of both directions were seen. In an output chain the priority
    /// must be above -200, for there tracking begins; a packet at the input hook has been tracked already.
    case connectionState(ConnectionStates)
    /// It goes to one of these ports.
    case destinationPort(Transport, [UInt16])
    /// It comes from one of these ports.
    case sourcePort(Transport, [UInt16])
    /// It comes from one of these addresses, which are of one family.
    case source(PacketAddress.Family, [PacketAddress])
    /// It is an ICMPv6 message of one of these types.
    case icmp6([ICMP6Type])
  }

  /// What an ICMPv6 message is: RFC 4443, 4861, 2710 and 3810.
  package enum ICMP6Type: UInt8, Sendable, Hashable, CaseIterable {
    /// A router had to drop a packet that was longer than its next link takes.
    case packetTooBig = 2
    /// A router asks who listens to multicast.
    case listenerQuery = 130
    /// A listener reports itself.
    case listenerReport = 131
    /// A listener leaves.
    case listenerDone = 132
    /// A host asks for routers.
    case routerSolicitation = 133
    /// A router announces itself.
    case routerAdvertisement = 134
    /// A host asks for a neighbour's link-layer address.
    case neighbourSolicitation = 135
    /// A neighbour answers.
    case neighbourAdvertisement = 136
    /// A listener reports itself, by the protocol's second version.
    case listenerReport2 = 143

    /// nft(8)'s word.
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

    /// Reads a word of nft's; `mld-listener-reduction` is an older one for "done".
    init?(word: String) {
      let word = word == "mld-listener-reduction" ? "mld-listener-done" : word
      guard let type = Self.allCases.first(where: { $0.word == word }) else { return nil }
      self = type
    }
  }

  /// A match by a set of the table.
  package struct SetMatch: Sendable {
    let match: Match

    /// It came in by an interface of the set.
    package static func inputInterfaceIn(_ set: NftablesName) -> Self { Self(match: .inputInterfaceIn(set)) }
    /// It goes out by an interface of the set.
    package static func outputInterfaceIn(_ set: NftablesName) -> Self {
      Self(match: .outputInterfaceIn(set))
    }
    /// Its protocol, IPv4 or IPv6, is in the set.
    package static func networkProtocolIn(_ set: NftablesName) -> Self {
      Self(match: .networkProtocolIn(set))
    }
  }

  /// A protocol with ports.
  package enum Transport: String, Sendable, Hashable {
    /// TCP.
    case tcp
    /// UDP.
    case udp
  }

  /// States of a connection as connection tracking sees it.
  package struct ConnectionStates: OptionSet, Sendable, Hashable {
    /// Bits of this library's own.
    package let rawValue: UInt8

    /// Wraps bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Packets of both directions were seen.
    package static let established = ConnectionStates(rawValue: 1)
    /// A new connection that belongs to a known one, or an ICMP error about it.
    package static let related = ConnectionStates(rawValue: 2)
    /// The first packet.
    package static let new = ConnectionStates(rawValue: 4)
    /// A packet that fits no connection.
    package static let invalid = ConnectionStates(rawValue: 8)

    static let names: [(state: ConnectionStates, name: String)] = [
      (.established, "established"), (.related, "related"), (.new, "new"), (.invalid, "invalid"),
    ]
  }

  /// The rule with a counter at zero, and its ports, types and addresses in the order in which the kernel lists them.
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
