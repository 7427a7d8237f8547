import CAres
import Glibc
import Linux
import Scenario

/// One query to one server. It is not repeated like a resolver's query, since that would hide a lost packet.
struct DNSProbe: ProbeKind {
  let description = ProbeDescription(
    key: .init(rawValue: "dns"), summary: "a name that a DNS server must have", target: .dnsName,
    options: [
      ProbeOption(name: "server", summary: "the server's address", form: .address, isRequired: true),
      ProbeOption(
        name: "port", summary: "the server's UDP port", form: .integer(1...65535, "a port"),
        standard: .integer(53)),
      ProbeOption(
        name: "record", summary: "the type of record", form: .word(DNSRecord.Kind.allCases.map(\.rawValue)),
        standard: .string(DNSRecord.Kind.a.rawValue)),
      ProbeOption(
        name: "answer", summary: "records that the answer must have, as dig +short prints them", form: .lines),
    ])

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    guard let server = probe.text("server"),
      let endpoint = Endpoint(host: server, port: UInt16(clamping: probe.options["port"]?.integer ?? 53))
    else { throw ProbeRefused(probe, "server: expected an address, or a name that resolves") }
    let kind = DNSRecord.Kind(rawValue: probe.text("record") ?? DNSRecord.Kind.a.rawValue) ?? .a
    guard DNSMessage.query(probe.target, kind, id: 0) != nil else {
      throw ProbeRefused(probe, "a query can't have this name")
    }
    return DNSService(endpoint, name: probe.target, kind: kind, expected: probe.texts("answer"))
  }
}

private final class DNSService: ProbedService {
  private let endpoint: Endpoint
  private let name: String
  private let kind: DNSRecord.Kind
  private let expected: [String]

  init(_ endpoint: Endpoint, name: String, kind: DNSRecord.Kind, expected: [String]) {
    self.endpoint = endpoint
    self.name = name
    self.kind = kind
    self.expected = expected
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let id = UInt16.random(in: .min ... .max)
    let question = Question(
      id: id, kind: kind, expected: expected, request: DNSMessage.query(name, kind, id: id) ?? [])
    let flags = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Descriptor(
      owning: try checked("socket", endpoint.host) { Glibc.socket(endpoint.family, flags, 0) })
    return try SocketAttempt(
      request, question, over: socket, to: endpoint.socketAddress, isStream: false, by: events)
  }
}

private struct Question: Dialogue {
  let id: UInt16
  let kind: DNSRecord.Kind
  let expected: [String]
  let request: [UInt8]

  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? {
    // This is a late answer to another query, or another packet.
    guard let message = DNSMessage(Array(bytes)), message.id == id, message.isResponse else { return nil }
    if message.code != 0 { return .fail(Self.word(forCode: message.code)) }
    if message.isTruncated { return .fail("truncated") }
    guard let records = message.records else { return .fail("malformed") }
    // A chain of aliases leads to the records.
    let found = records.filter { $0.kind == kind }.map(\.text)
    if found.isEmpty { return .fail("no-record") }
    return expected.allSatisfy(found.contains) ? .ok("answered") : .fail("wrong-answer")
  }

  /// RFC 1035, 4.1.1.
  private static func word(forCode code: UInt8) -> String {
    switch code {
    case 1: "formerr"
    case 2: "servfail"
    case 3: "nxdomain"
    case 4: "notimp"
    case 5: "query-refused"
    default: "rcode-\(code)"
    }
  }
}
