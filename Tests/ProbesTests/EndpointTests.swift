import Scenario
import Testing

@testable import Probes

@Suite struct EndpointTests {
  private func endpoint(_ kind: Fleet.Probe.Kind, _ target: String) -> Endpoint? {
    switch kind {
    case .http: Endpoint(target, scheme: "http", standardPort: 80)
    case .ping: Endpoint(host: target)
    default: Endpoint(target, scheme: "tcp", standardPort: nil)
    }
  }

  @Test(
    "An http URL is read",
    arguments: [
      ("http://10.77.2.101/", "10.77.2.101", 80, "/"), ("http://10.77.2.101", "10.77.2.101", 80, "/"),
      ("http://10.77.2.101:8080/a/b?c=d:e", "10.77.2.101", 8080, "/a/b?c=d:e"),
      ("http://[2001:db8::1]/", "2001:db8::1", 80, "/"),
      ("http://[2001:db8::1]:8080/x", "2001:db8::1", 8080, "/x"),
      ("http://[::1]", "::1", 80, "/"),
    ] as [(String, String, UInt16, String)])
  func readsHttp(_ target: String, _ address: String, _ port: UInt16, _ path: String) throws {
    let read = try #require(self.endpoint(.http, target))
    #expect(read.address == address)
    #expect(read.port == port)
    #expect(read.path == path)
    #expect(read.isIPv6 == address.contains(":"))
  }

  @Test("A tcp URL is read", arguments: [Fleet.Probe.Kind.tcp, .append])
  func readsTcp(_ kind: Fleet.Probe.Kind) throws {
    let four = try #require(endpoint(kind, "tcp://10.77.2.101:7000"))
    #expect(four.address == "10.77.2.101" && four.port == 7000)
    let six = try #require(endpoint(kind, "tcp://[fd00::7]:22"))
    #expect(six.address == "fd00::7" && six.port == 22)
  }

  @Test("The address of a ping probe is read")
  func readsPing() throws {
    #expect(endpoint(.ping, "10.77.2.1")?.address == "10.77.2.1")
    #expect(endpoint(.ping, "2001:db8::1")?.address == "2001:db8::1")
    #expect(endpoint(.ping, "[2001:db8::1]")?.address == "2001:db8::1")
  }

  @Test(
    "A host name is resolved, and kept for the Host header",
    arguments: [
      (Fleet.Probe.Kind.http, "http://localhost:8080/"), (.tcp, "tcp://localhost:8080"), (.ping, "localhost"),
    ])
  func resolvesAName(_ kind: Fleet.Probe.Kind, _ target: String) throws {
    let read = try #require(self.endpoint(kind, target))
    #expect(["127.0.0.1", "::1"].contains(read.address))
    // The service gets the name in the Host header.
    #expect(read.host == "localhost")
    #expect(read.port == (kind == .ping ? 0 : 8080))
  }

  @Test("A link-local IPv6 address keeps its link, and is refused without one")
  func linkLocal() throws {
    let ping = try #require(endpoint(.ping, "fe80::1%lo"))
    #expect(ping.isIPv6 && ping.socketAddress.bytes.count == 28)
    #expect(ping.socketAddress.bytes[24...].contains { $0 != 0 }, "the number of the link")
    let tcp = try #require(endpoint(.tcp, "tcp://[fe80::1%lo]:7000"))
    #expect(tcp.port == 7000 && Array(tcp.socketAddress.bytes[2..<4]) == [0x1b, 0x58])
    #expect(endpoint(.ping, "fe80::1") == nil)
    #expect(endpoint(.tcp, "tcp://[febf::1]:7000") == nil)
    #expect(endpoint(.ping, "fec0::1") != nil)
  }

  @Test(
    "An invalid target is refused",
    arguments: [
      (Fleet.Probe.Kind.http, "https://10.77.2.101/"), (.http, "10.77.2.101"), (.http, ""),
      (.http, "http://"),
      (.http, "http:///x"), (.http, "http://10.77.2.101:/"), (.http, "http://10.77.2.101:65536/"),
      (.http, "http://10.77.2.101:-1/"), (.http, "http://10.77.2.101:x/"), (.http, "http://[::1/"),
      (.http, "http://[::1]:x/"), (.http, "http://[::1]x/"), (.http, "http://10.77.2.101:0/"),
      (.tcp, "tcp://10.77.2.101"), (.tcp, "tcp://10.77.2.101:0"), (.tcp, "tcp://[::1]"),
      (.tcp, "10.77.2.101:80"),
      (.append, "http://10.77.2.101:80"), (.append, "tcp://:7000"), (.ping, ""),
    ])
  func refuses(_ kind: Fleet.Probe.Kind, _ target: String) {
    #expect(endpoint(kind, target) == nil)
  }
}
