import CNetlink
import Glibc

extension RouteSocket {
  /// The qdiscs of a link, the outermost first. The kernel's default ones are among them.
  package func qdiscs(of link: Link) throws(NetlinkError) -> [Qdisc] {
    let request = RequestMessage(RTM_GETQDISC, flags: NLM_F_DUMP, header: Self.header(link.index, nil))
    return try dump(
      request, type: RTM_NEWQDISC, Purpose(operation: "list", object: "qdiscs of link \(link.name)")
    ) { Qdisc(payload: $0, link: link.index) }
  }

  /// The qdiscs of all links, by the link's index, each link's the outermost first.
  package func qdiscs() throws(NetlinkError) -> [Int32: [Qdisc]] {
    let request = RequestMessage(RTM_GETQDISC, flags: NLM_F_DUMP, header: tcmsg())
    let found = try dump(request, type: RTM_NEWQDISC, Purpose(operation: "list", object: "qdiscs")) {
      payload -> (Int32, Qdisc)? in
      guard let link = payload.header(tcmsg.self)?.tcm_ifindex else { return nil }
      return Qdisc(payload: payload, link: link).map { (link, $0) }
    }
    return Dictionary(grouping: found, by: \.0).mapValues { $0.map(\.1) }
  }

  /// Adds a qdisc where the kernel's default one is, or none. Throws EEXIST where another is.
  package func add(_ qdisc: Qdisc, to link: Int32) throws(NetlinkError) {
    try send(qdisc, to: link, flags: NLM_F_CREATE | NLM_F_EXCL, operation: "add")
  }

  /// Puts a qdisc in the place of whatever is there, its classes and filters included.
  package func replace(with qdisc: Qdisc, on link: Int32) throws(NetlinkError) {
    try send(qdisc, to: link, flags: NLM_F_CREATE | NLM_F_REPLACE, operation: "replace")
  }

  /// Deletes a qdisc if it has this handle, so that nobody else's is hit. Throws EINVAL where another
  /// one hangs there, be it the kernel's default.
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
  /// The options as the kernel takes them.
  ///
  /// htb gives its version as 0x30011 but takes only the upper half of that, 3: the first word of struct
  /// tc_htb_glob, behind the header of TCA_HTB_INIT.
  fileprivate var requestOptions: Octets? {
    guard kind == "htb", var bytes = options?.bytes, bytes.count >= 8 else { return options }
    let version = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
    guard version > 0xFFFF else { return options }
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: version >> 16, toByteOffset: 4, as: UInt32.self) }
    return Octets(bytes)
  }
}
