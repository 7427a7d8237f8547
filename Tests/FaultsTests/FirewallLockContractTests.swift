import Glibc
import HostTesting
import NamespaceTesting
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// All acts of `firewall.lock`, with datagrams to allowed and to closed ports.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct FirewallLockContractTests {
  @Test(
    "A lock drops what its parameters state, and its revert restores the host",
    arguments: Catalogue.builtIn.cases.filter { $0.fault.name == "firewall.lock" })
  func contract(tried: FaultCase) async throws {
    let direction = try #require(tried.words["direction"])
    let established = try #require(tried.words["established"])
    let opens = tried.variant.parameters["allow"] == nil
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let closed = try Service(port: 7001, of: network)
      let open = try Service(port: 7002, of: network)
      let links = try network.snapshot()
      let contract = try Contract(
        try order(
          "firewall.lock", ["direction": direction, "established": established],
          allow: opens ? [7002] : []))
      try contract.prepare()
      #expect(!(try contract.ruleset()).isEmpty)
      // The prepared table has no effect yet, and a flow is established before the injection.
      try closed.expectReached(from: 5001)
      #expect(try closed.mayAnswer(5001))
      try closed.expectReached(from: 5001)

      try contract.inject()
      #expect(try contract.effect() == "the kernel lists ipv4 and ipv6 in the set that drops")
      #expect(try contract.onset() == contract.effect())
      #expect(try contract.residue() == ["nft table inet murphy_a1 is still there"])
      if direction == "out" {
        try closed.expectReached(from: 5002)
      } else {
        try closed.sendIntoLock(from: 5002)
      }
      if direction == "out" || established == "kept" {
        try closed.expectReached(from: 5001)
      } else {
        try closed.sendIntoLock(from: 5001)
      }
      #expect(try closed.mayAnswer(5003) == (direction == "in"))
      #expect(try closed.mayAnswer(5001) == (direction == "in" || established == "kept"))
      if opens {
        try open.expectReached(from: 5002)
        #expect(try open.mayAnswer(5004))
      } else {
        if direction != "out" { try open.sendIntoLock(from: 5002) }
        #expect(try open.mayAnswer(5004) == (direction == "in"))
      }

      try contract.revert()
      #expect(try contract.effect() == nil)
      #expect(try contract.ruleset() == [])
      #expect(try network.differences(from: links) == [])
      try closed.expectReached(from: 5002)
      #expect(try closed.mayAnswer(5003))
    }
  }

  @Test("A lock doesn't drop packets on the loopback link")
  func theLoopbackStaysOpen() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(
        try order("firewall.lock", ["direction": "both", "established": "cut"], allow: []))
      try contract.prepare()
      try contract.inject()
      let listener = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(7001).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let count = withUnsafeBytes(of: &address) { bytes in
        let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        #expect(bind(listener, address, socklen_t(bytes.count)) == 0)
        var byte: UInt8 = 1
        #expect(sendto(listener, &byte, 1, 0, address, socklen_t(bytes.count)) == 1)
        return recv(listener, &byte, 1, 0)
      }
      #expect(count == 1)
      try contract.revert()
    }
  }

  @Test("The kernel ends a lock when its set elements expire")
  func locksPassByThemselves() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let service = try Service(port: 7001, of: network)
      let contract = try Contract(try order("firewall.lock", ["established": "cut"]))
      try contract.prepare()
      try contract.inject(.milliseconds(100))
      try eventually("the lock has passed") { try contract.effect() == nil }
      try service.expectReached(from: 5001)
      try contract.revert()
    }
  }

  @Test("A lock is reverted after any of its acts, and after none")
  func revertsAtAnyPoint() async throws {
    try await inNetworkNamespace {
      for steps in 0...3 {
        let contract = try Contract(try order("firewall.lock"))
        if steps > 0 { try contract.prepare() }
        if steps > 1 { try contract.inject() }
        if steps > 2 { try contract.instruments.nftables().run("flush set inet murphy_a1 lock") }
        try contract.revert()
        #expect(try contract.ruleset() == [])
      }
    }
  }
}
