import Glibc
import NamespaceTesting
import Netlink
import Testing

@testable import Nftables

/// The kernel's notifications of changes to links and rules.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct ChangeNotificationsTests {
  private func isReadable(_ changes: ChangeNotifications) -> Bool {
    var watched = pollfd(fd: changes.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, 0) == 1
  }

  @Test("A changed link is announced, and rules are not")
  func links() async throws {
    try await inNetworkNamespace {
      let routes = try RouteSocket()
      try routes.addVeth("left0", peer: "right0")
      let changes = try ChangeNotifications(of: .links)
      #expect(!isReadable(changes))
      for act in [true, false] {
        try routes.setUp(act, .name("left0"))
        #expect(isReadable(changes))
        changes.drain()
        #expect(!isReadable(changes))
      }
      try NftablesContext().run("add table inet theirs")
      #expect(!isReadable(changes))
      try routes.delete(.name("left0"))
      #expect(isReadable(changes))
    }
  }

  @Test("A changed rule of any table is announced, and links are not")
  func rules() async throws {
    try await inNetworkNamespace {
      let nft = try NftablesContext()
      let changes = try ChangeNotifications(of: .nftables)
      #expect(!isReadable(changes))
      for command in [
        "add table inet theirs", "add chain inet theirs c", "add rule inet theirs c accept",
        "flush chain inet theirs c", "add table inet theirs { flags dormant; }", "flush ruleset",
      ] {
        try nft.run(command)
        #expect(isReadable(changes), "\(command)")
        changes.drain()
        #expect(!isReadable(changes), "\(command)")
      }
      try RouteSocket().setUp(true, .name("lo"))
      #expect(!isReadable(changes))
    }
  }

  @Test("If too many notifications arrive at once, some are lost, and the socket still works")
  func flood() async throws {
    try await inNetworkNamespace {
      let routes = try RouteSocket()
      let changes = try ChangeNotifications(of: .links)
      for number in 0..<1000 { try routes.setUp(number % 2 == 0, .name("lo")) }
      #expect(isReadable(changes))
      while isReadable(changes) { changes.drain() }
      try routes.setUp(true, .name("lo"))
      #expect(isReadable(changes))
    }
  }
}
