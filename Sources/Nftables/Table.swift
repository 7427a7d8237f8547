/// A table of nftables rules with its sets and chains, see nft(8).
package struct Table: Sendable, Hashable, Identifiable {
  /// What names a table in the kernel.
  package struct ID: Sendable, Hashable, Codable {
    /// Which packets the table sees.
    package var family: Family
    /// The table's name.
    package var name: NftablesName

    /// The table of a family with a name.
    package init(_ family: Family, _ name: NftablesName) {
      self.family = family
      self.name = name
    }
  }

  /// Which packets a table sees.
  package enum Family: String, Sendable, Hashable, Codable {
    /// IPv4 and IPv6 packets that this host sends, receives or routes.
    case inet
    /// All frames of a device, bridged ones too.
    case netdev
  }

  /// Family and name.
  package var id: ID
  /// Sets that rules refer to by name.
  package var sets: [NamedSet]
  /// Chains of rules.
  package var chains: [Chain]
  /// Whether it has a flag, as `dormant`: only in a listing, for none is made with one. Which one isn't told: nft 1.0.6
  /// writes another word in its place.
  package internal(set) var hasFlags = false

  /// A table.
  package init(_ id: ID, sets: [NamedSet] = [], chains: [Chain] = []) {
    self.id = id
    self.sets = sets
    self.chains = chains
  }

  /// The table without what passes: elements, and what counters have counted. Two tables with one
  /// definition do the same as soon as their sets hold the same.
  package var definition: Table {
    var copy = self
    for index in copy.sets.indices { copy.sets[index].elements = [] }
    for chain in copy.chains.indices {
      for rule in copy.chains[chain].rules.indices {
        copy.chains[chain].rules[rule] = copy.chains[chain].rules[rule].definition
      }
    }
    return copy
  }
}

extension Table.ID: CustomStringConvertible {
  /// "inet murphy".
  package var description: String { "\(family.rawValue) \(name)" }
}

/// A set whose elements can have a timeout, after which the kernel takes them out by itself.
package struct NamedSet: Sendable, Hashable {
  /// What a set holds.
  package enum Kind: String, Sendable, Hashable, Codable {
    /// Names of network interfaces.
    case interfaceName = "ifname"
    /// IPv4 and IPv6 as such.
    case networkProtocol = "nf_proto"
  }

  /// The set's name.
  package var name: NftablesName
  /// What it holds.
  package var kind: Kind
  /// Its elements.
  package var elements: [Element]

  /// A set.
  package init(_ name: NftablesName, of kind: Kind, elements: [Element] = []) {
    self.name = name
    self.kind = kind
    self.elements = elements
  }

  /// A member of a set, for ever or for a time.
  package struct Element: Sendable, Hashable {
    /// What is in the set.
    package var value: Value
    /// The time after which the kernel takes it out, counted from when it was put in. Nil, for never, only in a listing:
    /// none can be put in without.
    package private(set) var timeout: Duration?
    /// What is left of the timeout. Only in a listing, and there in whole seconds, rounded down.
    package var remaining: Duration?

    /// An element to put into a set.
    package init(_ value: Value, timeout: Duration) {
      self.value = value
      self.timeout = timeout
    }

    init(_ value: Value, timeout: Duration?, remaining: Duration?) {
      self.value = value
      self.timeout = timeout
      self.remaining = remaining
    }
  }

  /// What can be in a set.
  package enum Value: Sendable, Hashable, CustomStringConvertible {
    /// A network interface, in a set of `interfaceName`.
    case interface(InterfaceName)
    /// All of IPv4, in a set of `networkProtocol`.
    case ipv4
    /// All of IPv6, in a set of `networkProtocol`.
    case ipv6
  }
}
