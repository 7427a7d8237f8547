import CNetlink
import Glibc

extension RouteSocket {
  /// The qdiscs of a link, the root first. Includes the kernel's default ones.
  package func qdiscs(of link: Link) throws(NetlinkError) -> [Qdisc] {
    let request = RequestMessage(RTM_GETQDISC, flags: NLM_F_DUMP, header: Self.header(link.index, nil))
    return try dump(
      request, type: RTM_NEWQDISC, Purpose(operation: "list", object: "qdiscs of link \(link.name)")
    ) { Qdisc(payload: $0, link: link.index) }
  }

  /// The qdiscs of all links by link index, each link's root first.
  package func qdiscs() throws(NetlinkError) -> [Int32: [Qdisc]] {
    let request = RequestMessage(RTM_GETQDISC, flags: NLM_F_DUMP, header: tcmsg())
    let found = try dump(request, type: RTM_NEWQDISC, Purpose(operation: "list", object: "qdiscs")) {
      payload -> (Int32, Qdisc)? in
      guard let link = payload.header(tcmsg.self)?.tcm_ifindex else { return nil }
      return Qdisc(payload: payload, link: link).map { (link, $0) }
    }
    return Dictionary(grouping: found, by: \.0).mapValues { $0.map(\.1) }
  }

  /// Adds a qdisc if the link has none or the kernel's default one. Throws EEXIST if there is another.
  package func add(_ qdisc: Qdisc, to link: Int32) throws(NetlinkError) {
    try send(qdisc, to: link, flags: NLM_F_CREATE | NLM_F_EXCL, operation: "add")
  }

  /// Replaces the existing qdisc, its classes and filters included.
  package func replace(with qdisc: Qdisc, on link: Int32) throws(NetlinkError) {
    try send(qdisc, to: link, flags: NLM_F_CREATE | NLM_F_REPLACE, operation: "replace")
  }

  /// Deletes a qdisc only if it has this handle, so that no other qdisc is deleted by mistake. Throws EINVAL if
  /// another one is attached there, even the kernel's default.
  package func deleteQdisc(
    _ handle: TrafficControlHandle, parent: TrafficControlHandle = .root, from link: Int32
  ) throws(NetlinkError) {
    let qdisc = Qdisc(kind: "", handle: handle, parent: parent)
    let request = RequestMessage(RTM_DELQDISC, flags: NLM_F_ACK, header: Self.header(link, qdisc))
    try perform(
      request, Purpose(operation: "delete qdisc", object: "\(handle) parent \(parent) of link #\(link)"))
  }

  private func send(
    _ qdisc: Qdisc, to link: Int32, flags: Int32, operation: String
  ) throws(NetlinkError) {
    var request = RequestMessage(RTM_NEWQDISC, flags: NLM_F_ACK | flags, header: Self.header(link, qdisc))
    request.put(TCA_KIND, qdisc.kind)
    if let options = qdisc.requestOptions { request.put(TCA_OPTIONS, options.bytes) }
    try perform(request, Purpose(operation: operation, object: "\(qdisc) on link #\(link)"))
  }

  private static func header(_ link: Int32, _ qdisc: Qdisc?) -> tcmsg {
    var header = tcmsg()
    header.tcm_ifindex = link
    header.tcm_handle = qdisc?.handle.rawValue ?? 0
    header.tcm_parent = qdisc?.parent.rawValue ?? 0
    return header
  }
}

extension Qdisc {
  /// The options as the kernel accepts them.
  ///
  /// htb reports its version as 0x30011 but accepts only the upper half of that, 3: the first word of struct
  /// tc_htb_glob, after the header of TCA_HTB_INIT.
  fileprivate var requestOptions: Octets? {
    guard kind == "htb", var bytes = options?.bytes, bytes.count >= 8 else { return options }
    let version = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
    guard version > 0xFFFF else { return options }
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: version >> 16, toByteOffset: 4, as: UInt32.self) }
    return Octets(bytes)
  }
}
