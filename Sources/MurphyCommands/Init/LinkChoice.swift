import Netlink

/// The link that a fleet names for a host's address: what a fault cuts.
struct LinkChoice {
  var link: String
  /// Why it is another link than the one that has the address, or what else is cut with it.
  var remark: String?
}

extension HostPortrait {
  /// The link for an address on `device`; nil where the device leads to no other host.
  func choice(for device: Link) -> LinkChoice? {
    guard ["bridge", "openvswitch"].contains(device.kind) else {
      return LinkChoice(link: device.name, remark: remark(on: device))
    }
    // All ports of Open vSwitch have one master, whatever bridge they are on; see ovs-system.
    let master = device.kind == "openvswitch" ? device.master ?? device.name : device.name
    // Guests' ports are of kind tun; a veth leads to a container where there is anything else.
    let ports = links.filter { $0.master == master && !["tun", "openvswitch"].contains($0.kind) }
    let cards = ports.filter { $0.kind != "veth" }
    let outward = cards.isEmpty ? ports : cards
    guard let port = outward.first else { return nil }
    let others = outward.dropFirst().map(\.name)
    let why =
      others.isEmpty
      ? "the address is on the bridge \(device.name); \(port.name) is its port to the network"
      : "the address is on the bridge \(device.name), whose ports are \(port.name), \(others.joined(separator: ", ")): "
        + "name the one that leads to the other hosts"
    return LinkChoice(
      link: port.name, remark: ([why] + (remark(on: port).map { [$0] } ?? [])).joined(separator: "; "))
  }

  /// What a cut of a link takes along, or leaves.
  private func remark(on link: Link) -> String? {
    switch link.kind {
    case "bond", "team":
      let members = links.filter { $0.master == link.name }.map(\.name).joined(separator: ", ")
      return
        "\(link.name) is a \(link.kind ?? "bond") of \(members): a cut of one of those tests the bond alone"
    case "vlan", "macvlan", "ipvlan", "macvtap":
      guard let below = link.below else { return nil }
      return "\(link.name) is on top of \(below): a cut of \(below) takes all that is on it"
    default: return nil
    }
  }
}

extension IPPrefix {
  /// Its network: the address without the bits behind the prefix.
  var network: IPPrefix {
    let bytes = address.bytes.enumerated().map { index, byte in
      byte & UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, Int(length) - index * 8)))
    }
    return IPAddress(bytes: bytes).flatMap { IPPrefix($0, length: length) } ?? self
  }

  func contains(_ other: IPAddress) -> Bool {
    other.family == family && IPPrefix(other, length: length)?.network == network
  }
}
