import Netlink

/// The link in a fleet file for a host's address. A fault cuts this link.
struct LinkChoice {
  var link: String
  /// Why it isn't the link with the address, or which other links a cut affects.
  var remark: String?
}

extension HostPortrait {
  /// The link for an address on `device`; nil if the device leads to no other host.
  func choice(for device: Link) -> LinkChoice? {
    guard ["bridge", "openvswitch"].contains(device.kind) else {
      return LinkChoice(link: device.name, remark: remark(on: device))
    }
    // All ports of Open vSwitch have the same master, whichever bridge they are on; see ovs-system.
    let master = device.kind == "openvswitch" ? device.master ?? device.name : device.name
    // Guests' ports are of kind tun; a veth leads to a container if there are other ports.
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

  /// Further links that a cut of the link affects, or doesn't affect.
  private func remark(on link: Link) -> String? {
    switch link.kind {
    case "bond", "team":
      let members = links.filter { $0.master == link.name }.map(\.name).joined(separator: ", ")
      return
        "\(link.name) is a \(link.kind ?? "bond") of \(members): a cut of one of them only tests the bond"
    case "vlan", "macvlan", "ipvlan", "macvtap":
      guard let below = link.below else { return nil }
      return "\(link.name) is on top of \(below): a cut of \(below) affects all links on it"
    default: return nil
    }
  }
}

extension IPPrefix {
  /// Its network: the address with the bits behind the prefix cleared.
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
