import CCurl
import Glibc
import Linux
import Scenario

/// `GET` over a new connection each time, like a new visitor.
struct HTTPProbe: ProbeKind {
  let description = ProbeDescription(
    key: .http, summary: "a URL to get, each time over a new connection", target: .webURL, options: options)

  private static let options = [
    ProbeOption(
      name: "expect", summary: "the required http response",
      form: .mapping([
        ProbeOption(
          name: "status", summary: "the required status", form: .integer(100...599, "an HTTP status"),
          standard: .integer(200)),
        ProbeOption(name: "body", summary: "a text that the body must contain", form: .line),
      ])),
    ProbeOption(name: "headers", summary: "further header fields of the request, by name", form: .headers),
    .resolve, .authority,
    ProbeOption(
      name: "redirects", summary: "the maximum number of redirects", form: .integer(0...30, "a number"),
      standard: .integer(0)),
    ProbeOption(
      name: "http-version", summary: "the version that must be used", form: .word(["1.1", "2"]),
      standard: .string("1.1")),
    ProbeOption(
      name: "ip", summary: "the version of IP, if a name has addresses of both", form: .word(["v4", "v6"])),
    ProbeOption(
      name: "longest-body", summary: "the maximum length of a body in bytes",
      form: .integer(1...Int.max, "a number of bytes"), standard: .integer(longestBody)),
  ]

  private static let longestBody: Int64 = 10_000_000

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    let isTLS = probe.target.hasPrefix("https://")
    guard isTLS || probe.target.hasPrefix("http://") else {
      throw ProbeRefused(probe, "expected http://HOST/ or https://HOST/")
    }
    try probe.checkAuthority()
    let expected = probe.members("expect")
    let needsHTTP2 = probe.text("http-version") == "2"
    let expectation = HTTPExpectation(
      status: expected["status"]?.integer ?? 200, body: expected["body"]?.text.map { Array($0.utf8) },
      longest: probe.options["longest-body"]?.integer ?? Int(Self.longestBody), needsHTTP2: needsHTTP2)
    guard let service = HTTPService(probe, expectation, isTLS: isTLS) else {
      throw ProbeRefused(probe, "libcurl refuses it")
    }
    return service
  }
}

/// A site.
final class HTTPService: ProbedService {
  private let probe: Fleet.Probe
  private let expectation: HTTPExpectation
  private let handles: CurlHandles
  private var transfers: Transfers?
  /// Whether the URL has a name that must be resolved.
  let hasName: Bool
  let followsRedirects: Bool

  init?(_ probe: Fleet.Probe, _ expectation: HTTPExpectation, isTLS: Bool) {
    self.probe = probe
    self.expectation = expectation
    let rest = probe.target.drop { $0 != "/" }.dropFirst(2)
    let host = rest.prefix { !"/?:".contains($0) }
    hasName =
      !rest.hasPrefix("[") && !Endpoint.isAddress(String(host))
      && probe.members("resolve")[String(host)] == nil
    let redirects = probe.options["redirects"]?.integer ?? 0
    followsRedirects = redirects > 0
    var options: [(CURLoption, Int)] = [
      (CURLOPT_HTTP_VERSION, Self.version(needsHTTP2: expectation.needsHTTP2, isTLS: isTLS))
    ]
    if followsRedirects { options += [(CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, redirects)] }
    if let ip = probe.text("ip") {
      options.append((CURLOPT_IPRESOLVE, ip == "v6" ? Int(CURL_IPRESOLVE_V6) : Int(CURL_IPRESOLVE_V4)))
    }
    let fields = probe.members("headers").sorted { $0.key < $1.key }.map {
      "\($0.key): \($0.value.text ?? "")"
    }
    guard
      let handles = CurlHandles(
        probe.target, for: probe, options, fields: fields, isHeaderRead: followsRedirects)
    else { return nil }
    self.handles = handles
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let transfers = try events.transfers(trusting: probe.text("ca"))
    self.transfers = transfers
    guard let easy = handles.take() else { throw SystemError("curl", probe.target, errno: ENOMEM) }
    let attempt = HTTPAttempt(request, easy, expectation, of: self)
    transfers.start(attempt)
    return attempt
  }

  func readRest(of attempt: HTTPAttempt) { transfers?.readRest(of: attempt) }

  func takeBack(_ attempt: HTTPAttempt) {
    transfers?.end(attempt)
    handles.giveBack(attempt.easy, isUnharmed: attempt.isUnharmed)
  }

  private static func version(needsHTTP2: Bool, isTLS: Bool) -> Int {
    if !needsHTTP2 { return CURL_HTTP_VERSION_1_1 }
    return isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
  }
}
