import Glibc
import Journal
import Linux
import Scenario
import Testing

@testable import Probes

/// An http probe and a real server, in a temporary network namespace.
@Suite(
  .tags(.namespace), .serialized, .enabled(if: getuid() == 0, "needs root: its own network namespace"))
struct HTTPProbeTests {
  /// The samples of a probe of nginx that are not unknown. The options get the authority of the site's certificate.
  private func samples(
    _ url: String, _ options: [String: JSONValue] = [:], timeout: Nanoseconds = .seconds(60)
  ) async throws -> [Sample] {
    try await onLoopback {
      let site = try WebSite()
      let names = ["good.example", "other.good.example", "expired.example", "self.example"]
      var all = options
      all["resolve"] = .object(Dictionary(uniqueKeysWithValues: names.map { ($0, .string("127.0.0.1")) }))
      if url.hasPrefix("https:") { all["ca"] = .string(site.authority) }
      var given = Fleet.Probe.patient(.http, url, all)
      (given.every, given.timeout) = (.milliseconds(100), timeout)
      let samples = try probe(given).filter { $0.status != "stopped" }
      try site.stop()
      return samples
    }
  }

  private func seen(_ url: String, _ options: [String: JSONValue] = [:]) async throws -> Set<String> {
    Set(try await samples(url, options).map { "\($0.verdict.rawValue) \($0.status)" })
  }

  @Test("The parts of a request over TLS are reported in their order")
  func parts() async throws {
    let samples = try await samples("https://good.example:8443/")
    #expect(Set(samples.map(\.status)) == ["200"])
    for sample in samples {
      let parts = try #require(sample.parts)
      let times = [parts.connected, parts.secured, parts.firstByte].compactMap { $0 }
      #expect(times.count == 3)
      #expect(times == times.sorted() && times[0] > .zero && times[2] <= sample.latency)
      #expect(parts.resolved == nil, "the fleet file gives the address")
    }
  }

  @Test("A name is resolved for each request, and the time is reported")
  func resolved() async throws {
    let samples = try await samples("http://localhost:8080/", ["ip": .string("v4")])
    #expect(Set(samples.map(\.status)) == ["200"])
    for sample in samples {
      let parts = try #require(sample.parts)
      #expect(parts.resolved != nil && parts.secured == nil)
    }
  }

  @Test("A name without an address is unresolved")
  func unresolved() async throws {
    #expect(try await seen("http://name.invalid/") == ["fail unresolved"])
  }

  @Test(
    "The reason why a certificate is refused is named",
    arguments: [
      ("https://good.example:8443/", "ok 200"), ("https://other.good.example:8443/", "fail wrong-name"),
      ("https://expired.example:8443/", "fail expired"), ("https://self.example:8443/", "fail untrusted"),
      ("https://127.0.0.1:8443/", "fail wrong-name"),
    ])
  func certificates(_ url: String, _ expected: String) async throws {
    #expect(try await seen(url) == [expected])
  }

  @Test("An https probe of a port without TLS fails")
  func withoutTLS() async throws {
    #expect(try await seen("https://good.example:8080/") == ["fail tls"])
  }

  /// libcurl keeps the errno of a failed connection, and an aborted handshake has none.
  @Test("A handshake that the server ends is not named like the failure before it")
  func handshakeAfterFailure() async throws {
    let server = """
      import socket, subprocess
      listener = socket.socket()
      listener.bind(('0.0.0.0', 7445))
      listener.listen(64)
      subprocess.run(['ip', 'address', 'add', '192.0.2.1/32', 'dev', 'lo'], check=True)
      while True:
          connection = listener.accept()[0]
          connection.recv(65536)
          connection.close()
      """
    let samples = try await onLoopback {
      let harvest = try Harvest()
      let prober = try Prober([.patient(.http, "https://192.0.2.1:7445/")], trial: 1, origin: 0) {
        harvest.take($0)
      }
      defer { prober.stop() }
      try harvest.wait { $0.count { $0.status == "unreachable" } >= 3 }
      let child = try ChildProcess(["python3", "-c", server])
      defer { child.kill() }
      try harvest.wait { $0.count { ["tls", "reset"].contains($0.status) } >= 3 }
      return harvest.known
    }
    #expect(Set(samples.map(\.status)).isSubset(of: ["unreachable", "tls", "reset"]))
  }

  @Test("The required version of HTTP is used", arguments: ["1.1", "2"])
  func version(_ version: String) async throws {
    #expect(
      try await seen(
        "https://good.example:8443/",
        [
          "http-version": .string(version),
          "expect": .object(["body": .string(version == "2" ? "HTTP/2.0" : "HTTP/1.1")]),
        ]) == ["ok 200"])
    #expect(
      try await seen("https://good.example:8444/", ["http-version": .string(version)])
        == [version == "2" ? "fail not-http2" : "ok 200"])
  }

  @Test(
    "Redirects are refused, or followed up to the allowed number",
    arguments: [
      ("/away", 0, "fail 302"), ("/away", 1, "ok 200"), ("/loop", 10, "fail redirect-loop"),
      ("/far", 10, "fail too-many-redirects"),
    ])
  func redirects(_ path: String, _ most: Int64, _ expected: String) async throws {
    #expect(
      try await seen("http://127.0.0.1:8080\(path)", ["redirects": .integer(most)]) == [expected])
  }

  @Test("The request has the fields and the address that the fleet file gives")
  func headers() async throws {
    let options: [String: JSONValue] = [
      "headers": .object(["X-Test": .string("probe"), "Host": .string("shop.example")]),
      "expect": .object(["body": .string("from 127.0.0.1 for probe at shop.example")]),
    ]
    #expect(try await seen("http://good.example:8080/", options) == ["ok 200"])
  }

  @Test("IPv6 is used for an address, and for a name if the fleet file requires it")
  func ipv6() async throws {
    let expected: [String: JSONValue] = ["expect": .object(["body": .string("from ::1 ")])]
    #expect(try await seen("http://[::1]:8080/", expected) == ["ok 200"])
    #expect(
      try await seen("http://localhost:8080/", expected.merging(["ip": .string("v6")]) { $1 }) == ["ok 200"])
  }

  @Test("A body that is longer than allowed fails")
  func longBody() async throws {
    #expect(try await seen("http://127.0.0.1:8080/big") == ["fail too-long"])
    #expect(
      try await seen("http://127.0.0.1:8080/big", ["expect": .object(["status": .integer(204)])])
        == ["fail 200"])
  }

  @Test("A server that sends one byte a second fails at the timeout")
  func slowBody() async throws {
    let samples = try await samples("http://127.0.0.1:8080/slow", timeout: .milliseconds(1500))
    #expect(samples.count >= 3)
    #expect(Set(samples.map(\.status)) == ["timeout"])
    #expect(samples.allSatisfy { $0.latency >= .milliseconds(1500) })
  }

  @Test("A file of certificates that can't be read is refused before the start")
  func missingAuthority() async throws {
    var given = Fleet.Probe.patient(.http, "https://good.example/")
    given.options["ca"] = .string("/nonexistent/ca.pem")
    let refused = #expect(throws: ProbeRefused.self) {
      try Prober([given], trial: 1, origin: 0) { _ in }
    }
    #expect(refused?.reason.contains("/nonexistent/ca.pem") == true)
  }

  @Test("A text is found in bytes that arrive in parts of any size", arguments: 1...7)
  func search(_ size: Int) {
    let bytes = Array("a needl in a haystack: needneedle".utf8)
    var search = ByteSearch(for: Array("needle".utf8))
    for start in stride(from: 0, to: bytes.count - 1, by: size) {
      #expect(!search.isFound)
      bytes[start..<min(start + size, bytes.count - 1)].withUnsafeBytes { search.take($0) }
    }
    #expect(!search.isFound)
    bytes.suffix(1).withUnsafeBytes { search.take($0) }
    #expect(search.isFound)
  }
}

/// No other test may run in this process, since its memory is measured.
@Suite(
  .tags(.namespace), .serialized, .enabled(if: getuid() == 0, "needs root: its own network namespace"))
struct HTTPProbeSerialTests {
  @Test("A body of 1 GB is read without storing it in memory")
  func memoryIsFlat() async throws {
    let (samples, grown) = try await onLoopback {
      let site = try WebSite()
      var given = Fleet.Probe.patient(
        .http, "http://127.0.0.1:8080/big",
        ["longest-body": .integer(2 << 30), "expect": .object(["body": .string("needle")])])
      given.every = .seconds(30)
      let before = try Self.peakMemory()
      let samples = try probe(given) { !$0.isEmpty }
      let after = try Self.peakMemory()
      try site.stop()
      return (samples, after - before)
    }
    #expect(samples.first?.status == "wrong-body")
    #expect(grown < 64 << 20, "the peak grew by \(grown >> 20) MiB")
  }

  /// The maximum memory of this process so far, in bytes.
  private static func peakMemory() throws -> Int {
    let status = String(decoding: try DurableFile.read("/proc/self/status"), as: UTF8.self)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 })
  }
}
