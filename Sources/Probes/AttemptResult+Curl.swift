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
      isLoop: isLoop, lacksDescriptor: code == CURLE_COULDNT_RESOLVE_HOST && Self.lacksDescriptor)
  }

  /// The result of a transfer that failed; see libcurl-errors(3).
  ///
  /// - Parameters:
  ///   - errno: the last errno of a failed connection; 0 for none.
  ///   - verification: OpenSSL's error code for the certificate.
  ///   - isLoop: whether redirects led to a place twice.
  ///   - lacksDescriptor: whether this process can't open a descriptor, which its resolver needs.
  init(curl code: CURLcode, errno: Int32, verification: Int, isLoop: Bool, lacksDescriptor: Bool) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: self = lacksDescriptor ? .unsent : .missing("unresolved")
    case CURLE_COULDNT_CONNECT where errno != 0: self = .init(errno: errno)
    case CURLE_COULDNT_CONNECT: self = .fail("unreachable")
    case CURLE_OPERATION_TIMEDOUT: self = .timeout
    case CURLE_PEER_FAILED_VERIFICATION: self = .fail(Self.word(forVerification: verification))
    case CURLE_TOO_MANY_REDIRECTS: self = .fail(isLoop ? "redirect-loop" : "too-many-redirects")
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .closed
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SSL_CONNECT_ERROR:
      // The peer ended the handshake or the answer early, or the timeout of the handshake or the answer passed.
      // ECONNREFUSED is of another address of the name.
      self =
        [0, EAGAIN, EINPROGRESS, ECONNREFUSED].contains(errno)
        ? code == CURLE_SSL_CONNECT_ERROR ? .missing("tls") : .closed : .init(errno: errno)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: self = .fail("not-http")
    case CURLE_HTTP2, CURLE_HTTP2_STREAM: self = .missing("http2")
    // The server has no part in these. The file of certificates can't be read if there is no descriptor.
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_NOT_BUILT_IN, CURLE_BAD_FUNCTION_ARGUMENT,
      CURLE_ABORTED_BY_CALLBACK, CURLE_INTERFACE_FAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE:
      self = .unsent
    default: self = .fail("curl-\(code.rawValue)")
    }
  }

  /// Whether this process has as many descriptors as it may have, or the machine has no memory.
  private static var lacksDescriptor: Bool {
    let number = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if number >= 0 { close(number) }
    return number < 0
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
