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
    ProbeOption(
      name: "resolve", summary: "addresses to connect to, by the names that the URL or a redirect has",
      form: .addresses),
    ProbeOption(
      name: "ca", summary: "a file with the certificates (PEM) to trust instead of the system's", form: .path),
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
    if let path = probe.text("ca"), access(path, R_OK) != 0 {
      throw ProbeRefused(probe, "ca: can't read \(path): \(String(cString: strerror(errno)))")
    }
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

/// A site and libcurl's handles for it, each of which is used again after its transfer.
final class HTTPService: ProbedService {
  private let probe: Fleet.Probe
  private let expectation: HTTPExpectation
  private let isTLS: Bool
  private var idle: [UnsafeMutableRawPointer] = []
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private(set) var transfers: Transfers?
  /// Whether the URL has a name that must be resolved.
  let hasName: Bool

  var followsRedirects: Bool { (probe.options["redirects"]?.integer ?? 0) > 0 }

  init?(_ probe: Fleet.Probe, _ expectation: HTTPExpectation, isTLS: Bool) {
    self.probe = probe
    self.expectation = expectation
    self.isTLS = isTLS
    let rest = probe.target.drop { $0 != "/" }.dropFirst(2)
    let host = rest.prefix { !"/?:".contains($0) }
    hasName =
      !rest.hasPrefix("[") && !Endpoint.isAddress(String(host))
      && probe.members("resolve")[String(host)] == nil
    guard let first = handle() else { return nil }
    idle.append(first)
  }

  deinit {
    for easy in idle { curl_easy_cleanup(easy) }
    for list in lists { curl_slist_free_all(list) }
  }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    // Transfers share the certificates in memory, and this memory can have those of only one file.
    let transfers = try events.transfers(trusting: probe.text("ca"))
    self.transfers = transfers
    guard let easy = idle.popLast() ?? handle() else {
      throw SystemError("curl", probe.target, errno: ENOMEM)
    }
    let attempt = HTTPAttempt(request, easy, expectation, of: self)
    transfers.start(attempt)
    return attempt
  }

  func takeBack(_ attempt: HTTPAttempt) {
    transfers?.end(attempt)
    idle.append(attempt.easy)
  }

  /// A handle with all options that are the same for each request. Nil if libcurl refuses an option.
  private func handle() -> UnsafeMutableRawPointer? {
    guard let easy = curl_easy_init() else { return nil }
    var codes = [
      ccurl_set_text(easy, CURLOPT_URL, probe.target),
      // The environment's proxy is not used.
      ccurl_set_text(easy, CURLOPT_PROXY, ""),
      ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
      ccurl_set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
      ccurl_set_text(easy, CURLOPT_USERAGENT, "murphy"),
      ccurl_set_text(easy, CURLOPT_CAPATH, nil),
      ccurl_set_bytes_function(easy, CURLOPT_WRITEFUNCTION, httpBody),
      ccurl_set_open_socket(easy, httpSocket),
    ]
    var numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FRESH_CONNECT, 1), (CURLOPT_FORBID_REUSE, 1),
      (CURLOPT_DNS_CACHE_TIMEOUT, 0), (CURLOPT_SSL_SESSIONID_CACHE, 0),
      // A resolver that hangs must not delay the prober.
      (CURLOPT_QUICK_EXIT, 1),
      (CURLOPT_HTTP_VERSION, version),
      // The system's certificates are read once. libcurl does this only if it has no folder of certificates.
      (CURLOPT_CA_CACHE_TIMEOUT, -1),
    ]
    if followsRedirects, let redirects = probe.options["redirects"]?.integer {
      numbers += [(CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, redirects)]
      codes.append(ccurl_set_bytes_function(easy, CURLOPT_HEADERFUNCTION, httpHeader))
    }
    if let ip = probe.text("ip") {
      numbers.append((CURLOPT_IPRESOLVE, ip == "v6" ? Int(CURL_IPRESOLVE_V6) : Int(CURL_IPRESOLVE_V4)))
    }
    if let path = probe.text("ca") { codes.append(ccurl_set_text(easy, CURLOPT_CAINFO, path)) }
    let fields = probe.members("headers").sorted { $0.key < $1.key }.map {
      "\($0.key): \($0.value.text ?? "")"
    }
    let places = probe.members("resolve").sorted { $0.key < $1.key }.map { name, address in
      let address = address.text ?? ""
      return "\(name)::\(address.contains(":") ? "[\(address)]" : address):"
    }
    for (option, lines) in [(CURLOPT_HTTPHEADER, fields), (CURLOPT_CONNECT_TO, places)] where !lines.isEmpty {
      codes.append(ccurl_set_list(easy, option, list(lines)))
    }
    codes += numbers.map { ccurl_set_long(easy, $0, $1) }
    if codes.allSatisfy({ $0 == CURLE_OK }) { return easy }
    curl_easy_cleanup(easy)
    return nil
  }

  private var version: Int {
    if !expectation.needsHTTP2 { return CURL_HTTP_VERSION_1_1 }
    return isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
  }

  /// libcurl's list of texts. It must exist as long as this service.
  private func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) }
    if let list { lists.append(list) }
    return list
  }
}
