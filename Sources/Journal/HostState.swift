/// A host's state as lines that can be compared: what a run must leave as it found it.
///
/// Left out is what the platform itself moves: which domains run here, their taps, and addresses or routes with a
/// lifetime.
package struct HostState: Codable, Equatable, Sendable {
  /// The kernel's boot; nil where nothing could be read. The states of two boots can't be compared.
  package var boot: String?
  /// The lines, part by part; nft rules, and what has a sequence, in their order.
  package var lines: [Line]
  /// The parts that could not be read, and so are no part of `lines`: why.
  package var unread: [Unread]

  /// A state of these lines.
  package init(boot: String?, lines: [Line], unread: [Unread] = []) {
    self.boot = boot
    self.lines = lines
    self.unread = unread
  }

  /// A state of which nothing could be read.
  package init(unreadable reason: String) {
    self.init(boot: nil, lines: [], unread: Part.allCases.map { Unread(part: $0, reason: reason) })
  }

  /// What is read, and can fail, by itself.
  package enum Part: String, Codable, CaseIterable, Sendable {
    /// Links, addresses, routes, nexthop objects, rules, neighbours, qdiscs, VLANs and entries of bridges.
    case network
    /// nft rules.
    case firewall
    /// Domains that stand still.
    case domains
    /// QEMU processes that stand still.
    case processes
    /// Mounts.
    case mounts
  }

  /// A part that could not be read.
  package struct Unread: Codable, Equatable, Sendable {
    /// Which.
    package var part: Part
    /// Why.
    package var reason: String

    /// A part, and why it could not be read.
    package init(part: Part, reason: String) {
      self.part = part
      self.reason = reason
    }
  }

  /// One thing on the host.
  package struct Line: Codable, Hashable, Sendable {
    /// What it belongs to.
    package var part: Part
    /// What a fault would have to touch to change it: links with those that they are made on, by all names; an nft table
    /// (`inet filter`); a domain.
    package var objects: [String]
    /// For an IPv4 address, and for a route that stands and falls with one: the address.
    package var ipv4: String?
    /// Whether it is that address, rather than a route.
    package var isAddress: Bool
    /// In words, beginning with its kind: `address eth0 10.0.0.1/24`.
    package var text: String
    /// The list within which the order of lines has a meaning: addresses of a link, routes to one destination. Nil where it
    /// has none, or, of nft rules, where it has one among all lines.
    package var sequence: String?

    /// True for what the host chooses by itself when a fault comes or ends, and what stays so: a bond's active port.
    package var isChoice: Bool?

    /// A line of these parts.
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
