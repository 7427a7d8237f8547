import Linux
import Probes
import Scenario
import Testing

@Suite struct HTTPAnswerTests {
  private func get(
    _ answer: TinyServer.Answer, path: String = "/", timeout: Nanoseconds = .seconds(20)
  ) throws -> (answer: HTTPAnswer, asked: String) {
    let server = try TinyServer { _ in answer }
    let found = HTTPAnswer.get("http://127.0.0.1:\(server.port)\(path)", timeout: timeout)
    let asked = server.requests.first ?? ""
    try server.stop()
    return (found, asked)
  }

  @Test("The whole body of a response with status 200 is read")
  func body() throws {
    let body = String(repeating: "[1,2]\r\n\r\n", count: 30_000)
    let (answer, asked) = try get(
      .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"),
      path: "/api/v1/query?query=a%20b")
    #expect(answer == .body(body))
    #expect(asked.hasPrefix("GET /api/v1/query?query=a%20b HTTP/1.0\r\nHost: 127.0.0.1:"))
  }

  @Test("Another status is a failure with the server's reason")
  func status() throws {
    let answer = try get(.send("HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"parse error\"}")).answer
    guard case .failed(let reason) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(reason.contains("status 400 Bad Request, expected 200: {\"error\":\"parse error\"}"))
  }

  @Test(
    "The body of another status is read if that status is accepted, and a longer number isn't that status")
  func acceptedStatus() throws {
    for (line, statuses, isRead) in [
      ("HTTP/1.1 503 Service Unavailable", [200, 503], true), ("HTTP/1.1 503", [503], true),
      ("HTTP/1.1 200 OK", [503], false), ("HTTP/1.1 2000 OK", [200], false), ("HTTP/1.1 200OK", [200], false),
    ] as [(String, Set<Int>, Bool)] {
      let server = try TinyServer { _ in .send("\(line)\r\n\r\n{\"status\":\"DOWN\"}") }
      let answer = HTTPAnswer.get(
        "http://127.0.0.1:\(server.port)/", accepting: statuses, timeout: .seconds(20))
      try server.stop()
      #expect((answer == .body("{\"status\":\"DOWN\"}")) == isRead, "\(line): \(answer)")
    }
  }

  @Test(
    "An answer that is incomplete or isn't HTTP is a failure",
    arguments: [
      TinyServer.Answer.hangUp, .send("hello"), .send("HTTP/1.1 200 OK\r\nContent-Le"),
      .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[]"), .send("HTTP/1.1\r\n\r\n"),
      .send("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n[]"),
    ])
  func malformed(_ given: TinyServer.Answer) throws {
    let answer = try get(given).answer
    guard case .failed = answer else {
      Issue.record("\(answer)")
      return
    }
  }

  @Test("No answer in time and no server are failures with the errno")
  func silence() throws {
    guard case .failed(let late) = try get(.silence, timeout: .milliseconds(50)).answer else {
      Issue.record("answered")
      return
    }
    #expect(late.contains("timed out") || late.contains("ETIMEDOUT"))
    let server = try TinyServer { _ in .silence }
    let port = server.port
    try server.stop()
    guard case .failed(let refused) = HTTPAnswer.get("http://127.0.0.1:\(port)/", timeout: .seconds(5)) else {
      Issue.record("answered")
      return
    }
    #expect(refused.contains("refused") || refused.contains("ECONNREFUSED"))
  }

  @Test(
    "A text that isn't an http URL is a failure",
    arguments: ["", "https://a/", "http://", "http://127.0.0.1:x/"])
  func url(_ url: String) {
    guard case .failed = HTTPAnswer.get(url, timeout: .seconds(1)) else {
      Issue.record("answered")
      return
    }
  }
}
