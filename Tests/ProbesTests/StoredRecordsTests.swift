import Glibc
import Journal
import Linux
import Scenario
import Synchronization
import Testing

@testable import Probes

@Suite struct RecordTargetTests {
  @Test("Only an append probe with a port has records")
  func onlyAnAppendProbeHasRecords() {
    #expect(throws: ProbeRefused.self) {
      try StoredRecords(.init(name: "website", kind: .http, target: "http://127.0.0.1/"))
    }
    #expect(throws: ProbeRefused.self) {
      try StoredRecords(.init(name: "writes", kind: .append, target: "tcp://127.0.0.1"))
    }
  }
}

/// Reading back what a service stored, from a real socket.
@Suite(.tags(.namespace), .enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct StoredRecordsTests {
  private func read(
    timeout: Nanoseconds = .seconds(60), _ answer: @escaping @Sendable (String) -> TinyServer.Answer
  ) async throws -> RecordsRead {
    try await onLoopback {
      let server = try TinyServer(answer)
      let read = try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).read(
        of: "run-1.1", timeout: timeout)
      try server.stop()
      return read
    }
  }

  private func record(_ number: Int64) -> String {
    "REC \(number) \(number - 1) \(number - 1) \(number) \(AppendProbe.payload(number))\n"
  }

  @Test("Existing and torn records are reported")
  func reportsExistingAndTornRecords() async throws {
    let text =
      "LOG 2 run-1.1\n" + record(1) + record(2) + "TORN 3\n" + record(5) + "OLD 6\n"
      + "REC 7 5 5 7 0000000000000006\n" + "REC x y\n" + "END 5\n"
    let read = try await read { $0 == "READ\n" ? .send(text) : .send("ERR 22 Invalid argument\n") }
    let found = try #require(read.found)
    #expect(found.present == [1...2, 5...5] && found.torn == [3...3, 7...7] && found.tornUnplaced == 1)
    #expect(found.older == [6...6] && found.missing == [4...4])
  }

  @Test("An empty log has no records")
  func emptyLog() async throws {
    #expect(try await read { _ in .send("LOG 2 run-1.1\nEND 0\n") }.found?.present == [])
  }

  @Test("A log of 20,000 records is read completely")
  func manyRecords() async throws {
    let text = "LOG 2 run-1.1\n" + (1...20_000).map { record($0) }.joined() + "END 20000\n"
    let found = try #require(try await read { _ in .send(text) }.found)
    #expect(found.present == [1...20_000] && found.missing == [] && found.bypassed == [])
  }

  @Test("Records of another trial are not judged", arguments: ["LOG 2 run-0.9\n", "LOG 2 -\n"])
  func anotherTrialsRecords(head: String) async throws {
    let read = try await read { _ in .send(head + "END 0\n") }
    #expect(read.found == nil && read.unreadable?.contains("(run-1.1)") == true)
  }

  @Test("A service with another protocol is refused", arguments: ["LOG run-1.1\n", "LOG 3 run-1.1\n", ""])
  func anotherProtocol(head: String) async throws {
    let read = try await read { _ in .send(head + "END 0\n") }
    #expect(read.found == nil && read.unreadable != nil)
  }

  @Test(
    "An incomplete answer is unreadable",
    arguments: [
      "REC 1 0000000000000001\nREC 2 00000000", "REC 1 0000000000000001\n", "", "ERR 5 Input/output error\n",
    ])
  func anAnswerThatIsCutOffIsUnreadable(_ text: String) async throws {
    let read = try await read { _ in .send(text) }
    #expect(read.unreadable?.contains("tcp://127.0.0.1") == true)
    #expect(read.found == nil, "an incomplete log must not be read as complete")
  }

  @Test("A service without an answer is unreadable")
  func anAnswerThatNeverComesIsUnreadable() async throws {
    #expect(try await read(timeout: .milliseconds(200)) { _ in .silence }.unreadable != nil)
  }

  @Test("A closed service is unreadable")
  func aServiceThatIsGoneIsUnreadable() async throws {
    let read = try await onLoopback {
      let port = TinyServer.closedPort
      return try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(port)")).read(
        of: "run-1.1", timeout: .seconds(5))
    }
    #expect(read.unreadable?.contains("Connection refused") == true)
  }

  @Test("A log is taken from its present owner only once")
  func aLogIsEmptied() async throws {
    let requests = try await onLoopback {
      let server = try TinyServer { $0 == "LOG\n" ? .send("LOG 2 run-0.9\n") : .send("OK 0\n") }
      try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).empty(
        for: "run-1.1", timeout: .seconds(60))
      try server.stop()
      return server.requests
    }
    #expect(requests == ["LOG\n", "RESET run-0.9 run-1.1\n"])
  }

  @Test("A log that the trial already owns is not changed")
  func aLogOfThisTrial() async throws {
    let requests = try await onLoopback {
      let server = try TinyServer { _ in .send("LOG 2 run-1.1\n") }
      try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).empty(
        for: "run-1.1", timeout: .seconds(60))
      try server.stop()
      return server.requests
    }
    #expect(requests == ["LOG\n"])
  }

  @Test("If a log gets another owner meanwhile, its owner is requested again")
  func aLogThatIsTaken() async throws {
    let requests = try await onLoopback {
      let owners = Mutex(["run-0.9", "run-0.10"])
      let server = try TinyServer { request in
        if request == "LOG\n" { return .send("LOG 2 \(owners.withLock { $0.first ?? "" })\n") }
        return owners.withLock { owners in
          owners.removeFirst()
          return owners.isEmpty ? .send("OK 0\n") : .send("ERR 116 Stale file handle\n")
        }
      }
      try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).empty(
        for: "run-1.1", timeout: .seconds(60))
      try server.stop()
      return server.requests
    }
    #expect(
      requests == ["LOG\n", "RESET run-0.9 run-1.1\n", "LOG\n", "RESET run-0.10 run-1.1\n"])
  }

  @Test("A log that can't be emptied is an error")
  func aLogThatCanNotBeEmptiedIsAnError() async throws {
    try await onLoopback {
      let server = try TinyServer { _ in .send("ERR 5 Input/output error\n") }
      let error = #expect(throws: SystemError.self) {
        try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).empty(
          for: "run-1.1", timeout: .milliseconds(300))
      }
      #expect(error?.errno == EIO)
      try server.stop()
    }
  }
}
