import CNetlink
import Glibc

extension RouteSocket {
  /// All links of the socket's network namespace.
  package func links() throws(NetlinkError) -> [Link] {
    var request = RequestMessage(RTM_GETLINK, flags: NLM_F_DUMP, header: ifinfomsg())
    request.put(IFLA_EXT_MASK, value: Self.withoutStatistics)
    return try dump(request, type: RTM_NEWLINK, Purpose(operation: "list", object: "links")) {
      Link(payload: $0)
    }
  }

  /// One link. Throws ENODEV if there is none.
  package func link(_ selector: LinkSelector) throws(NetlinkError) -> Link {
    var request = Self.linkRequest(RTM_GETLINK, flags: 0, selector)
    request.put(IFLA_EXT_MASK, value: Self.withoutStatistics)
    return try get(request, Purpose(operation: "read", object: "\(selector)")) { Link(payload: $0) }
  }

  /// Sets a link administratively up or down: one message, one acknowledgement.
  ///
  /// When a link goes down, the kernel removes the IPv4 routes through it, its IPv6 addresses and their routes. Take
  /// a ``StackSnapshot`` first.
  package func setUp(_ isUp: Bool, _ selector: LinkSelector) throws(NetlinkError) {
    var header = ifinfomsg()
    header.ifi_change = LinkFlags.up.rawValue
    header.ifi_flags = isUp ? LinkFlags.up.rawValue : 0
    let request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, selector, header)
    try perform(request, Purpose(operation: isUp ? "set up" : "set down", object: "\(selector)"))
  }

  /// Sets the MTU in bytes.
  package func setMTU(_ mtu: UInt32, _ selector: LinkSelector) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, selector)
    request.put(IFLA_MTU, value: mtu)
    try perform(request, Purpose(operation: "set MTU \(mtu) of", object: "\(selector)"))
  }

  /// Makes a link a port of a bridge, bond or VRF; nil releases it.
  package func setMaster(_ master: Int32?, _ selector: LinkSelector) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, selector)
    request.put(IFLA_MASTER, value: master ?? 0)
    try perform(request, Purpose(operation: "set master of", object: "\(selector)"))
  }

  /// Sets loose binding: whether a VLAN keeps its administrative state when the link below goes up or down.
  func setLooseBinding(_ isLoose: Bool, ofVLAN link: Int32) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, .index(link))
    request.nest(IFLA_LINKINFO) { information in
      information.put(IFLA_INFO_KIND, "vlan")
      information.nest(IFLA_INFO_DATA) { data in
        let flag = Link.looseBindingFlag
        data.put(IFLA_VLAN_FLAGS, value: ifla_vlan_flags(flags: isLoose ? flag : 0, mask: flag))
      }
    }
    try perform(
      request, Purpose(operation: "set loose binding \(isLoose ? "on" : "off") of", object: "link #\(link)"))
  }

  /// Sets how the kernel generates a link-local address when the link becomes ready. An existing one stays.
  func setAddressGeneration(_ generation: AddressGeneration, _ selector: LinkSelector) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, selector)
    request.nest(IFLA_AF_SPEC) { families in
      families.nest(Int(AF_INET6)) { $0.put(IFLA_INET6_ADDR_GEN_MODE, value: generation.rawValue) }
    }
    try perform(
      request, Purpose(operation: "set address generation \(generation.rawValue) of", object: "\(selector)"))
  }

  /// Sets a dormant link with a carrier operational. Does nothing to other links.
  func setOperative(_ selector: LinkSelector) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, selector)
    request.put(IFLA_OPERSTATE, value: OperativeState.up.rawValue)
    try perform(request, Purpose(operation: "set operative", object: "\(selector)"))
  }

  /// Renames a link. A kernel before Linux 6.2 refuses this (EBUSY) while the link is up.
  package func rename(_ selector: LinkSelector, to name: String) throws(NetlinkError) {
    // The kernel uses IFLA_IFNAME as the new name only if the message selects the link by index.
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK, .index(try link(selector).index))
    request.put(IFLA_IFNAME, name)
    try perform(request, Purpose(operation: "rename to \(name)", object: "\(selector)"))
  }

  /// Adds a pair of connected links, see veth(4). Both start down.
  package func addVeth(_ name: String, peer: String) throws(NetlinkError) {
    try addLink(name, kind: "veth") { request in
      request.nest(IFLA_INFO_DATA) { data in
        data.nest(VETH_INFO_PEER) { end in
          end.append(ifinfomsg())
          end.put(IFLA_IFNAME, peer)
        }
      }
    }
  }

  /// Adds a bridge, down and without ports.
  package func addBridge(_ name: String) throws(NetlinkError) {
    try addLink(name, kind: "bridge") { _ in }
  }

  /// Deletes a link; of a veth pair, both ends.
  package func delete(_ selector: LinkSelector) throws(NetlinkError) {
    let request = Self.linkRequest(RTM_DELLINK, flags: NLM_F_ACK, selector)
    try perform(request, Purpose(operation: "delete", object: "\(selector)"))
  }

  private func addLink(
    _ name: String, kind: String, _ content: (inout RequestMessage) -> Void
  ) throws(NetlinkError) {
    var request = Self.linkRequest(RTM_NEWLINK, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, .name(name))
    request.nest(IFLA_LINKINFO) { information in
      information.put(IFLA_INFO_KIND, kind)
      content(&information)
    }
    try perform(request, Purpose(operation: "add \(kind)", object: "link \(name)"))
  }

  private static func linkRequest(
    _ type: Int, flags: Int32, _ selector: LinkSelector, _ header: ifinfomsg = ifinfomsg()
  ) -> RequestMessage {
    switch selector {
    case .index(let index):
      var header = header
      header.ifi_index = index
      return RequestMessage(type, flags: flags, header: header)
    case .name(let name):
      var request = RequestMessage(type, flags: flags, header: header)
      request.put(IFLA_IFNAME, name)
      return request
    }
  }

  /// RTEXT_FILTER_SKIP_STATS: counters are the largest part of a link's message, and this module doesn't use them.
  private static let withoutStatistics = UInt32(RTEXT_FILTER_SKIP_STATS)
}
