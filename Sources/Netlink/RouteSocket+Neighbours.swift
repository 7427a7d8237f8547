import CNetlink
import Glibc

extension RouteSocket {
  /// The neighbours that were set on a link, IPv4 and IPv6, and its proxy entries.
  package func neighbours(of link: Link) throws(NetlinkError) -> [Neighbour] {
    try neighbours(of: [link])[link.index] ?? []
  }

  /// The neighbours that were set on some links, by link index.
  package func neighbours(of links: [Link]) throws(NetlinkError) -> [Int32: [Neighbour]] {
    let flags = Dictionary(links.map { ($0.index, $0.flags) }) { first, _ in first }
    var neighbours: [Int32: [Neighbour]] = [:]
    for family in IPFamily.allCases {
      for kind in [0, NTF_PROXY] {
        var header = ndmsg()
        header.ndm_family = family.number
        header.ndm_flags = UInt8(kind)
        var request = RequestMessage(RTM_GETNEIGH, flags: NLM_F_DUMP, header: header)
        // A kernel with strict checking filters by this.
        if links.count == 1 { request.put(NDA_IFINDEX, value: links[0].index) }
        let purpose = Purpose(operation: "list", object: "\(family.rawValue) neighbours")
        let found = try dump(request, type: RTM_NEWNEIGH, purpose) { payload -> (Int32, Neighbour)? in
          guard let link = payload.header(ndmsg.self)?.ndm_ifindex, let flags = flags[link] else {
            return nil
          }
          return Neighbour(payload: payload, on: flags).map { (link, $0) }
        }
        for (link, neighbour) in found { neighbours[link, default: []].append(neighbour) }
      }
    }
    return neighbours
  }

  /// Adds a permanent neighbour entry. Replaces an entry that the kernel learned.
  package func add(_ neighbour: Neighbour, to link: Int32) throws(NetlinkError) {
    let settings = neighbour.settings ?? .init()
    var flags = neighbour.isProxy ? NTF_PROXY : 0
    if neighbour.isRouter { flags |= NTF_ROUTER }
    if settings.isExternallyLearned { flags |= NTF_EXT_LEARNED }
    var header = ndmsg()
    header.ndm_family = neighbour.address.family.number
    header.ndm_ifindex = link
    header.ndm_state = UInt16(neighbour.state)
    header.ndm_flags = UInt8(flags)
    var request = RequestMessage(
      RTM_NEWNEIGH, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header: header)
    request.put(NDA_DST, neighbour.address.bytes)
    if let linkAddress = neighbour.linkAddress { request.put(NDA_LLADDR, linkAddress.bytes) }
    if let origin = settings.origin { request.put(NDA_PROTOCOL, value: origin) }
    if settings.isManaged { request.put(NDA_FLAGS_EXT, value: UInt32(NTF_EXT_MANAGED)) }
    try perform(request, Purpose(operation: "add neighbour", object: "\(neighbour) on link #\(link)"))
  }
}

extension Neighbour {
  fileprivate var state: Int32 {
    guard !isProxy, let settings else { return isProxy ? 0 : NUD_PERMANENT }
    if settings.isNoARP { return NUD_NOARP }
    if settings.isManaged { return NUD_NONE }
    return settings.isExternallyLearned && !settings.isPermanent ? NUD_REACHABLE : NUD_PERMANENT
  }
}
