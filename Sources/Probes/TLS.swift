import CCurl
import Glibc
import Linux
import Scenario

extension ProbeOption {
  static let resolve = ProbeOption(
    name: "resolve", summary: "addresses to connect to, by the names that the URL or a redirect has",
    form: .addresses)
  static let authority = ProbeOption(
    name: "ca", summary: "a file with the certificates (PEM) to trust instead of the system's", form: .path)
}

extension Fleet.Probe {
  /// Refuses a file of certificates that can't be read.
  func checkAuthority() throws(ProbeRefused) {
    guard let path = text("ca"), access(path, R_OK) != 0 else { return }
    throw ProbeRefused(self, "ca: can't read \(path): \(String(cString: strerror(errno)))")
  }

  /// libcurl's handles for a TLS connection without a request. Nil unless the target is `tls://HOST:PORT`.
  func connectionHandles() throws(ProbeRefused) -> CurlHandles? {
    guard target.hasPrefix("tls://") else { return nil }
    try checkAuthority()
    guard let handles = CurlHandles("https\(target.dropFirst(3))", for: self, CurlHandles.connectOnly) else {
      throw ProbeRefused(self, "expected tls://HOST:PORT")
    }
    return handles
  }
}

extension CurlHandles {
  /// The connection outlives its transfer, until the handle is removed.
  fileprivate static var connectOnly: [(CURLoption, Int)] {
    [(CURLOPT_CONNECT_ONLY, 1), (CURLOPT_SSL_ENABLE_ALPN, 0), (CURLOPT_FORBID_REUSE, 0)]
  }

  /// Handles for TLS connections to `HOST` or `HOST:PORT`. Nil if libcurl refuses an option.
  convenience init?(connectingTo server: String, trusting authority: String?) throws(SystemError) {
    if let authority, access(authority, R_OK) != 0 { throw SystemError("read", authority, errno: errno) }
    var probe = Fleet.Probe(name: "", kind: .http, target: "https://\(server)")
    probe.options["ca"] = authority.map { .string($0) }
    self.init(probe.target, for: probe, Self.connectOnly)
  }
}
