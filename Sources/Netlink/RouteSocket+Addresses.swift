import CNetlink
import Glibc

extension RouteSocket {
  /// The addresses of all links by link index, in the kernel's order.
  package func addresses(of links: [Link]) throws(NetlinkError) -> [Int32: [InterfaceAddress]] {
    let names = Dictionary(links.map { ($0.index, $0.name) }) { first, _ in first }
    let request = RequestMessage(RTM_GETADDR, flags: NLM_F_DUMP, header: ifaddrmsg())
    let found = try dump(request, type: RTM_NEWADDR, Purpose(operation: "list", object: "addresses")) {
      payload -> (Int32, InterfaceAddress)? in
      guard let header = payload.header(ifaddrmsg.self) else { return nil }
      let link = Int32(bitPattern: header.ifa_index)
      return InterfaceAddress(payload: payload, linkName: names[link]).map { (link, $0) }
    }
    return Dictionary(grouping: found, by: \.0).mapValues { $0.map(\.1) }
  }

  /// The addresses of a link in the kernel's order, which decides the source address of packets.
  package func addresses(of link: Link) throws(NetlinkError) -> [InterfaceAddress] {
    var header = ifaddrmsg()
    header.ifa_index = UInt32(link.index)
    let request = RequestMessage(RTM_GETADDR, flags: NLM_F_DUMP, header: header)
    return try dump(
      request, type: RTM_NEWADDR, Purpose(operation: "list", object: "addresses of link \(link.name)")
    ) { payload in
      guard payload.header(ifaddrmsg.self)?.ifa_index == UInt32(link.index) else { return nil }
      return InterfaceAddress(payload: payload, linkName: link.name)
    }
  }

  /// Adds an address to a link. Throws EEXIST if it exists.
  package func add(_ address: InterfaceAddress, to link: Int32) throws(NetlinkError) {
    try send(address, to: link, flags: NLM_F_CREATE | NLM_F_EXCL, operation: "add")
  }

  /// Adds an address back so that it can be used at once.
  ///
  /// An IPv6 address is added without duplicate address detection, during which the kernel doesn't use it for a
  /// second or more. Then its flags are set to the previous ones. Throws EEXIST if it exists.
  func addBack(_ address: InterfaceAddress, to link: Int32) throws(NetlinkError) {
    guard address.prefix.family == .ipv6, !address.flags.contains(.noDuplicateDetection) else {
      return try add(address, to: link)
    }
    var ready = address
    ready.flags.insert(.noDuplicateDetection)
    try add(ready, to: link)
    try send(address, to: link, flags: NLM_F_REPLACE, operation: "set the flags of")
  }

  /// Sets the flag that makes the kernel create a temporary address for this address.
  ///
  /// On a link that is not ready the kernel drops each temporary address that it makes, and after a few it sets the
  /// link's `use_tempaddr` to -1: see addrconf_dad_stop and ipv6_create_tempaddr in net/ipv6/addrconf.c.
  func setManagesTemporary(_ address: InterfaceAddress, on link: Int32) throws(NetlinkError) {
    try send(address, to: link, flags: NLM_F_REPLACE, operation: "set mngtmpaddr of")
  }

  /// Deletes an address from a link, with its prefix route.
  package func delete(_ address: InterfaceAddress, from link: Int32) throws(NetlinkError) {
    var header = ifaddrmsg()
    header.ifa_family = address.prefix.family.number
    header.ifa_prefixlen = address.prefix.length
    header.ifa_index = UInt32(link)
    var request = RequestMessage(RTM_DELADDR, flags: NLM_F_ACK, header: header)
    request.put(IFA_LOCAL, address.prefix.address.bytes)
    request.put(IFA_ADDRESS, (address.peer ?? address.prefix.address).bytes)
    try perform(
      request, Purpose(operation: "delete address", object: "\(address.prefix) of link #\(link)"))
  }

  private func send(
    _ address: InterfaceAddress, to link: Int32, flags: Int32, operation: String
  ) throws(NetlinkError) {
    let settable = address.flags.intersection(.settable).rawValue
    var header = ifaddrmsg()
    header.ifa_family = address.prefix.family.number
    header.ifa_prefixlen = address.prefix.length
    header.ifa_flags = UInt8(truncatingIfNeeded: settable)
    header.ifa_scope = address.scope.rawValue
    header.ifa_index = UInt32(link)
    var request = RequestMessage(RTM_NEWADDR, flags: NLM_F_ACK | flags, header: header)
    request.put(IFA_LOCAL, address.prefix.address.bytes)
    request.put(IFA_ADDRESS, (address.peer ?? address.prefix.address).bytes)
    request.put(IFA_FLAGS, value: settable)
    if let broadcast = address.broadcast { request.put(IFA_BROADCAST, broadcast.bytes) }
    if let label = address.label { request.put(IFA_LABEL, label) }
    if let metric = address.routeMetric { request.put(IFA_RT_PRIORITY, value: metric) }
    if let origin = address.origin { request.put(IFA_PROTO, value: origin) }
    if address.validSeconds != nil || address.preferredSeconds != nil {
      let lifetimes = ifa_cacheinfo(
        ifa_prefered: address.preferredSeconds ?? .max, ifa_valid: address.validSeconds ?? .max, cstamp: 0,
        tstamp: 0)
      request.put(IFA_CACHEINFO, value: lifetimes)
    }
    try perform(
      request, Purpose(operation: "\(operation) address", object: "\(address.prefix) on link #\(link)"))
  }
}
