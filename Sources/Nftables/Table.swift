/// A table of nftables rules with its sets and chains, see nft(8).
package struct Table: Sendable, Hashable, Identifiable {
  /// Identifies a table in the kernel.
  package struct ID: Sendable, Hashable, Codable {
    package var family: Family
    package var name: NftablesName

    package init(_ family: Family, _ name: NftablesName) {
      self.family = family
      self.name = name
    }
  }

  package enum Family: String, Sendable, Hashable, Codable {
    /// IPv4 and IPv6 packets that this host sends, receives or routes.
    case inet
    /// All frames of a device, bridged ones too.
    case netdev
  }

  package var id: ID
  /// Sets that rules refer to by name.
  package var sets: [NamedSet]
  /// Chains of rules.
  package var chains: [Chain]
  /// Whether it has a flag such as `dormant`. Only in a listing, since this library sets none.
  package internal(set) var hasFlags = false

  package init(_ id: ID, sets: [NamedSet] = [], chains: [Chain] = []) {
    self.id = id
    self.sets = sets
    self.chains = chains
  }

  /// The table without its state: elements and counter values. Two tables with equal definitions behave the same as
  /// soon as their sets have the same elements.
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

/// A set whose elements can have a timeout, after which the kernel removes them.
package struct NamedSet: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, Codable {
    /// Names of network interfaces.
    case interfaceName = "ifname"
    /// The protocols IPv4 and IPv6.
    case networkProtocol = "nf_proto"
  }

  package var name: NftablesName
  package var kind: Kind
  package var elements: [Element]

  package init(_ name: NftablesName, of kind: Kind, elements: [Element] = []) {
    self.name = name
    self.kind = kind
    self.elements = elements
  }

  /// A member of a set, permanent or with a timeout.
  package struct Element: Sendable, Hashable {
    package var value: Value
    /// The time after which the kernel removes the element, counted from its addition. Nil, for never, occurs only in
    /// a listing: this library adds none without a timeout.
    package private(set) var timeout: Duration?
    /// The rest of the timeout. Only in a listing, in whole seconds, rounded down.
    package var remaining: Duration?

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

  package enum Value: Sendable, Hashable, CustomStringConvertible {
    /// A network interface, in a set of `interfaceName`.
    case interface(InterfaceName)
    /// All of IPv4, in a set of `networkProtocol`.
    case ipv4
    /// All of IPv6, in a set of `networkProtocol`.
    case ipv6
  }
}
