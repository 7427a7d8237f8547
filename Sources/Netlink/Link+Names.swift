extension Link {
  /// The name, then the alternative ones.
  package var names: [String] { [name] + alternativeNames }
}

extension Sequence where Element == Link {
  /// The link with this name or alternative name. The kernel keeps names unique.
  package func named(_ name: String) -> Link? { first { $0.names.contains(name) } }
}
