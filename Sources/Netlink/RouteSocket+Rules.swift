import CNetlink
import Glibc

extension RouteSocket {
  /// The rules of IPv4, then those of IPv6, each in evaluation order.
  package func rules() throws(NetlinkError) -> [RoutingRule] {
    var rules: [RoutingRule] = []
    for family in IPFamily.allCases {
      var header = fib_rule_hdr()
      header.family = family.number
      let request = RequestMessage(RTM_GETRULE, flags: NLM_F_DUMP, header: header)
      let purpose = Purpose(operation: "list", object: "\(family.rawValue) rules")
      rules += try dump(request, type: RTM_NEWRULE, purpose) { RoutingRule(payload: $0) }
    }
    return rules
  }
}
