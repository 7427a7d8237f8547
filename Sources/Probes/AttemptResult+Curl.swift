import CCurl
import Glibc
import Linux

extension AttemptResult {
  /// The result of a transfer that failed, according to its handle.
  init(curl code: CURLcode, on easy: UnsafeMutableRawPointer, socketError: Int32, isLoop: Bool = false) {
    var (errno, verification) = (0, 0)
    ccurl_long(easy, CURLINFO_OS_ERRNO, &errno)
    ccurl_long(easy, CURLINFO_SSL_VERIFYRESULT, &verification)
    self.init(
      curl: code, errno: socketError == 0 ? Int32(errno) : socketError, verification: verification,
      isLoop: isLoop)
  }

  /// The result of a transfer that failed; see libcurl-errors(3).
  ///
  /// - Parameters:
  ///   - errno: the last errno of a failed connection; 0 for none.
  ///   - verification: OpenSSL's error code for the certificate.
  ///   - isLoop: whether redirects led to a place twice.
  init(curl code: CURLcode, errno: Int32, verification: Int, isLoop: Bool) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: self = .missing("unresolved")
    case CURLE_COULDNT_CONNECT where errno != 0:
      self = .init(unsent: SystemError("connect", "", errno: errno))
    case CURLE_COULDNT_CONNECT: self = .fail("unreachable")
    case CURLE_OPERATION_TIMEDOUT: self = .timeout
    case CURLE_PEER_FAILED_VERIFICATION: self = .fail(Self.word(forVerification: verification))
    case CURLE_TOO_MANY_REDIRECTS: self = .fail(isLoop ? "redirect-loop" : "too-many-redirects")
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .closed
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SSL_CONNECT_ERROR:
      // The peer ended the handshake or the answer early, or the timeout of the handshake or the answer passed.
      self =
        errno == 0 || errno == EAGAIN || errno == EINPROGRESS
        ? code == CURLE_SSL_CONNECT_ERROR ? .missing("tls") : .closed : .init(errno: errno)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: self = .fail("not-http")
    case CURLE_HTTP2, CURLE_HTTP2_STREAM: self = .missing("http2")
    case CURLE_OUT_OF_MEMORY: self = .unsent
    default: self = .fail("curl-\(code.rawValue)")
    }
  }

  /// The reason why a certificate is refused, as one word; see X509_STORE_CTX_get_error(3). If only the name is wrong,
  /// the code is unset (0 or 1, by libcurl's version).
  private static func word(forVerification result: Int) -> String {
    switch result {
    case 0, 1, 62: "wrong-name"
    case 9: "not-yet-valid"
    case 10: "expired"
    case 2, 18, 19, 20, 21: "untrusted"
    case 23: "revoked"
    default: "certificate"
    }
  }
}
