import Foundation
import Glibc
import Journal
import Linux
import Scenario
import Testing

@testable import Probes

/// An append probe over TLS and a real server, in a temporary network namespace.
@Suite(
  .tags(.namespace), .serialized, .enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct SecureAppendTests {
  /// A server that keeps records only in memory.
  private static let server = """
    import socketserver, ssl
    records = []
    owner = ['-']
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            words = self.rfile.readline().decode().split()
            if words[0] == 'APPEND':
                records.append(' '.join(words[1:]))
                answer = 'OK ' + words[1]
            elif words[0] == 'LOG':
                answer = 'LOG 2 ' + owner[0]
            elif words[0] == 'RESET':
                if words[1] == owner[0]: records.clear(); owner[0] = words[2]
                answer = 'OK 0'
            else:
                answer = 'LOG 2 %s\\n' % owner[0] + ''.join('REC %s 0 0 0 %s\\n' % tuple(record.split()) for record in records) + 'END %d' % len(records)
            self.wfile.write((answer + '\\n').encode())
    class Server(socketserver.ThreadingTCPServer):
        def finish_request(self, request, address):
            try: super().finish_request(context.wrap_socket(request, server_side=True), address)
            except OSError: pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain('site.pem', 'site.key')
    Server(('127.0.0.1', 7443), Handler).serve_forever()
    """

  private struct Outcome: Sendable {
    /// Why the log could not be emptied.
    var refusal: String?
    var samples: [Sample]
    var read: RecordsRead
    var emptied: RecordsRead
  }

  private func append(to target: String) async throws -> Outcome {
    try await onLoopback {
      let folder = "/tmp/murphy-append-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let script = """
        cd \(folder)
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout site.key -out site.pem \
          -subj /CN=records -days 3 -addext subjectAltName=DNS:records.example
        """
      _ = try ChildProcess.run(["sh", "-ec", script], within: .seconds(60)).success()
      let server = try ChildProcess(["sh", "-c", "cd \(folder); exec python3 -c \"$0\"", Self.server])
      _ = try ChildProcess.run(
        ["bash", "-c", "until : < /dev/tcp/127.0.0.1/7443; do sleep 0.02; done 2> /dev/null"],
        within: .seconds(60)
      ).success()
      let options: [String: JSONValue] = [
        "ca": .string("\(folder)/site.pem"),
        "resolve": .object(["records.example": .string("127.0.0.1"), "else.example": .string("127.0.0.1")]),
      ]
      var refusal: String?
      var given = Fleet.Probe.patient(.append, target, options)
      given.every = .milliseconds(100)
      let records = try StoredRecords(given)
      do { try records.empty(for: "run-1.1", timeout: .seconds(5)) } catch { refusal = "\(error)" }
      let samples = try probe(given)
      let read = records.read(of: "run-1.1", timeout: .seconds(20))
      if read.unreadable == nil { try records.empty(for: "run-1.2", timeout: .seconds(20)) }
      let emptied = records.read(of: "run-1.2", timeout: .seconds(20))
      server.kill()
      try FileManager.default.removeItem(atPath: folder)
      return Outcome(refusal: refusal, samples: samples, read: read, emptied: emptied)
    }
  }

  @Test("Records are acknowledged, read back and deleted over TLS")
  func records() async throws {
    let outcome = try await append(to: "tls://records.example:7443")
    let stored = outcome.samples.filter { $0.verdict == .ok }
    #expect(outcome.refusal == nil)
    #expect(stored.count >= 3)
    #expect(Set(outcome.samples.map(\.status)).isSubset(of: ["stored", "stopped"]))
    #expect(stored.allSatisfy { $0.parts?.secured != nil && $0.parts?.firstByte != nil })
    let found = try #require(outcome.read.found)
    #expect(found.torn.isEmpty && found.tornUnplaced == 0)
    #expect(stored.allSatisfy { found.present.contains($0.sequence) })
    #expect(outcome.emptied.found?.present == [])
  }

  @Test("A server whose certificate has another name gets no record")
  func wrongName() async throws {
    let outcome = try await append(to: "tls://else.example:7443")
    #expect(Set(outcome.samples.map(\.status)).subtracting(["stopped"]) == ["wrong-name"])
    #expect(outcome.refusal != nil)
    #expect(outcome.read.unreadable != nil)
  }
}
