import CNetlink
import Glibc

extension RouteSocket {
  /// The id that the socket's network namespace has for another one, given by an open descriptor: the value of
  /// IFLA_LINK_NETNSID. Negative if it has none. See `ip netns list-id` in ip-netns(8).
  package func number(ofNamespace descriptor: Int32) throws(NetlinkError) -> Int32 {
    var request = RequestMessage(RTM_GETNSID, flags: 0, header: rtgenmsg())
    request.put(NETNSA_FD, value: UInt32(bitPattern: descriptor))
    return try get(request, Purpose(operation: "read", object: "number of a network namespace")) { payload in
      payload.attributes(after: rtgenmsg.self).first { $0.type == NETNSA_NSID }?.integer(Int32.self)
    }
  }
}
