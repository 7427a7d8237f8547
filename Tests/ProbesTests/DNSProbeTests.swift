import Foundation
import Journal
import Linux
import Scenario
import Testing

@testable import Probes

/// A dns probe and a real server, in a temporary network namespace.
@Suite(
  .tags(.namespace), .serialized, .enabled(if: getuid() == 0, "needs root: its own network namespace"))
struct DNSProbeTests {
  private func seen(
    _ name: String, record: String = "A", answer: [String] = [], server: String = "127.0.0.1"
  ) async throws -> Set<String> {
    try await onLoopback {
      let folder = "/tmp/murphy-dns-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(Self.configuration(folder).utf8).write(to: URL(fileURLWithPath: "\(folder)/named.conf"))
      try Data(Self.zone.utf8).write(to: URL(fileURLWithPath: "\(folder)/zone"))
      let named = try ChildProcess(["named", "-f", "-c", "\(folder)/named.conf", "-n", "1"])
      _ = try ChildProcess.run(
        ["bash", "-c", "until : < /dev/tcp/127.0.0.1/5300; do sleep 0.02; done 2> /dev/null"],
        within: .seconds(60)
      ).success()
      var given = Fleet.Probe.patient(
        .init(rawValue: "dns"), name,
        [
          "server": .string(server), "port": .integer(5300), "record": .string(record),
          "answer": .array(answer.map { .string($0) }),
        ])
      given.every = .milliseconds(50)
      let samples = try probe(given).filter { $0.status != "stopped" }
      named.kill()
      try FileManager.default.removeItem(atPath: folder)
      return Set(samples.map { "\($0.verdict.rawValue) \($0.status)" })
    }
  }

  private static func configuration(_ folder: String) -> String {
    """
    options { directory "\(folder)"; listen-on port 5300 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
      pid-file none; session-keyfile none; dnssec-validation no; };
    controls { };
    zone "example" { type master; file "zone"; };
    """
  }

  private static let zone = """
    $TTL 60
    @ IN SOA ns hostmaster 1 60 60 60 60
    @ IN NS ns
    ns IN A 192.0.2.53
    www IN A 192.0.2.1
    www IN A 192.0.2.2
    www IN AAAA 2001:db8::1
    alias IN CNAME www
    @ IN MX 10 mail
    mail IN A 192.0.2.25
    _sip._tcp IN SRV 1 2 5060 www
    txt IN TXT "one" "two"
    odd IN TXT "a \\"b\\" c\\\\d; \\195\\164"

    """

  @Test(
    "Records of each type are compared with the expected answer",
    arguments: [
      ("www.example", "A", ["192.0.2.2"]), ("www.example", "A", ["192.0.2.1", "192.0.2.2"]),
      ("www.example", "AAAA", ["2001:db8::1"]), ("alias.example", "CNAME", ["www.example."]),
      ("alias.example", "A", ["192.0.2.1"]), ("example", "MX", ["10 mail.example."]),
      ("example", "NS", ["ns.example."]), ("_sip._tcp.example", "SRV", ["1 2 5060 www.example."]),
      ("txt.example", "TXT", ["\"one\" \"two\""]), ("www.example", "A", []),
      ("odd.example", "TXT", ["\"a \\\"b\\\" c\\\\d; \\195\\164\""]),
    ])
  func records(_ name: String, _ record: String, _ answer: [String]) async throws {
    #expect(try await seen(name, record: record, answer: answer) == ["ok answered"])
  }

  @Test("A failed sample names a wrong answer or the server's code")
  func failures() async throws {
    #expect(try await seen("www.example", answer: ["192.0.2.9"]) == ["fail wrong-answer"])
    #expect(try await seen("nothing.example") == ["fail nxdomain"])
    #expect(try await seen("mail.example", record: "AAAA") == ["fail no-record"])
    #expect(try await seen("elsewhere.test") == ["fail query-refused"])
  }

  @Test("A DNS server that doesn't exist is reported as refused")
  func closedPort() async throws {
    #expect(try await seen("www.example", server: "127.0.0.2") == ["fail refused"])
  }

  @Test(
    "A message that is truncated at any place is malformed or has fewer records, and is never read beyond its end"
  )
  func cutMessages() throws {
    // One A record, whose name is a pointer to the name in the question.
    let query = try #require(DNSMessage.query("www.example", .a, id: 0x1234))
    var whole = Array(query[..<29])
    whole[2] |= 0x80
    whole[7] = 1
    whole[11] = 0
    whole += [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]
    #expect(DNSMessage(whole)?.records == [DNSRecord(kind: .a, text: "192.0.2.1")])
    for length in 0..<whole.count { #expect(DNSMessage(Array(whole[..<length]))?.records == nil) }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var noise = whole
      for _ in 0..<3 {
        noise[Int.random(in: 0..<noise.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      _ = DNSMessage(noise)
    }
  }
}
