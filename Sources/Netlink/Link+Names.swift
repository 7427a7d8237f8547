extension Link {
  /// The name, then the alternative ones.
  package var names: [String] { [name] + alternativeNames }
}

extension Sequence where Element == Link {
  /// The link that has a name, as its own or an alternative one. The kernel gives each name once.
  package func named(_ name: String) -> Link? { first { $0.names.contains(name) } }
}
