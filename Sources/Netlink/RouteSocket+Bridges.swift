import CNetlink
import Glibc

extension RouteSocket {
  /// The VLANs that bridges pass on their ports and on themselves.
  package func bridgeVLANs() throws(NetlinkError) -> [BridgeVLAN] {
    var header = ifinfomsg()
    header.ifi_family = UInt8(AF_BRIDGE)
    var request = RequestMessage(RTM_GETLINK, flags: NLM_F_DUMP, header: header)
    request.put(IFLA_EXT_MASK, value: UInt32(RTEXT_FILTER_BRVLAN_COMPRESSED))
    return try dump(request, type: RTM_NEWLINK, Purpose(operation: "list", object: "VLANs of bridges")) {
      BridgeVLAN.list(payload: $0)
    }
    .flatMap { $0 }
  }

  /// The static forwarding entries of some links.
  package func forwardingEntries(of links: [Link]) throws(NetlinkError) -> [ForwardingEntry] {
    let byIndex = Dictionary(links.map { ($0.index, $0) }) { first, _ in first }
    var header = ndmsg()
    header.ndm_family = UInt8(AF_BRIDGE)
    let request = RequestMessage(RTM_GETNEIGH, flags: NLM_F_DUMP, header: header)
    return try dump(request, type: RTM_NEWNEIGH, Purpose(operation: "list", object: "forwarding entries")) {
      ForwardingEntry(payload: $0, links: byIndex)
    }
  }
}
