import Scenario
import Faults
import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Testing

@testable import Agent
import AgentProtocol

@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct ControlPathTests {
  @Test("The control path is the link that has the connection's local address")
  func thePathIsTheLinkWithTheConnectionsAddress() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      func path(_ connection: String) throws -> ControlPath? {
        try ControlPath(sshConnection: connection, using: network.socket)
      }
      #expect(
        try path("10.0.1.9 50000 10.0.1.1 22") == ControlPath(links: ["eth1"], port: 22, client: "10.0.1.9"))
      #expect(
        try path("fd00:0::9 50000 fd00:0::1 2222")
          == ControlPath(links: ["eth0"], port: 2222, client: "fd00::9"))
      // The address belongs to no link of the host.
      #expect(try path("10.0.1.9 50000 10.0.7.1 22") == ControlPath(links: [], port: 22, client: "10.0.1.9"))
      for text in ["", "10.0.1.9 50000 10.0.1.1", "10.0.1.9 50000 host 22", "10.0.1.9 50000 10.0.1.1 99999"] {
        #expect(try path(text) == nil)
      }
    }
  }

  @Test("The ports of a bridge are on the control path")
  func aBridgesPortsAreOnThePath() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      try network.socket.addBridge("bridge0")
      let bridge = try network.socket.link(.name("bridge0")).index
      try network.socket.setMaster(bridge, .name("eth1"))
      try network.socket.add(InterfaceAddress(try #require(IPPrefix("10.0.7.1/24"))), to: bridge)
      let path = try ControlPath(sshConnection: "10.0.7.9 50000 10.0.7.1 22", using: network.socket)
      #expect(path == ControlPath(links: ["bridge0", "eth1"], port: 22, client: "10.0.7.9"))
      #expect(try order("host.unplug").fault.traits.cuts(try #require(path)))
    }
  }

  @Test("An alternative name of a link cuts the path as its own name does")
  func alternativeNames() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      try run("ip", "link", "property", "add", "dev", "eth1", "altname", "enp3s0f0np0")
      let path = try #require(
        try ControlPath(sshConnection: "10.0.1.9 50000 10.0.1.1 22", using: network.socket))
      for (name, isCut) in [("enp3s0f0np0", true), ("eth1", true), ("eth0", false)] {
        #expect(try order("link.drop", links: [name]).fault.traits.cuts(path) == isCut)
      }
    }
  }
}
