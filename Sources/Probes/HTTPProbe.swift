import Linux
import Scenario

/// `GET` over a new connection each time, as a new visitor does.
struct HTTPProbe: ProbeKind {
  let key = Fleet.Probe.Kind.http
  let summary = "a URL to get, each time over a new connection"
  let target = ProbeForm.httpURL
  let options = [
    ProbeOption(
      name: "expect", summary: "what the http response must be",
      form: .mapping([
        ProbeOption(
          name: "status", summary: "the required status", form: .integer(100...599, "an HTTP status"),
          standard: .integer(200)),
        ProbeOption(name: "body", summary: "a text that the body must contain", form: .line),
      ]))
  ]

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    guard let endpoint = Endpoint(probe.target, scheme: "http", standardPort: 80) else {
      throw ProbeRefused(probe, "expected http://HOST/, with an address or a name that resolves")
    }
    return HTTPService(endpoint, probe)
  }
}

private final class HTTPService: ProbedService {
  private let endpoint: Endpoint
  private let page: Page

  init(_ endpoint: Endpoint, _ probe: Fleet.Probe) {
    self.endpoint = endpoint
    var expected: [String: JSONValue] = [:]
    if case .object(let members) = probe.options["expect"] { expected = members }
    let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
    page = Page(
      request: Array("GET \(endpoint.path) HTTP/1.0\r\nHost: \(host)\r\nUser-Agent: murphy\r\n\r\n".utf8),
      status: if case .integer(let status) = expected["status"] { Int(status) } else { 200 },
      body: if case .string(let text) = expected["body"] { text } else { nil })
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    try SocketAttempt(
      request, page, over: try endpoint.streamSocket(), to: endpoint, isStream: true, by: events)
  }
}

private struct Page: Dialogue {
  let request: [UInt8]
  let status: Int
  let body: String?
  private(set) var boot: String?
  private var incoming: [UInt8] = []

  /// Only so many bytes of an answer are read.
  private static let limit = 65536

  init(request: [UInt8], status: Int, body: String?) {
    self.request = request
    self.status = status
    self.body = body
  }

  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? {
    incoming += bytes
    return ended || incoming.count > Self.limit ? verdict() : nil
  }

  private mutating func verdict() -> AttemptResult {
    let text = String(decoding: incoming, as: UTF8.self)
    guard text.hasPrefix("HTTP/"), let space = text.firstIndex(of: " ") else { return .closed }
    let digits = text[text.index(after: space)...].prefix { $0.isNumber }
    let found = text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? ""
    for line in found.split(whereSeparator: \.isNewline) where line.hasPrefix("boot=") {
      boot = String(line.dropFirst(5).prefix(64))
    }
    guard let code = Int(digits) else { return .closed }
    if code != status { return .fail("\(code)") }
    if let body, !found.contains(body) { return .fail("wrong body") }
    return .ok("\(code)")
  }
}
