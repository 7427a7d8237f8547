import Glibc
import Journal
import Linux
import Scenario
import Synchronization
import Testing

@testable import Probes

@Suite struct RecordRangeTests {
  @Test(
    "Ranges have the given numbers and no other",
    arguments: [
      ([], []), ([1], [[1, 1]]), ([1, 2, 3], [[1, 3]]), ([3, 1, 2, 2], [[1, 3]]),
      ([1, 3, 4, 9], [[1, 1], [3, 4], [9, 9]]),
    ] as [([Int64], [[Int64]])])
  func rangesHoldJustTheseNumbers(_ numbers: [Int64], _ ranges: [[Int64]]) {
    #expect(StoredRecords.ranges(numbers) == ranges)
  }

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
  private func audit(
    timeout: Nanoseconds = .seconds(60), _ answer: @escaping @Sendable (String) -> TinyServer.Answer
  ) async throws -> WritesAudit {
    try await onLoopback {
      let server = try TinyServer(answer)
      let audit = try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(server.port)")).audit(
        of: "run-1.1", timeout: timeout)
      try server.stop()
      return audit
    }
  }

  private func record(_ number: Int64) -> String { "REC \(number) \(AppendProbe.payload(number))\n" }

  @Test("Existing and torn records are reported")
  func reportsExistingAndTornRecords() async throws {
    let text =
      "LOG run-1.1\n" + record(1) + record(2) + "TORN 2\n" + record(4) + "REC 5 0000000000000006\n"
      + "REC x y\n" + "END 5\n"
    let audit = try await audit { $0 == "READ\n" ? .send(text) : .send("ERR 22 Invalid argument\n") }
    #expect(audit == WritesAudit(probe: "service", present: [[1, 2], [4, 4]], torn: 3))
  }

  @Test("An empty log has no records")
  func emptyLog() async throws {
    #expect(try await audit { _ in .send("LOG run-1.1\nEND 0\n") } == WritesAudit(probe: "service"))
  }

  @Test("A log of 20,000 records is read completely")
  func manyRecords() async throws {
    let text = "LOG run-1.1\n" + (1...20_000).map { record($0) }.joined() + "END 20000\n"
    let audit = try await audit { _ in .send(text) }
    #expect(audit == WritesAudit(probe: "service", present: [[1, 20_000]]))
  }

  @Test("Records of another trial are not judged", arguments: ["LOG run-0.9\n", "LOG -\n", ""])
  func anotherTrialsRecords(head: String) async throws {
    let audit = try await audit { _ in .send(head + "END 0\n") }
    #expect(audit.unreadable?.contains("not to this trial (run-1.1)") == true)
  }

  @Test(
    "An incomplete answer is unreadable",
    arguments: [
      "REC 1 0000000000000001\nREC 2 00000000", "REC 1 0000000000000001\n", "", "ERR 5 Input/output error\n",
    ])
  func anAnswerThatIsCutOffIsUnreadable(_ text: String) async throws {
    let audit = try await audit { _ in .send(text) }
    #expect(audit.unreadable?.contains("tcp://127.0.0.1") == true)
    #expect(audit.present == [], "an incomplete log must not be read as complete")
  }

  @Test("A service without an answer is unreadable")
  func anAnswerThatNeverComesIsUnreadable() async throws {
    #expect(try await audit(timeout: .milliseconds(200)) { _ in .silence }.unreadable != nil)
  }

  @Test("A closed service is unreadable")
  func aServiceThatIsGoneIsUnreadable() async throws {
    let audit = try await onLoopback {
      let port = TinyServer.closedPort
      return try StoredRecords(.patient(.append, "tcp://127.0.0.1:\(port)")).audit(
        of: "run-1.1", timeout: .seconds(5))
    }
    #expect(audit.unreadable?.contains("Connection refused") == true)
  }

  @Test("A log is taken from its present owner only once")
  func aLogIsEmptied() async throws {
    let requests = try await onLoopback {
      let server = try TinyServer { $0 == "LOG\n" ? .send("LOG run-0.9\n") : .send("OK 0\n") }
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
      let server = try TinyServer { _ in .send("LOG run-1.1\n") }
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
        if request == "LOG\n" { return .send("LOG \(owners.withLock { $0.first ?? "" })\n") }
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
