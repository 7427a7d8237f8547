import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults

/// The open ports of a lock, over IPv4 and IPv6, for a neighbour without any cache entry.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct OpenPortTests {
  @Test(
    "An allowed port answers from a cold neighbour cache; a closed port and ping don't",
    // The variant 'out, established kept' is left out, since a host's answer there belongs to the request.
    arguments: [("in", "kept"), ("in", "cut"), ("both", "kept"), ("both", "cut"), ("out", "cut")])
  func neighbours(direction: String, established: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let neighbour = try Neighbour()
      let closed = try Listener(port: 7001)
      let open = try Listener(port: 7002)
      let contract = try Contract(
        try order("firewall.lock", ["direction": direction, "established": established], allow: [7002]))
      try contract.prepare()
      try contract.inject()
      for family in Family.allCases {
        // Requests are answered in order. When the open port has answered, no other answer can come.
        let ping = try neighbour.ping(family.host)
        let knock = try neighbour.connect(family.host, closed.port)
        let visit = try neighbour.connect(family.host, open.port)
        try eventually("port 7002 answers over \(family)") { visit.isConnected }
        #expect(!ping.isAnswered, "ping was answered over \(family)")
        #expect(!knock.isConnected && !knock.isRefused, "port 7001 answered over \(family)")
      }
      try contract.revert()
      for family in Family.allCases {
        let knock = try neighbour.connect(family.host, closed.port)
        try eventually("port 7001 answers over \(family) again") { knock.isConnected }
      }
      withExtendedLifetime(network) {}
    }
  }
}
