import CNetlink

/// A VLAN, or a range of VLANs, that a bridge passes on a port or on itself, see bridge(8).
package struct BridgeVLAN: Sendable, Hashable {
  /// The index of the port, or of the bridge.
  package var link: Int32
  package var first: UInt16
  package var last: UInt16
  /// True if untagged incoming frames belong to it.
  var isPVID: Bool
  /// True if its frames leave untagged.
  var isUntagged: Bool
}

extension BridgeVLAN: CustomStringConvertible {
  package var description: String {
    (first == last ? "\(first)" : "\(first)-\(last)") + (isPVID ? " pvid" : "")
      + (isUntagged ? " untagged" : "")
  }

  /// Reads the VLANs of a port from the payload of an RTM_NEWLINK message of AF_BRIDGE.
  static func list(payload: UnsafeRawBufferPointer) -> [BridgeVLAN] {
    guard let header = payload.header(ifinfomsg.self) else { return [] }
    var list: [BridgeVLAN] = []
    var first: UInt16?
    for attribute in payload.attributes(after: ifinfomsg.self) where attribute.type == IFLA_AF_SPEC {
      for vlan in attribute.nested where vlan.type == IFLA_BRIDGE_VLAN_INFO {
        guard let info = vlan.payload.header(bridge_vlan_info.self) else { continue }
        let flags = Int32(info.flags)
        if flags & BRIDGE_VLAN_INFO_RANGE_BEGIN != 0 {
          first = info.vid
          continue
        }
        list.append(
          BridgeVLAN(
            link: header.ifi_index, first: first ?? info.vid, last: info.vid,
            isPVID: flags & BRIDGE_VLAN_INFO_PVID != 0, isUntagged: flags & BRIDGE_VLAN_INFO_UNTAGGED != 0))
        first = nil
      }
    }
    return list
  }
}

/// A static entry of a bridge's or a VXLAN link's forwarding table, see bridge(8).
package struct ForwardingEntry: Sendable, Hashable {
  /// The index of the outgoing link.
  package var link: Int32
  /// The destination.
  package var address: HardwareAddress
  package var vlan: UInt16?
  /// The remote end, of a VXLAN link.
  package var destination: IPAddress?
  /// Other attributes, as the kernel sent them.
  package var attributes: [RawAttribute] = []
}

extension ForwardingEntry: CustomStringConvertible {
  package var description: String {
    var text = "\(address)"
    if let vlan { text += " vlan \(vlan)" }
    if let destination { text += " dst \(destination)" }
    for attribute in attributes { text += " attribute \(attribute.type) \(attribute.payload)" }
    return text
  }

  /// Reads the payload of an RTM_NEWNEIGH message of AF_BRIDGE. Nil for learned entries, and for those that the
  /// kernel makes for a port's own address and for groups.
  init?(payload: UnsafeRawBufferPointer, links: [Int32: Link]) {
    guard let header = payload.header(ndmsg.self), Int32(header.ndm_state) & (NUD_PERMANENT | NUD_NOARP) != 0,
      let link = links[header.ndm_ifindex],
      Int32(header.ndm_flags) & NTF_SELF == 0 || link.kind == "vxlan"
    else { return nil }
    self.link = link.index
    var address: HardwareAddress?
    for attribute in payload.attributes(after: ndmsg.self) {
      switch attribute.type {
      case NDA_LLADDR: address = HardwareAddress(bytes: Array(attribute.payload))
      case NDA_VLAN: vlan = attribute.integer(UInt16.self)
      case NDA_DST: destination = attribute.ipAddress
      case NDA_VNI, NDA_PORT, NDA_SRC_VNI, NDA_NH_ID: attributes.append(RawAttribute(attribute))
      default: break
      }
    }
    guard let address, address != link.address else { return nil }
    self.address = address
  }
}
