import Scenario

extension Fleet {
  /// The hosts with these names, in the order of the fleet; all hosts if there are no names.
  ///
  /// - Throws: `Stop` if the fleet lacks a host.
  func hosts(called names: [String]) throws(Stop) -> [Host] {
    let unknown = names.filter { host(called: $0) == nil }
    if !unknown.isEmpty {
      throw Stop(
        .badInput,
        unknown.map { "the fleet has no host \($0)\(Nearest.hint($0, among: hosts.map(\.name)))" }
          .joined(separator: "\n"))
    }
    let named = Set(names.compactMap { host(called: $0)?.name })
    return names.isEmpty ? hosts : hosts.filter { named.contains($0.name) }
  }
}
