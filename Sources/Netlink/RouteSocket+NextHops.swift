import CNetlink
import Glibc

extension RouteSocket {
  /// All nexthop objects, in the order of their ids. Empty on a kernel before Linux 5.3, which has none.
  package func nextHops() throws(NetlinkError) -> [NextHopObject] {
    let request = RequestMessage(RTM_GETNEXTHOP, flags: NLM_F_DUMP, header: nhmsg())
    do {
      return try dump(request, type: RTM_NEWNEXTHOP, Purpose(operation: "list", object: "nexthop objects")) {
        NextHopObject(payload: $0)
      }
    } catch  where error.code == EOPNOTSUPP {
      return []
    }
  }

  /// Adds a nexthop object, or replaces the one with its id; routes and groups refer to the id.
  package func add(_ object: NextHopObject, replacing: Bool = false) throws(NetlinkError) {
    var header = nhmsg()
    header.nh_family = object.family?.number ?? UInt8(AF_UNSPEC)
    header.nh_protocol = object.origin.rawValue
    if object.isOnLink { header.nh_flags = UInt32(RTNH_F_ONLINK) }
    let flags = NLM_F_CREATE | (replacing ? NLM_F_REPLACE : NLM_F_EXCL)
    var request = RequestMessage(RTM_NEWNEXTHOP, flags: NLM_F_ACK | flags, header: header)
    request.put(NextHopObject.Attribute.id, value: object.id)
    if let members = object.members {
      request.put(NextHopObject.Attribute.group, members.flatMap(\.bytes))
    }
    if let link = object.link { request.put(NextHopObject.Attribute.link, value: link) }
    if let gateway = object.gateway { request.put(NextHopObject.Attribute.gateway, gateway.bytes) }
    for attribute in object.attributes {
      let isNested = NextHopObject.Attribute.nested.contains(attribute.type)
      request.put(attribute.type | (isNested ? Int(NLA_F_NESTED) : 0), attribute.payload.bytes)
    }
    try perform(request, Purpose(operation: "add nexthop", object: "\(object)"))
  }
}
