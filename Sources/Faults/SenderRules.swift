import Netlink
import Nftables
import Scenario

/// The rules of a fault that drops what comes from certain addresses, on arrival.
///
/// The sender gets no error, as with a cable that is cut between two switches. A rule on egress would report each dropped
/// packet to its sender.
enum SenderRules {
  /// The rules, which drop while their protocol is in the set.
  ///
  /// - Parameter senders: the addresses of each sender.
  static func expiring(from senders: [[String]]) -> ExpiringRules<TableUndo> {
    .init(
      family: .inet, set: set, kind: .networkProtocol, chains: { _ in try chains(from: senders) },
      values: { _ in
        let families = Set(try senders.flatMap { try $0.map { try PacketAddress($0).family } })
        return (families.contains(.ipv4) ? [.ipv4] : []) + (families.contains(.ipv6) ? [.ipv6] : [])
      })
  }

  /// Whether the kernel would accept the table, a line for each reason why not.
  static func missing(from senders: [[String]], using instruments: Instruments) throws -> [String] {
    let rules = expiring(from: senders)
    return HostRequirements.table(
      try rules.table(for: "check", try chains(from: senders)), using: instruments)
  }

  private static func chains(from senders: [[String]]) throws -> [Chain] {
    // Neighbour discovery finds link-layer addresses for IPv6. ARP does this for IPv4, and no rule of this family
    // matches ARP. Discovery is accepted so that both protocols fail in the same way: packets are lost.
    var rules: [Rule] = [.accept(.icmp6([.neighbourSolicitation, .neighbourAdvertisement]))]
    for sender in senders {
      let addresses = try sender.map { try PacketAddress($0) }
      for family in [PacketAddress.Family.ipv4, .ipv6] {
        let ofFamily = addresses.filter { $0.family == family }
        if ofFamily.isEmpty { continue }
        rules.append(.drop(.networkProtocolIn(set), where: .source(family, ofFamily)))
      }
    }
    return [Chain("in", at: .prerouting, priority: priority, rules: rules)]
  }

  private static let set: NftablesName = "cut"
  /// Before the chains that other programs add to the same hook.
  private static let priority: Int32 = -500
}

extension Instruments {
  /// The addresses of all links of the host, with the links' names.
  func linkAddresses() throws(NetlinkError) -> [(link: String, address: InterfaceAddress)] {
    let routes = try routes()
    let links = try routes.links()
    let addresses = try routes.addresses(of: links)
    return links.flatMap { link in
      (addresses[link.index] ?? []).map { (link.name, $0) }
    }
  }
}
