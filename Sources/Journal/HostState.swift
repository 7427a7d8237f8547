/// A host's state as lines that can be compared. A run must not change it.
///
/// Objects that the platform itself changes are left out: the domains that run here, their taps, and addresses or
/// routes with a lifetime.
package struct HostState: Codable, Equatable, Sendable {
  /// The kernel's boot id; nil if nothing could be read. States of different boots can't be compared.
  package var boot: String?
  /// The lines by part; nft rules, and lines with a sequence, are in their order.
  package var lines: [Line]
  /// The parts that could not be read and are missing in `lines`, with the reason.
  package var unread: [Unread]

  package init(boot: String?, lines: [Line], unread: [Unread] = []) {
    self.boot = boot
    self.lines = lines
    self.unread = unread
  }

  /// A state of which no part could be read.
  package init(unreadable reason: String) {
    self.init(boot: nil, lines: [], unread: Part.allCases.map { Unread(part: $0, reason: reason) })
  }

  /// A part of the state that is read separately, and can fail separately.
  package enum Part: String, Codable, CaseIterable, Sendable {
    /// Links, addresses, routes, nexthop objects, rules, neighbours, qdiscs, VLANs and entries of bridges.
    case network
    case firewall
    /// Domains that are suspended.
    case domains
    /// QEMU processes that are stopped.
    case processes
    case mounts
  }

  /// A part that could not be read.
  package struct Unread: Codable, Equatable, Sendable {
    package var part: Part
    package var reason: String

    package init(part: Part, reason: String) {
      self.part = part
      self.reason = reason
    }
  }

  package struct Line: Codable, Hashable, Sendable {
    package var part: Part
    /// The objects that a fault would have to touch to change the line: links with all links below them, by all names;
    /// an nft table (`inet filter`); a domain.
    package var objects: [String]
    /// For an IPv4 address, and for a route that depends on one: the address.
    package var ipv4: String?
    /// True for the address itself, false for a route.
    package var isAddress: Bool
    /// The text, beginning with its kind: `address eth0 10.0.0.1/24`.
    package var text: String
    /// The list in which the order of lines matters: addresses of a link, routes to one destination. Nil if the order
    /// doesn't matter; for nft rules, it matters among all lines.
    package var sequence: String?

    /// True for a choice that the host itself makes when a fault begins or ends, and then keeps: a bond's active port.
    package var isChoice: Bool?

    package init(
      _ part: Part, of objects: [String], _ text: String, ipv4: String? = nil, isAddress: Bool = false,
      sequence: String? = nil, isChoice: Bool? = nil
    ) {
      self.part = part
      self.objects = objects
      self.text = text
      self.ipv4 = ipv4
      self.isAddress = isAddress
      self.sequence = sequence
      self.isChoice = isChoice
    }
  }
}
