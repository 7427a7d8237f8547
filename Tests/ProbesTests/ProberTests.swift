import Foundation
import Glibc
import Journal
import Linux
import Scenario
import Synchronization
import Testing

@testable import Probes

/// The prober with real sockets, in a temporary network namespace.
@Suite(.tags(.namespace), .enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct ProberTests {
  /// The verdicts and statuses for a service with this answer.
  private func seen(
    _ kind: Fleet.Probe.Kind, _ options: [String: JSONValue] = [:],
    _ answer: @escaping @Sendable (String) -> TinyServer.Answer
  ) async throws -> Set<String> {
    try await onLoopback {
      let server = try TinyServer(answer)
      let scheme = kind == .http ? "http" : "tcp"
      let samples = try probe(
        .patient(kind, "\(scheme)://127.0.0.1:\(server.port)", options))
      try server.stop()
      return Set(samples.map { "\($0.verdict.rawValue) \($0.status)" })
    }
  }

  // MARK: http

  @Test("An http service that answers is ok")
  func anHttpServiceThatAnswersIsOk() async throws {
    #expect(try await seen(.http) { _ in http("200 OK", "hello") } == ["ok 200"])
  }

  @Test("An http request is valid")
  func anHttpRequestIsValid() async throws {
    let (requests, port) = try await onLoopback {
      let server = try TinyServer { _ in http("200 OK") }
      try probe(.patient(.http, "http://127.0.0.1:\(server.port)/status?full=1"))
      try server.stop()
      return (server.requests, server.port)
    }
    #expect(
      Set(requests.map { $0.split(separator: "\r\n").dropFirst().sorted() })
        == [["Accept: */*", "Host: 127.0.0.1:\(port)", "User-Agent: murphy"]])
    #expect(requests.allSatisfy { $0.hasPrefix("GET /status?full=1 HTTP/1.1\r\n") })
  }

  @Test("An http answer with another status than expected fails")
  func anotherStatusFails() async throws {
    #expect(try await seen(.http) { _ in http("500 Oh", "hello") } == ["fail 500"])
    #expect(try await seen(.http, expecting(status: 204)) { _ in http("200 OK") } == ["fail 200"])
    #expect(try await seen(.http, expecting(status: 500)) { _ in http("500 Oh") } == ["ok 500"])
  }

  @Test("An http answer whose body lacks the expected text fails")
  func bodyWithoutText() async throws {
    #expect(
      try await seen(.http, expecting(body: "hello")) { _ in http("200 OK", "goodbye") } == [
        "fail wrong-body"
      ])
    #expect(
      try await seen(.http, expecting(body: "hello")) { _ in http("200 OK", "say hello twice") } == ["ok 200"]
    )
    // A match in the header doesn't count.
    #expect(
      try await seen(.http, expecting(body: "Content-Type")) { _ in http("200 OK", "") } == [
        "fail wrong-body"
      ])
  }

  @Test("A server that closes the connection before its answer fails")
  func aServerThatClosesEarlyFails() async throws {
    let hungUp = try await seen(.http) { _ in .hangUp }
    #expect(hungUp.isSubset(of: ["fail closed", "fail reset"]))
    #expect(
      try await seen(.http) { _ in .send("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n") } == ["fail closed"])
    #expect(try await seen(.http) { _ in .send("220 mail.example.org ESMTP\r\n") } == ["fail not-http"])
  }

  @Test("A sample has the boot id from the answer")
  func theBootThatAnsweredIsKept() async throws {
    let boots = try await onLoopback {
      let server = try TinyServer { _ in http("200 OK", "hello\nboot=4711-a\r\nbye\n") }
      let samples = try probe(.patient(.http, "http://127.0.0.1:\(server.port)/"))
      try server.stop()
      return Set(samples.map(\.boot))
    }
    #expect(boots == ["4711-a"])
  }

  // MARK: tcp, ping, append

  @Test("A tcp port that accepts connections is ok")
  func aPortThatOpensIsOk() async throws {
    #expect(try await seen(.tcp) { _ in .silence } == ["ok open"])
  }

  @Test("A closed port fails as refused", arguments: [Fleet.Probe.Kind.tcp, .http, .append])
  func aClosedPortIsRefused(_ kind: Fleet.Probe.Kind) async throws {
    let seen = try await onLoopback {
      let scheme = kind == .http ? "http" : "tcp"
      let samples = try probe(.patient(kind, "\(scheme)://127.0.0.1:\(TinyServer.closedPort)"))
      return Set(samples.map { "\($0.verdict.rawValue) \($0.status)" })
    }
    #expect(seen == ["fail refused"])
  }

  /// The kernel chooses the port of the service for the connection, since it may choose no other one.
  @Test("A connection to itself is not an answer", arguments: ["127.0.0.1", "[::1]"])
  func aConnectionToItselfIsRefused(_ address: String) async throws {
    let seen = try await onLoopback {
      try "40000 40000".write(
        toFile: "/proc/sys/net/ipv4/ip_local_port_range", atomically: false, encoding: .utf8)
      let samples = try probe(.patient(.tcp, "tcp://\(address):40000"))
      return Set(samples.map { "\($0.verdict.rawValue) \($0.status)" })
    }
    // A request that begins before the one before it has closed the only port can't be sent.
    #expect(seen.subtracting(["unknown unsent"]) == ["fail refused"])
  }

  @Test("A packet that the machine's own firewall drops is not a failure of the service")
  func anOwnFirewallIsNoFailure() async throws {
    let seen = try await onLoopback {
      let rules =
        "table ip own { chain out { type filter hook output priority 0; ip daddr 127.0.0.9 drop; }; }"
      _ = try ChildProcess.run(["nft", rules], within: .seconds(60)).success()
      let dns = Fleet.Probe.patient(
        .init(rawValue: "dns"), "www.example", ["server": .string("127.0.0.9"), "port": .integer(5300)])
      return try [Fleet.Probe.patient(.ping, "127.0.0.9"), dns].map { (given: Fleet.Probe) in
        Set(try probe(given).map { "\($0.verdict.rawValue) \($0.status)" })
      }
    }
    #expect(seen == [["unknown unsent"], ["unknown unsent"]])
  }

  @Test("A link-local IPv6 address with its link is probed", arguments: [Fleet.Probe.Kind.tcp, .ping])
  func linkLocal(_ kind: Fleet.Probe.Kind) async throws {
    let seen = try await onLoopback {
      _ = try ChildProcess.run(
        ["ip", "address", "add", "fe80::1/64", "dev", "lo", "nodad"], within: .seconds(60)
      ).success()
      let target = kind == .tcp ? "tcp://[fe80::1%lo]:\(TinyServer.closedPort)" : "fe80::1%lo"
      return Set(try probe(.patient(kind, target)).map { "\($0.verdict.rawValue) \($0.status)" })
    }
    #expect(seen == [kind == .tcp ? "fail refused" : "ok echo"])
  }

  @Test("An address without a route fails as unreachable")
  func aNetworkWithoutAWayIsUnreachable() async throws {
    let seen = try await onLoopback {
      Set(try probe(.patient(.tcp, "tcp://192.0.2.1:80")).map { "\($0.verdict.rawValue) \($0.status)" })
    }
    #expect(seen == ["fail unreachable"])
  }

  @Test("A host that answers a ping is ok", arguments: ["127.0.0.1", "::1"])
  func aHostThatAnswersEchoesIsOk(_ address: String) async throws {
    let seen = try await onLoopback {
      Set(try probe(.patient(.ping, address)).map { "\($0.verdict.rawValue) \($0.status)" })
    }
    #expect(seen == ["ok echo"])
  }

  @Test("A record is ok once it is acknowledged")
  func aRecordIsOkOnceItIsAcknowledged() async throws {
    let (seen, requests) = try await onLoopback {
      let server = try TinyServer { .send("OK \($0.split(separator: " ")[1])\n") }
      let samples = try probe(.patient(.append, "tcp://127.0.0.1:\(server.port)"))
      try server.stop()
      return (Set(samples.map { "\($0.verdict.rawValue) \($0.status)" }), server.requests)
    }
    #expect(seen == ["ok stored"])
    // The record's payload is its number, so that a torn record can be detected.
    #expect(!requests.isEmpty)
    for request in requests {
      let number = try #require(Int64(request.split(separator: " ")[1]))
      let digits = String(number, radix: 16)
      let payload = String(repeating: "0", count: 16 - digits.count) + digits
      #expect(request == "APPEND \(number) \(payload)\n")
    }
  }

  @Test(
    "A record that isn't acknowledged fails",
    arguments: [
      (TinyServer.Answer.send("ERR 28 No space left on device\n"), "fail errno-28"),
      (.send("OK 999999\n"), "fail not-understood"), (.send("hello\n"), "fail not-understood"),
      (.send("OK 1"), "fail closed"),
    ])
  func aRecordThatIsNotAcknowledgedFails(_ answer: TinyServer.Answer, _ expected: String) async throws {
    #expect(try await seen(.append) { _ in answer } == [expected])
  }

  // MARK: Time

  @Test("A request without an answer fails at its timeout")
  func anAnswerThatNeverComesIsGivenUp() async throws {
    let samples = try await onLoopback {
      let server = try TinyServer { _ in .silence }
      var given = Fleet.Probe.patient(.http, "http://127.0.0.1:\(server.port)/")
      given.timeout = .milliseconds(200)
      let samples = try probe(given) { $0.count { $0.verdict == .fail } >= 3 }
      try server.stop()
      return samples.filter { $0.status != "stopped" }
    }
    #expect(Set(samples.map(\.status)) == ["timeout"])
    #expect(samples.allSatisfy { $0.verdict == .fail && $0.latency >= .milliseconds(200) })
  }

  /// A stalled service doesn't delay the requests: eight of them wait for answers at the same time. Each is sent at its
  /// scheduled time, and its latency is measured from this time.
  @Test("A stalled service gets every request at its scheduled time")
  func aStalledServiceIsAskedOnAndOn() async throws {
    let (samples, released) = try await onLoopback {
      let server = try TinyServer { _ in .holdUntil(8, "HTTP/1.0 200 OK\r\n\r\n") }
      let samples = try probe(.patient(.http, "http://127.0.0.1:\(server.port)/")) { samples in
        // This counts only the requests from before the release, since a later request may be delivered before the
        // last of them. A prober that is late adds samples of requests that it never sent.
        guard let released = server.released else { return false }
        return samples.count { $0.sent != nil && $0.scheduled < Nanoseconds(released) } >= 8
      }
      try server.stop()
      return (samples, Nanoseconds(try #require(server.released)))
    }
    // Chosen by due time: the service may have all eight connections before the last request is written.
    let stalled = samples.filter { $0.sent != nil && $0.scheduled < released }.sorted {
      $0.sequence < $1.sequence
    }
    #expect(stalled.count >= 8, "they were due while the service was stalled")
    // On a busy machine the prober itself may be late; then its samples are `unknown`.
    for sample in stalled where sample.verdict != .unknown {
      #expect(sample.verdict == .ok)
      #expect(sample.latency >= released - sample.scheduled, "its latency holds the whole stall")
    }
    // The schedule doesn't depend on the service.
    for (left, right) in zip(stalled, stalled.dropFirst()) {
      #expect(right.scheduled - left.scheduled == .milliseconds(20) * (right.sequence - left.sequence))
    }
  }

  @Test("Probes with the same interval send at different times")
  func probesOfOnePaceDoNotAskAtOneInstant() async throws {
    let samples = try await onLoopback {
      let server = try TinyServer { _ in http("200 OK") }
      let harvest = try Harvest()
      let probes = ["one", "two"].map {
        var probe = Fleet.Probe.patient(.http, "http://127.0.0.1:\(server.port)/")
        probe.name = $0
        return probe
      }
      let prober = try Prober(probes, trial: 7, origin: 1000) { harvest.take($0) }
      do {
        defer { prober.stop() }
        try harvest.wait { samples in
          ["one", "two"].allSatisfy { name in samples.count { $0.probe == name } >= 2 }
        }
      }
      try server.stop()
      return harvest.all
    }
    let first = ["one", "two"].compactMap { name in samples.filter { $0.probe == name }.map(\.scheduled).min()
    }
    #expect(first.count == 2)
    #expect(first[1] - first[0] == .milliseconds(10))
    #expect(Set(samples.map(\.trial)) == [7])
  }

  // MARK: The prober's own lag

  @Test("The samples of the control are delivered with the other samples")
  func theControlIsProbedLikeTheOthers() async throws {
    let own = try await onLoopback {
      let own = Mutex<[Sample]>([])
      let news = try Mailbox<Bool>()
      let prober = try Prober([.patient(.tcp, "tcp://127.0.0.1:1")], trial: 3, origin: 0) { sample in
        if sample.probe != Prober.controlName { return }
        own.withLock { $0.append(sample) }
        news.post(true)
      }
      while own.withLock({ $0.count { $0.verdict == .ok } }) < 3 { news.wait(nanoseconds: 1_000_000_000) }
      prober.stop()
      return own.withLock { $0 }
    }
    #expect(own.contains { $0.status == "answered" })
    #expect(own.map(\.sequence).sorted() == Array(1...Int64(own.count)))
    #expect(Set(own.map(\.trial)) == [3])
  }

  // MARK: The end

  @Test("A request that is open when the prober stops is unknown")
  func whatWasAskedAndIsStillOpenAtTheEndIsUnknown() async throws {
    let (before, after) = try await onLoopback {
      let server = try TinyServer { _ in .silence }
      let harvest = try Harvest()
      let prober = try Prober([.patient(.http, "http://127.0.0.1:\(server.port)/")], trial: 1, origin: 0) {
        harvest.take($0)
      }
      while server.requests.count < 5 { usleep(1000) }
      let before = harvest.known
      prober.stop()
      let after = harvest.known
      try server.stop()
      return (before, after)
    }
    #expect(before == [])
    #expect(after.count >= 5)
    #expect(after.allSatisfy { $0.verdict == .unknown && $0.status == "stopped" && $0.sent != nil })
  }

  @Test("Sequence numbers have no gaps")
  func numbersHaveNoGaps() async throws {
    let samples = try await onLoopback {
      let server = try TinyServer { _ in .silence }
      let harvest = try Harvest()
      var given = Fleet.Probe.patient(.append, "tcp://127.0.0.1:\(server.port)")
      given.timeout = .milliseconds(60)
      let prober = try Prober([given], trial: 1, origin: 0) { harvest.take($0) }
      do {
        defer { prober.stop() }
        try harvest.wait { $0.count >= 10 }
      }
      try server.stop()
      return harvest.all
    }
    #expect(samples.map(\.sequence).sorted() == Array(1...Int64(samples.count)))
    let start = try #require(samples.map(\.scheduled).min())
    for sample in samples { #expect(sample.scheduled == start + .milliseconds(20) * (sample.sequence - 1)) }
  }

  @Test("An invalid target is refused with its name", arguments: ["ftp://127.0.0.1/", "127.0.0.1"])
  func aTargetThatIsNoneIsRefused(_ target: String) async throws {
    try await onLoopback {
      let refused = #expect(throws: ProbeRefused.self) {
        try Prober([.init(name: "website", kind: .http, target: target)], trial: 1, origin: 0) { _ in }
      }
      #expect(refused?.probe == "website" && refused?.target == target)
    }
  }
}
