import CCurl
import Glibc
import Linux
import Testing

@testable import Probes

struct AttemptResultTests {
  @Test(
    "A lack of the prober's machine is not a failure of the service, whichever call reports it",
    arguments: [EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EADDRNOTAVAIL, ENETDOWN, ENODEV, EINVAL])
  func own(_ code: Int32) {
    #expect(AttemptResult(errno: code) == .unsent)
    #expect(AttemptResult(unsent: SystemError("connect", "", errno: code)) == .unsent)
    #expect(curl(CURLE_COULDNT_CONNECT, errno: code) == .unsent)
  }

  @Test("A connection that a firewall on the way prohibits fails; one that this machine prohibits is unknown")
  func prohibited() {
    #expect(AttemptResult(errno: EACCES) == .fail("unreachable"))
    #expect(curl(CURLE_COULDNT_CONNECT, errno: EACCES) == .fail("unreachable"))
    #expect(AttemptResult(unsent: SystemError("connect", "", errno: EACCES)) == .unsent)
  }

  @Test("A resolver without a descriptor shows nothing about the name")
  func resolver() {
    #expect(curl(CURLE_COULDNT_RESOLVE_HOST) == .missing("unresolved"))
    #expect(curl(CURLE_COULDNT_RESOLVE_HOST, lacksDescriptor: true) == .unsent)
  }

  @Test(
    "An error of libcurl in which the server has no part is unknown",
    arguments: [
      CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_NOT_BUILT_IN, CURLE_BAD_FUNCTION_ARGUMENT,
      CURLE_ABORTED_BY_CALLBACK, CURLE_INTERFACE_FAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE,
    ].map(\.rawValue))
  func ofLibcurl(_ code: UInt32) {
    #expect(curl(CURLcode(code)) == .unsent)
  }

  @Test("The errno of another address doesn't name the end of a connection")
  func anotherAddress() {
    #expect(curl(CURLE_SSL_CONNECT_ERROR, errno: ECONNREFUSED) == .missing("tls"))
    #expect(curl(CURLE_RECV_ERROR, errno: ECONNREFUSED) == .closed)
    #expect(curl(CURLE_RECV_ERROR, errno: ECONNRESET) == .missing("reset"))
    #expect(curl(CURLE_COULDNT_CONNECT, errno: ECONNREFUSED) == .fail("refused"))
  }

  private func curl(_ code: CURLcode, errno: Int32 = 0, lacksDescriptor: Bool = false) -> AttemptResult {
    AttemptResult(curl: code, errno: errno, verification: 0, isLoop: false, lacksDescriptor: lacksDescriptor)
  }
}
