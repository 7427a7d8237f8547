import Testing

/// Open ports stay reachable by both address families, also for clients that must first resolve the host's link-layer
/// address.
@Suite(.needsGuest)
struct FirewallLockSerialTests {
  private static let services = """
    cable eth0
    network eth0 1
    for port in 8080 9090; do nc -lllll -p $port -e cat < /dev/null > /dev/null 2>&1 & done

    """

  @Test("An open port is reached by both families", arguments: ["in", "both"])
  func openPort(direction: String) async throws {
    try await NetworkCase(
      setUp: Self.services, faults: [.lock(direction: direction, allow: [8080], established: "cut")],
      works: Self.asking + "for host in 10.1.0.1 fd00:1::1; do ask $host 8080; ask $host 9090; done",
      during: Self.asking + """
        for host in 10.1.0.1 fd00:1::1; do
          ask $host 8080 || { echo "$host is locked" >&2; exit 1; }
          if ask $host 9090; then echo "$host is open" >&2; exit 1; fi
        done
        """
    ).run()
  }

  private static let asking = """
    ask() {
      ip neigh flush dev eth0
      ip -n peer neigh flush dev eth0
      test "$(echo hello | peer timeout 3 nc $1 $2)" = hello
    }

    """
}
