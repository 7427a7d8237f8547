import CNetlink

/// A nexthop object, see ip-nexthop(8): a nexthop, or a group of them, that routes refer to by id.
package struct NextHopObject: Sendable, Hashable, Codable {
  /// Its id.
  package var id: UInt32
  /// The family of its gateway. Nil for a group.
  package var family: IPFamily?
  /// The program that set it (`proto`).
  package var origin: RouteOrigin
  /// The index of the outgoing link. Nil for a group, a blackhole, and an object of a bridge's table.
  package var link: Int32?
  /// The gateway. Nil: the destination is on the link itself.
  package var gateway: IPAddress?
  /// True if the gateway is assumed to be on the link (`onlink`), even if no address's network contains it.
  package var isOnLink = false
  /// The members of a group, in its order. Nil for a single object.
  package var members: [Member]?
  /// Settings without a property here (encapsulation, the type of a group), as the kernel sent them.
  package var attributes: [RawAttribute] = []

  /// A member of a group.
  package struct Member: Sendable, Hashable, Codable {
    package var id: UInt32
    /// The share of the flows, 1 or more.
    package var weight: UInt16
  }
}

extension NextHopObject: CustomStringConvertible {
  package var description: String { words { "#\($0)" } }

  /// As ip-nexthop(8) prints it, with names for the links' indexes.
  package func words(naming name: (Int32) -> String) -> String {
    var text = "id \(id)"
    if let members {
      let words = members.map { $0.weight == 1 ? "\($0.id)" : "\($0.id),\($0.weight)" }
      text += " group \(words.joined(separator: "/"))"
    }
    if let gateway { text += " via \(gateway)" }
    if let link { text += " dev \(name(link))" }
    if isOnLink { text += " onlink" }
    for attribute in attributes { text += " attribute \(attribute.type) \(attribute.payload)" }
    return text + " proto \(origin)"
  }
}

extension NextHopObject {
  /// NHA_… of linux/nexthop.h.
  enum Attribute {
    static let id = Int(NHA_ID)
    static let group = Int(NHA_GROUP)
    static let groupType = Int(NHA_GROUP_TYPE)
    static let link = Int(NHA_OIF)
    static let gateway = Int(NHA_GATEWAY)
    static let encapsulationType = Int(NHA_ENCAP_TYPE)
    static let encapsulation = Int(NHA_ENCAP)
    static let resilience = Int(NHA_RES_GROUP)

    /// Settings that are passed on unchanged; of a resilient group without its state.
    static let carried: Set<Int> = [
      groupType, Int(NHA_BLACKHOLE), encapsulationType, encapsulation, Int(NHA_FDB), resilience,
    ]
    /// Settings that hold attributes. The kernel sends them without NLA_F_NESTED, but requires the flag.
    static let nested: Set<Int> = [encapsulation, resilience]
  }

  /// Reads the payload of an RTM_NEWNEXTHOP message: struct nhmsg and attributes.
  init?(payload: UnsafeRawBufferPointer) {
    guard let header = payload.header(nhmsg.self) else { return nil }
    family = IPFamily(number: header.nh_family)
    origin = RouteOrigin(rawValue: header.nh_protocol)
    isOnLink = header.nh_flags & UInt32(RTNH_F_ONLINK) != 0
    var id: UInt32?
    for attribute in payload.attributes(after: nhmsg.self) {
      switch attribute.type {
      case Attribute.id: id = attribute.integer(UInt32.self)
      case Attribute.link: link = attribute.integer(Int32.self)
      case Attribute.gateway: gateway = attribute.ipAddress
      case Attribute.group: members = Member.list(in: attribute.payload)
      case Attribute.resilience:
        // Keeps the buckets and timers. Drops the time for which the group has been unbalanced, and padding.
        let settings = attribute.nested.filter {
          (NHA_RES_GROUP_BUCKETS...NHA_RES_GROUP_UNBALANCED_TIMER).contains($0.type)
        }
        attributes.append(RawAttribute(type: attribute.type, nesting: settings))
      case let type where Attribute.carried.contains(type): attributes.append(RawAttribute(attribute))
      default: break
      }
    }
    // Type 0 is the default type of a group.
    attributes.removeAll { $0.type == Attribute.groupType && $0.payload.bytes.allSatisfy { $0 == 0 } }
    guard let id else { return nil }
    self.id = id
  }
}

extension NextHopObject.Member {
  /// Reads NHA_GROUP, an array of struct nexthop_grp: the id in four bytes, the weight minus one in two (the upper
  /// byte since Linux 6.12), and two unused bytes.
  fileprivate static func list(in bytes: UnsafeRawBufferPointer) -> [Self] {
    var members: [Self] = []
    for offset in stride(from: 0, to: bytes.count & ~7, by: 8) {
      let lessOne = UInt16(bytes[offset + 4]) | UInt16(bytes[offset + 5]) << 8
      members.append(
        Self(id: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self), weight: lessOne &+ 1))
    }
    return members
  }

  var bytes: [UInt8] {
    let lessOne = weight &- 1
    let shares = [UInt8(lessOne & 0xFF), UInt8(lessOne >> 8), 0, 0]
    return withUnsafeBytes(of: id) { Array($0) } + shares
  }
}
