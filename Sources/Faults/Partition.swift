import Netlink
import Nftables
import Scenario

/// `partition`: groups of hosts lose each other. This is the part for one host: the packets that the host no longer
/// receives, those from the addresses of hosts on other sides; see `SenderRules`.
package struct Partition: TableFault {
  /// The direction that is cut, from the first side's point of view.
  package typealias Direction = LinkCut.Direction

  /// A host whose packets this one drops.
  package struct Peer: Codable, Hashable, Sendable {
    package let host: String
    /// Its addresses on the network.
    package let addresses: [String]
  }

  /// This host's own addresses on the network.
  package let own: [String]
  /// The hosts whose packets it drops.
  package let peers: [Peer]
  /// The network; nil for all networks.
  package let network: String?

  package static let description = FaultDescription(
    name: "partition",
    summary:
      "Groups of hosts can't reach each other, in both directions or in one; their links stay up. Bridged guests are not cut.",
    targets: [.sides],
    parameters: [
      .init(
        name: "mode",
        summary:
          "silent: packets are lost. There is no carrier mode: the hosts of a side share their network.",
        form: .word([LinkCut.Mode.silent.rawValue]), standard: .word(LinkCut.Mode.silent.rawValue)),
      .init(
        name: "direction",
        summary:
          "The direction that is cut, as seen from the first side. in: it receives nothing from the second side, which still receives its packets.",
        form: .word(Direction.allCases.map(\.rawValue)), standard: .word(Direction.both.rawValue)),
    ], takesHost: true, extent: .held,
    variants: [
      .init("both ways", ["direction": "both"], observed: .inNamespace(.packetsDropped)),
      .init("one way", ["direction": "in"], observed: .inNamespace(.packetsDropped)),
    ])

  /// The packets that a host no longer receives in the partition of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    var peers = Peers(of: fleet)
    try self.init(step, on: host, try Sides(step), &peers)
  }

  /// - Parameter known: the peers of this step so far, since each of many hosts may have the same.
  private init(
    _ step: Step, on host: Fleet.Host, _ sides: Sides, _ known: inout Peers
  ) throws(StepRefused) {
    let unheard = sides.unheard(by: host.name)
    if unheard.isEmpty { throw StepRefused(step, "host \(host.name) still receives packets from every side") }
    own = try Self.addresses(of: host, on: sides.network, for: step)
    network = sides.network
    var peers: [Peer] = []
    for name in unheard { peers.append(try known.peer(name, on: sides.network, for: step)) }
    self.peers = peers
  }

  /// The hosts of a fleet as peers of each other.
  private struct Peers {
    private let hosts: [String: Fleet.Host]
    private var known: [String: Peer] = [:]

    init(of fleet: Fleet) { hosts = Dictionary(fleet.hosts.map { ($0.name, $0) }) { first, _ in first } }

    mutating func peer(_ name: String, on network: String?, for step: Step) throws(StepRefused) -> Peer {
      if let peer = known[name] { return peer }
      guard let host = hosts[name] else { throw StepRefused(step, "the fleet has no host '\(name)'") }
      let peer = Peer(host: name, addresses: try Partition.addresses(of: host, on: network, for: step))
      known[name] = peer
      return peer
    }
  }

  /// A host's addresses on a network, or on all of its networks.
  private static func addresses(
    of host: Fleet.Host, on network: String?, for step: Step
  ) throws(StepRefused) -> [String] {
    if let unknown = host.networksWithoutAddresses(network).first {
      throw StepRefused(step, host.needsAddresses(on: unknown))
    }
    let texts = network.map { host.addresses?[$0] ?? [] } ?? (host.addresses ?? [:]).values.flatMap(\.self)
    var addresses: Set<String> = []
    for text in texts {
      do throws(NftablesError) {
        addresses.insert(try PacketAddress(text).text)
      } catch {
        throw StepRefused(step, "host \(host.name): '\(text)' is not an address")
      }
    }
    if addresses.isEmpty {
      throw StepRefused(
        step, "host \(host.name) has no address on \(network ?? "any network"): nothing could be cut")
    }
    return addresses.sorted()
  }

  /// One assignment for each host that drops packets of another. Each takes the hosts that the largest side has lost,
  /// since these are not fully connected to the platform while one assignment is active.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    let sides = try Sides(step)
    let lost = sides.lost
    var peers = Peers(of: fleet)
    var assignments: [Assignment] = []
    for host in fleet.hosts where !sides.unheard(by: host.name).isEmpty {
      let part = try Partition(step, on: host, sides, &peers)
      assignments.append(
        Assignment(
          site: .host(host.name), spec: try part.spec(for: step), takes: lost, traits: part.traits))
    }
    if assignments.isEmpty { throw StepRefused(step, "the fleet has no host of these sides") }
    return assignments
  }

  /// `what comes from excelsior, falco on internal`.
  package var object: String {
    "what comes from \(names) on \(network ?? "all networks")"
  }
  private var names: String { peers.map(\.host).joined(separator: ", ") }
  /// No link is cut as a whole.
  package var footprint: [Resource] { [] }
  /// Connections from a host on another side, which is then a jump host of ssh.
  package var pathLoss: PathLoss { .fromAddresses(peers.flatMap(\.addresses)) }

  /// Whether the kernel would accept the table, and the fleet's addresses match this host.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let present = Set(try instruments.linkAddresses().map { "\($0.address.prefix.address)" })
      let foreign = own.filter { !present.contains($0) }.map {
        "no link here has \($0), which is this host's address in the fleet: correct its addresses in the fleet file"
      }
      let mistaken = peers.flatMap { peer in
        peer.addresses.filter(present.contains).map {
          "this host has \($0), which is an address of \(peer.host) in the fleet: correct it in the fleet file"
        }
      }
      return foreign + mistaken
        + (try SenderRules.missing(from: senders, using: instruments))
    } catch {
      return ["\(error)"]
    }
  }

  /// Addresses of this host that the fleet file doesn't list. From these the other sides would still receive packets.
  package func remarks(using instruments: Instruments) throws -> [String] {
    // Addresses of other scopes can't be used to reach another host.
    let addresses = try instruments.linkAddresses().filter { $0.address.scope == .universe }
    let links = Set(addresses.filter { own.contains("\($0.address.prefix.address)") }.map(\.link))
    return addresses.compactMap { link, address in
      let text = "\(address.prefix.address)"
      let isTemporary = address.prefix.family == .ipv6 && address.flags.contains(.temporary)
      if !links.contains(link) || own.contains(text) || isTemporary { return nil }
      return
        "link \(link) has \(text) too, which the fleet's addresses don't include: other sides still receive packets from "
        + "there"
    }
  }

  private var senders: [[String]] { peers.map(\.addresses) }
  /// The rules of each peer.
  var rules: ExpiringRules<TableUndo> { SenderRules.expiring(from: senders) }

  var evidence: String { "the kernel drops what comes from \(peers.map(\.words).joined(separator: ", "))" }
}

extension Partition.Peer {
  /// `falco (10.77.1.13)`.
  fileprivate var words: String { "\(host) (\(addresses.joined(separator: ", ")))" }
}

/// The sides of a partition, with the hosts from which each host no longer receives packets.
private struct Sides {
  let sides: [[String]]
  let network: String?
  private let direction: Partition.Direction

  init(_ step: Step) throws(StepRefused) {
    guard case .sides(let sides, let network) = step.target, sides.count > 1,
      !sides.contains(where: \.isEmpty)
    else { throw StepRefused(step, "the target has no two sides") }
    guard Partition.word("mode", of: step) == LinkCut.Mode.silent.rawValue else {
      throw StepRefused(
        step, "a partition is silent: no carrier divides a network between its hosts. Leave out mode",
        of: "mode")
    }
    guard let direction = Partition.word("direction", of: step).flatMap(Partition.Direction.init) else {
      throw StepRefused(step, "direction is in, out or both", of: "direction")
    }
    if direction != .both, sides.count > 2 {
      throw StepRefused(
        step,
        "direction: \(direction.rawValue) is from the point of view of the first of two sides; this target has \(sides.count)",
        of: "direction"
      )
    }
    self.sides = sides
    self.network = network
    self.direction = direction
  }

  /// The hosts whose packets a host drops; empty if it is on no side.
  func unheard(by host: String) -> [String] {
    guard let side = sides.firstIndex(where: { $0.contains(host) }) else { return [] }
    if side == 0 ? direction == .out : direction == .in { return [] }
    return sides.indices.filter { $0 != side }.flatMap { sides[$0] }
  }

  /// The hosts that are lost to the platform: all hosts outside the largest side. If several sides have this size, the
  /// first of them is the largest.
  var lost: Set<String> {
    let most = sides.map(\.count).max() ?? 0
    let largest = sides.firstIndex { $0.count == most }
    return Set(sides.indices.filter { $0 != largest }.flatMap { sides[$0] })
  }
}
