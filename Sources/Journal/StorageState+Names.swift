import Scenario

extension StorageState {
  /// The storage's names for the hosts of its bricks and of the peers that it misses.
  package var hostNames: Set<String> {
    Set((disconnected ?? []) + (bricksByName ?? [:]).keys.map(Self.host(ofBrick:)))
  }

  /// What the storage misses of each host, by its own names for hosts: `brick offline`, `disconnected`.
  package var missing: [String: [String]] {
    var missing: [String: [String]] = [:]
    for (brick, isOnline) in (bricksByName ?? [:]).sorted(by: { $0.key < $1.key }) where !isOnline {
      missing[Self.host(ofBrick: brick), default: []].append("brick offline")
    }
    for peer in disconnected ?? [] { missing[peer, default: []].append("disconnected") }
    return missing
  }

  /// Whether the storage misses a brick of a host, or the host as a peer; nil if it shows neither by a known name of
  /// the host.
  package func misses(_ host: String, in fleet: Fleet) -> Bool? {
    func names(_ name: String) -> Bool { fleet.host(called: name)?.name == host }
    guard hostNames.contains(where: names) else { return nil }
    return missing.keys.contains(where: names)
  }

  /// `10.77.1.11` of `10.77.1.11:/bricks/vms`. Splits at the last `:/`, since an IPv6 address contains colons.
  private static func host(ofBrick name: String) -> String {
    guard let separator = name.ranges(of: ":/").last else { return name }
    return String(name[..<separator.lowerBound])
  }
}
