import CNetlink
import Glibc

extension RouteSocket {
  /// The number that the socket's network namespace gives to another one, which an open descriptor stands for: what
  /// IFLA_LINK_NETNSID names it by. Negative where it has given none. See `ip netns list-id` in ip-netns(8).
  package func number(ofNamespace descriptor: Int32) throws(NetlinkError) -> Int32 {
    var request = RequestMessage(RTM_GETNSID, flags: 0, header: rtgenmsg())
    request.put(NETNSA_FD, value: UInt32(bitPattern: descriptor))
    return try get(request, Purpose(operation: "read", object: "number of a network namespace")) { payload in
      payload.attributes(after: rtgenmsg.self).first { $0.type == NETNSA_NSID }?.integer(Int32.self)
    }
  }
}
