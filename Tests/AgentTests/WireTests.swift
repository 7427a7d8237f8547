import Faults
import FoundationEssentials
import HostTesting
import Journal
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// Lines between controller and agent, as they are on the wire.
struct WireTests {
  private static let effect = Effect(at: .seconds(3), took: .milliseconds(2), evidence: "a\nb \"c\" ü")
  private static let revert = Revert(
    at: .seconds(9), cause: .deadline, residue: ["eth0: was up, is now down"])
  private static let status = LeaseStatus(
    lease: "a1", run: "run-1", fault: "host.unplug", object: "eth0 (carrier)", boot: "b", effect: effect,
    revert: revert)

  private static let state = HostState(
    boot: "b",
    lines: [.init(.network, of: ["eth0"], "address eth0 10.0.0.1/24", ipv4: "10.0.0.1", isAddress: true)],
    unread: [.init(part: .domains, reason: "no\nlibvirt")])

  private func requests() throws -> [Request] {
    [
      .hello(run: "run-1"), .hello(run: "run-1", by: nil), .admission, .clock,
      .survey(views: [.init("gluster", ["volume": .string("vms")])]),
      .survey(views: []),
      .check(try order("host.unplug").spec, duration: .seconds(60)),
      .arm(
        lease: "a1", order: try order("firewall.lock", allow: [22, 80]).spec, begins: .seconds(1),
        duration: .seconds(60)), .inject(lease: "a1"), .revert(lease: "a1"), .forget(lease: "a1"), .leases,
      .state(thawing: ["a1"]), .thaw(leases: ["a1"]), .watchDomains,
      .query(.init("gluster", ["volume": .string("vms")])),
      .query(.init("pacemaker")), .checkFiles(paths: ["/a"]), .records(path: "/a", owner: "run-1.1"),
    ]
  }

  private static let lines: [AgentLine] =
    [
      Reply.welcome(Welcome(version: "1.2.3", boot: "b", foreignLeases: [status])), .clock(.seconds(1)),
      .survey(fingerprint: ["kernel": "6.1"], running: ["web"]),
      .checked(cutsControlPath: true, missing: ["link eth0 is down"]), .armed, .effective(effect),
      .reverted(revert), .done, .admission(refusals: [.noRun]), .leases([status], isComplete: true),
      .state(state),
      .records(
        RecordsFound(
          present: [1...7], torn: [8...8], tornUnplaced: 1, older: [9...9], bypassed: [3...3],
          missing: [2...2],
          digest: 5)),
      .queried([ViewAnswer("<xml/>\n", exitCode: 0), ViewAnswer("", failure: "no end")]),
    ].map { .reply(id: 7, $0) } + [
      .notice(.reverted(lease: "a1", revert)),
      .notice(.stuck(lease: "a1", "residue")),
      .notice(.domain(name: "web", state: .paused, what: "suspended", at: .seconds(2))),
      .notice(.warning("careful")), .greeting, .notice(.report("held")),
      .notice(.report("resumed", recovery: .resumed(domain: "web", lease: "a1"))),
      .notice(.refused("not root")),
    ] + refusals.map { .refusal(id: 8, $0) }

  private static let refusals: [Refusal] = [
    .protocolMismatch(controller: Greeting(version: "0.3", protocol: 5), agent: .current),
    .unreadable(agent: .current, reason: "no\nway"), .noRun, .sessionInUse(run: "r"), .hostInUse(run: "r"),
    .tooManyRequests(limit: 8), .held(by: "ann", since: "noon", reason: "disks"),
    .holdUnreadable(path: "/hold", reason: "cut"), .noPolicy(reason: "none"), .notAllowed(reason: "eth0"),
    .viewNotAllowed(reason: "sh"), .fileNotAllowed(reason: "/a"),
    .foreignLease(run: "r", fault: "link.drop", object: "eth0"),
    .leaseUnreadable(reason: "cut"), .invalidLeaseName("A"), .invalidTerms, .leaseExists(lease: "a1"),
    .tooManyLeases(limit: 64), .notArmed(lease: "a1"), .deadlinePassed(lease: "a1"),
    .controllerGone(lease: "a1"), .injectionRepeated(lease: "a1"), .noSuchLease(lease: "a1"),
    .notReverted(lease: "a1"), .otherSession(lease: "a1"), .leaseOver(lease: "a1"),
    .inDoubt(lease: "a1", reason: "busy"), .leaseFailed(lease: "a1", reason: "busy"),
    .failed(reason: "busy"), .several([.noRun, .invalidTerms]),
  ]

  /// Each value is one line, is decoded to the same value, and differs from the lines of other kinds.
  private func expectRoundTrips<Value: Codable>(_ values: [Value]) throws {
    var seen: Set<String> = []
    for value in values {
      let line = try WireCoding.line(value)
      #expect(line.last == UInt8(ascii: "\n") && !line.dropLast().contains(UInt8(ascii: "\n")))
      #expect(try WireCoding.line(try WireCoding.value(Value.self, from: line)) == line)
      #expect(seen.insert(String(decoding: line, as: UTF8.self)).inserted)
    }
  }

  @Test("Every request is decoded as it was encoded")
  func requestsComeBack() throws {
    try expectRoundTrips(try requests().enumerated().map { RequestLine(id: $0 + 1, request: $1) })
    // One request with all of its fields.
    let line = try WireCoding.line(
      RequestLine(
        id: 3,
        request: .arm(
          lease: "a1", order: try order("link.drop", ["mode": "silent", "direction": "in"]).spec,
          begins: .seconds(1), duration: .seconds(60))))
    let read = try WireCoding.value(RequestLine.self, from: line)
    guard case .arm("a1", let order, .seconds(1), .seconds(60)) = read.request else {
      Issue.record("\(read)")
      return
    }
    #expect(read.id == 3 && order.fault == "link.drop")
    #expect(try FaultOrder(order).fault.object == "eth0 (silent, in)")
  }

  @Test("Every answer is decoded as it was encoded")
  func answersComeBack() throws {
    try expectRoundTrips(Self.lines)
    // One reply with all of its fields.
    let line = try WireCoding.line(AgentLine.reply(id: 7, .effective(Self.effect)))
    let read = try WireCoding.value(AgentLine.self, from: line)
    #expect(try read.reply(to: 7).effective() == Self.effect)
  }

  /// Agents and controllers of other versions depend on these bytes.
  @Test("Other versions can read the greeting and the hello")
  func stableForms() throws {
    let greeting = try WireCoding.line(AgentLine.greeting(version: "1.2.3", protocol: 5))
    #expect(
      String(decoding: greeting, as: UTF8.self) == #"{"murphy-agent":{"protocol":5,"version":"1.2.3"}}"#
        + "\n")
    let old = #"{"id":1,"request":{"hello":{"run":"run-1"}}}"#
    let read = try WireCoding.value(RequestLine.self, from: Array(old.utf8))
    guard case .hello("run-1", nil) = read.request else {
      Issue.record("\(read)")
      return
    }
    let report = try WireCoding.line(AgentLine.notice(.report("held")))
    #expect(String(decoding: report, as: UTF8.self) == #"{"notice":{"_0":{"report":{"_0":"held"}}}}"# + "\n")
    // The text is in the place where earlier controllers read it.
    let resumed = AgentLine.notice(.report("text", recovery: .resumed(domain: "web", lease: "a1")))
    #expect(
      String(decoding: try WireCoding.line(resumed), as: UTF8.self)
        == #"{"notice":{"_0":{"report":{"_0":"text","recovery":{"resumed":{"domain":"web","lease":"a1"}}}}}}"#
        + "\n")
  }

  @Test("A truncated request is refused")
  func aLineCutShortIsNoLine() throws {
    for request in try requests() {
      let line = try WireCoding.line(RequestLine(id: 1, request: request))
      for length in stride(from: 0, to: line.count - 1, by: 7) {
        #expect(throws: DecodingError.self) {
          try WireCoding.value(RequestLine.self, from: line.prefix(length))
        }
      }
    }
  }
}

extension Nanoseconds {
  /// Allows durations as patterns.
  fileprivate static func ~= (pattern: Nanoseconds, value: Nanoseconds) -> Bool { pattern == value }
}
