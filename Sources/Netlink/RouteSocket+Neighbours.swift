import CNetlink
import Glibc

extension RouteSocket {
  /// The permanent neighbours of a link, IPv4 and IPv6, and those in whose place it answers.
  public func neighbours(of link: Link) throws(NetlinkError) -> [Neighbour] {
    var neighbours: [Neighbour] = []
    for family in IPFamily.allCases {
      for flags in [0, NTF_PROXY] {
        var header = ndmsg()
        header.ndm_family = family.number
        header.ndm_flags = UInt8(flags)
        var request = RequestMessage(RTM_GETNEIGH, flags: NLM_F_DUMP, header: header)
        // A kernel that knows strict checking filters by this one.
        request.put(NDA_IFINDEX, value: link.index)
        let purpose = Purpose(operation: "list", object: "\(family.rawValue) neighbours of link \(link.name)")
        neighbours += try dump(request, type: RTM_NEWNEIGH, purpose) {
          Neighbour(payload: $0, link: link.index)
        }
      }
    }
    return neighbours
  }

  /// Adds a neighbour to a link's table, for ever. An entry that the kernel learned is replaced.
  public func add(_ neighbour: Neighbour, to link: Int32) throws(NetlinkError) {
    var header = ndmsg()
    header.ndm_family = neighbour.address.family.number
    header.ndm_ifindex = link
    header.ndm_state = neighbour.isProxy ? 0 : UInt16(NUD_PERMANENT)
    header.ndm_flags =
      (neighbour.isProxy ? UInt8(NTF_PROXY) : 0) | (neighbour.isRouter ? UInt8(NTF_ROUTER) : 0)
    var request = RequestMessage(
      RTM_NEWNEIGH, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header: header)
    request.put(NDA_DST, neighbour.address.bytes)
    if let linkAddress = neighbour.linkAddress { request.put(NDA_LLADDR, linkAddress.bytes) }
    try perform(request, Purpose(operation: "add neighbour", object: "\(neighbour) on link #\(link)"))
  }
}
