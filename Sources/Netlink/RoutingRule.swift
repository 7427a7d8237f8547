import CNetlink

/// A rule that selects the table for a route lookup, see ip-rule(8).
package struct RoutingRule: Sendable, Hashable {
  package var family: IPFamily
  /// Rules with a lower value are evaluated first.
  package var priority: UInt32 = 0
  /// The names of the links that it matches.
  package var links: [String] = []
  /// As ip-rule(8) prints it; unknown attributes are shown by number.
  package var description: String
}

extension RoutingRule {
  /// Reads the payload of an RTM_NEWRULE message: struct fib_rule_hdr and attributes, see linux/fib_rules.h.
  init?(payload: UnsafeRawBufferPointer) {
    guard let header = payload.header(fib_rule_hdr.self), let family = IPFamily(number: header.family)
    else { return nil }
    self.family = family
    var table = RouteTable(rawValue: UInt32(header.table))
    var source = "all"
    var words: [String] = []
    for attribute in payload.attributes(after: fib_rule_hdr.self) {
      switch attribute.type {
      case FRA_PRIORITY: priority = attribute.integer(UInt32.self) ?? 0
      case FRA_TABLE: table = RouteTable(rawValue: attribute.integer(UInt32.self) ?? table.rawValue)
      case FRA_SRC: source = attribute.ipAddress.map { "\($0)/\(header.src_len)" } ?? source
      case FRA_DST: words.append("to \(attribute.ipAddress.map { "\($0)/\(header.dst_len)" } ?? "")")
      case FRA_IIFNAME, FRA_OIFNAME:
        links.append(attribute.text)
        words.append("\(attribute.type == FRA_IIFNAME ? "iif" : "oif") \(attribute.text)")
      case FRA_FWMARK: words.append("fwmark \(attribute.integer(UInt32.self) ?? 0)")
      case FRA_L3MDEV: words.append("l3mdev")
      case FRA_PROTOCOL where attribute.integer(UInt8.self) != 0:
        words.append("proto \(RouteOrigin(rawValue: attribute.integer(UInt8.self) ?? 0))")
      // Defaults that the kernel sends: no origin, all bits of a mark, no suppressed prefix.
      case FRA_PROTOCOL, FRA_PAD: break
      case let type where attribute.integer(UInt32.self) == .max && Self.unlimited.contains(type): break
      default: words.append("attribute \(attribute.type) \(Octets(Array(attribute.payload)))")
      }
    }
    if header.flags & UInt32(FIB_RULE_INVERT) != 0 { words.insert("not", at: 0) }
    if header.tos != 0 { words.append("tos \(header.tos)") }
    let action = header.action == UInt8(FR_ACT_TO_TBL) ? "lookup \(table)" : "action \(header.action)"
    description = (["from \(source)"] + words + [action]).joined(separator: " ")
  }

  private static let unlimited = [FRA_FWMASK, FRA_SUPPRESS_PREFIXLEN]
}
