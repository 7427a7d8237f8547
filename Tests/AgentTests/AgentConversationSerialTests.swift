import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Leases
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// The real murphy-agent over pipes, on a host with real links.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct AgentConversationSerialTests {
  /// A second request for the fault arrives while the first lease is being removed and its name becomes free.
  @Test("A fault that can't be armed is refused each time")
  func aRefusedLeaseIsAnswered() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        let absent = try order("host.unplug", links: ["absent"])
        for round in 1...50 {
          let leases = (1...20).map { "a\(round)_\($0)" }
          let arms = try agent.ask(
            together: leases.map {
              .arm(lease: $0, order: try absent.spec, begins: .zero, duration: .seconds(60))
            })
          let injections = try agent.ask(together: leases.map { .inject(lease: $0) })
          for answer in arms + injections {
            guard case .refusal = answer else { throw NeverHappened("it is refused: \(answer)") }
          }
        }
      }
    }
  }

  @Test("A lease is armed, injected, reverted and forgotten, and the host is as before")
  func wholeConversation() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let agent = try host.start([AgentHost.program])
        let welcome = try agent.reply(to: .hello(run: "run-1")).welcome()
        #expect(welcome.version == Greeting.current.version && welcome.foreignLeases.isEmpty)
        let unplug = try order("host.unplug")
        #expect(try agent.reply(to: .check(try unplug.spec, duration: .seconds(60))).checked() == (false, []))
        try agent.reply(
          to: .arm(lease: "a1", order: try unplug.spec, begins: .seconds(1), duration: .seconds(60))
        )
        .armed()
        // An armed lease has no effect yet, but its lease is on disk and its watchdog runs.
        #expect(try network.differences(from: before) == [])
        #expect(try host.leases.names() == ["a1"])
        _ = try host.watchdog(of: "a1")

        let effect = try agent.reply(to: .inject(lease: "a1")).effective()
        #expect(effect.evidence == "the kernel shows eth0, eth1 down" && effect.took > .zero)
        for link in ["eth0", "eth1"] { #expect(try !network.isUp(link)) }

        let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.cause == .controller && revert.residue == [] && revert.at > effect.at)
        #expect(try network.differences(from: before) == [])
        let statuses = try agent.reply(to: .leases).leases()
        #expect(statuses.map(\.lease) == ["a1"])
        #expect(statuses.first?.effect == effect && statuses.first?.revert == revert)
        _ = try agent.reply(to: .forget(lease: "a1"))
        #expect(try DurableFile.list(host.leases.path) == [])
        try eventually("its watchdog is gone") { host.agents { $0.contains("watch") }.isEmpty }
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
        #expect(host.agents().isEmpty)
      }
    }
  }

  @Test("A request that can't be met is refused and changes nothing")
  func requestsThatCanNotBeMetAreRefusedAndNothingIsDone() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let unplug = try order("host.unplug")
        func arm(
          _ order: FaultOrder, _ lease: String = "a1", begins: Nanoseconds = .zero,
          duration: Nanoseconds = .seconds(60)
        ) throws -> Request { .arm(lease: lease, order: try order.spec, begins: begins, duration: duration) }
        let agent = try host.start([AgentHost.program])
        #expect(try agent.refusal(of: try arm(unplug)) == .noRun)
        #expect(try agent.refusal(of: .watchDomains) == .noRun)
        _ = try agent.reply(to: .hello(run: "run-1"))
        #expect(try agent.refusal(of: .hello(run: "run-2")) == .sessionInUse(run: "run-1"))
        #expect(try agent.refusal(of: .inject(lease: "a1")) == .notArmed(lease: "a1"))
        #expect("\(try agent.refusal(of: .revert(lease: "a1")))".contains("/a1.lease"))
        #expect(try agent.refusal(of: .revert(lease: "../a1")) == .noSuchLease(lease: "../a1"))
        // A lease without a record can be forgotten, since the reply to an earlier request may have been lost.
        try agent.reply(to: .forget(lease: "a1")).done()
        #expect(try agent.refusal(of: .forget(lease: "../a1")) == .notReverted(lease: "../a1"))
        for name in ["", "A1", "../a1", "a 1", String(repeating: "a", count: 33)] {
          #expect(try agent.refusal(of: try arm(unplug, name)) == .invalidLeaseName(name))
        }
        for (begins, duration) in [(-1, 60), (3601, 60), (0, 0), (0, -1)] as [(Int64, Int64)] {
          #expect(
            try agent.refusal(of: try arm(unplug, begins: .seconds(begins), duration: .seconds(duration)))
              == .invalidTerms)
        }
        #expect(
          try agent.refusal(of: try arm(unplug, duration: .seconds(601)))
            .isOf(.duration(.seconds(601), longest: .seconds(600))))
        try network.socket.setUp(false, .name("eth1"))
        #expect(try agent.refusal(of: try arm(unplug)).isOfLease("a1", with: "eth1"))
        let missing = try agent.reply(to: .check(try unplug.spec, duration: .seconds(601))).checked().missing
        #expect(missing.count == 2)
        try before.restore(using: network.socket)

        // A lease with this name exists, and is unchanged.
        _ = try agent.reply(to: try arm(unplug, "a2"))
        #expect(
          try agent.refusal(of: try arm(unplug, "a2")) == .leaseExists(lease: "a2"))
        #expect(try agent.refusal(of: .forget(lease: "a2")) == .notReverted(lease: "a2"))
        _ = try agent.reply(to: .revert(lease: "a2"))
        #expect(try network.differences(from: before) == [])
        // The record of the first lease, which has a revert, must not count for the second.
        #expect(try agent.refusal(of: try arm(unplug, "a2")).isOfLease("a2", with: "/a2.lease"))
        #expect(try network.differences(from: before) == [])
        _ = try agent.reply(to: .forget(lease: "a2"))
        _ = try agent.reply(to: try arm(unplug, "a2"))
        _ = try agent.reply(to: .inject(lease: "a2"))
        #expect(try !network.isUp("eth0"))
        _ = try agent.reply(to: .revert(lease: "a2"))
        #expect(try network.differences(from: before) == [])
      }
    }
  }

  @Test("A policy with an unknown key is in force, and hello and admission warn of the key")
  func aPolicyOfANewerVersion() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let policy = AgentHost.policy.replacing("{", with: "{\n\"units\": [\"nginx.service\"], ")
        try host.write(policy, to: Policy.path)
        let agent = try host.start([AgentHost.program])
        for request in [Request.admission, .hello(run: "run-1")] {
          _ = try agent.reply(to: request)
          #expect(
            try agent.notice().warning().hasPrefix(
              "/etc/murphy/agent.json:2: unknown key 'units' is ignored"))
        }
        let unplug = try order("host.unplug")
        #expect(try agent.reply(to: .check(try unplug.spec, duration: .seconds(60))).checked().missing == [])
        try agent.reply(
          to: .arm(lease: "a1", order: try unplug.spec, begins: .zero, duration: .seconds(60))
        ).armed()
        try agent.reply(to: .revert(lease: "a1")).reverted()
        agent.hangUp()
      }
    }
  }

  @Test("A host reads the records in a file only if its policy names the file")
  func records() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        let path = "/var/tmp/records-\(UUID().uuidString)"
        try DurableFile.write([UInt8](repeating: 7, count: 4096), to: path)
        defer { unlink(path) }
        let request = Request.records(path: path, owner: "run-1.1")
        let missing =
          "/etc/murphy/agent.json doesn't allow reading \(path): add \"\(path)\" to its \"files\""
        #expect(try agent.refusal(of: request) == .fileNotAllowed(reason: missing))
        #expect(try agent.reply(to: .checkFiles(paths: [path])).checked().missing == [missing])
        try host.write(AgentHost.policy.replacing("{", with: #"{"files": ["\#(path)"], "#), to: Policy.path)
        let noLog = "\(path) has no append log: is it the disk of the append service?"
        #expect(try agent.refusal(of: request) == .failed(reason: noLog))
        #expect(try agent.reply(to: .checkFiles(paths: [path])).checked().missing == [noLog])
        // A disk that no service has used yet: its first log is made at the start of the run.
        // It has a separate name, since the host's view of a replaced file may be that of the old one.
        let blank = path + "-blank"
        try DurableFile.write([UInt8](repeating: 0, count: 4096), to: blank)
        defer { unlink(blank) }
        try host.write(AgentHost.policy.replacing("{", with: #"{"files": ["\#(path)*"], "#), to: Policy.path)
        let lacking = try agent.reply(to: .checkFiles(paths: [blank])).checked().missing
        #expect(lacking == [])
        #expect(
          try agent.refusal(of: .records(path: blank, owner: "run-1.1"))
            == .failed(reason: noLog.replacing(path, with: blank)))
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test("A host runs a view's command only if its policy names it at that time")
  func commandsOfViews() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        let query = Request.query(
          .init("command", ["command": .array(["sh", "-c", "echo 'bad disk'; exit 2"].map { .string($0) })]))
        let text = #"sh -c 'echo '\''bad disk'\''; exit 2'"#
        #expect(
          try agent.refusal(of: query)
            == .viewNotAllowed(
              reason: "/etc/murphy/agent.json doesn't allow the command: add \"\(text)\" to its \"commands\"")
        )
        let policy = AgentHost.policy.replacing(
          "{", with: #"{"commands": ["\#(text.replacing(#"\"#, with: #"\\"#))"], "#)
        try host.write(policy, to: Policy.path)
        guard case .queried(let answers) = try agent.reply(to: query) else {
          Issue.record("no reply to a query")
          return
        }
        #expect(answers == [ViewAnswer("bad disk\n", exitCode: 2)])
        #expect(
          try agent.refusal(of: .query(.init("alertmanager", ["url": .string("http://a:1")])))
            == .viewNotAllowed(reason: "the view 'alertmanager' runs nothing on a host"))
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test("The policy is read again for each lease, and what it doesn't allow is refused")
  func hostsAllowWhatTheirPolicySays() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let arm = Request.arm(
          lease: "a1", order: try order("link.drop").spec, begins: .zero, duration: .seconds(60))
        let agent = try host.agent()
        // The policy is read again for each lease, so a withdrawn permission counts immediately.
        for (policy, denial) in [
          (
            #"{"faults": ["vm.*"], "links": ["*"], "domains": [], "longest-lease": "10m"}"#,
            .fault("link.drop")
          ),
          (
            #"{"faults": ["*"], "links": ["eth1"], "domains": [], "longest-lease": "10m"}"#,
            .resource(.link, "eth0", alias: nil, isListed: true)
          ),
          (
            #"{"faults": ["*"], "links": ["*"], "domains": [], "longest-lease": "59s"}"#,
            .duration(.seconds(60), longest: .seconds(59))
          ),
        ] as [(String, Policy.Denial)] {
          try host.write(policy, to: Policy.path)
          #expect(try agent.refusal(of: arm).isOf(denial))
        }
        try host.write(
          #"{"faults": ["*"], "links": ["*"], "domains": ["web*"], "longest-lease": "10m"}"#, to: Policy.path)
        #expect(
          try agent.refusal(
            of: .arm(lease: "a1", order: try order("vm.freeze").spec, begins: .zero, duration: .seconds(60))
          ).isOf(.resource(.domain, "guest", alias: nil, isListed: true)))
        try host.write(
          #"{"faults": ["*"], "links": ["*"], "domain": [], "longest-lease": "10m"}"#, to: Policy.path)
        #expect(try agent.refusal(of: arm).isOfNoPolicy(naming: "'domain'"))
        // Only root may be able to write the policy.
        for (spoil, name) in [
          ({ chmod($0, 0o666) }, "mode 0666"), ({ chown($0, 65534, 0) }, "of user 65534"),
          ({ truncate($0, 10) }, "agent.json:1: "), ({ unlink($0) + mkdir($0, 0o700) }, "agent.json: "),
        ] as [((String) -> Int32, String)] {
          try host.write(AgentHost.policy, to: Policy.path)
          #expect(spoil(host.path(Policy.path)) == 0)
          #expect(try agent.refusal(of: arm).isOfNoPolicy(naming: name))
        }
        #expect(rmdir(host.path(Policy.path)) == 0)
        try host.write(AgentHost.policy, to: Policy.path)
        try DurableFile.remove(host.path(Policy.path))
        #expect(try agent.refusal(of: arm).isOfNoPolicy(naming: Policy.path))
        let other = try host.start([AgentHost.program])
        #expect(try other.refusal(of: .hello(run: "run-1")).isOfNoPolicy)
        #expect(try network.differences(from: before) == [])
        #expect(try host.leases.names() == [])
      }
    }
  }

  /// The second of two identical requests arrives before the first is answered.
  @Test("If a request arrives twice before the first is answered, both are answered")
  func requestsThatComeTwiceAreBothAnswered() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let agent = try host.agent()
        let unplug = try order("host.unplug")
        /// Sends both requests in one write, so that the second arrives before the first is done.
        func twice(_ request: Request, _ id: Int) throws -> [Int: AgentLine] {
          try agent.send(
            try [id, id + 1].flatMap { try WireCoding.line(RequestLine(id: $0, request: request)) })
          var answers: [Int: AgentLine] = [:]
          while answers.count < 2 {
            switch try agent.read() {
            case .reply(let id, let reply): answers[id] = .reply(id: id, reply)
            case .refusal(let id, let reason): answers[id] = .refusal(id: id, reason)
            case .notice, .greeting: continue
            }
          }
          return answers
        }
        let armed = try twice(
          .arm(lease: "a1", order: try unplug.spec, begins: .zero, duration: .seconds(60)), 100)
        try #require(armed[100]).reply(to: 100).armed()
        #expect(
          try #require(armed[101]).refusal(of: 101) == .leaseExists(lease: "a1"))
        let injected = try twice(.inject(lease: "a1"), 200)
        try #require(injected[200]).reply(to: 200).effective()
        #expect(
          try #require(injected[201]).refusal(of: 201) == .injectionRepeated(lease: "a1"))
        let reverted = try twice(.revert(lease: "a1"), 300)
        for id in [300, 301] { try #require(reverted[id]).reply(to: id).reverted() }
        #expect(try network.differences(from: before) == [])
        _ = try agent.reply(to: .forget(lease: "a1"))
      }
    }
  }

  @Test("A line that isn't a request causes a warning and nothing else")
  func linesThatAreNoneDoNothing() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        for garbage in [
          "", "{}", "[1]", "null", "hello", #"{"id":"1","request":{"clock":{}}}"#,
          #"{"id":1,"request":{"clock":{}}"#, "\u{0}\u{1}",
        ] {
          try agent.send(Array((garbage + "\n").utf8))
          _ = try agent.notice().warning()
        }
        try agent.send([0xFF, 0xFE, 0x80, UInt8(ascii: "\n")])
        try agent.notice().warning()
        try agent.reply(to: .clock).clock()
        #expect(try host.leases.names() == [])
      }
    }
  }

  @Test("A request that can't be read is refused with its number, and with the agent's version")
  func unreadableRequests() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        for line in [
          #"{"id":31}"#, #"{"id":31,"request":{"explode":{}}}"#, #"{"id":31,"request":{"inject":{}}}"#,
          #"{"id":31,"request":{"check":{"_0":{"fault":"newer"},"duration":1}}}"#,
        ] {
          try agent.send(Array((line + "\n").utf8))
          let answer = try agent.read()
          guard case .refusal(31, .unreadable(.current, let reason)) = answer else {
            Issue.record("\(line): \(answer)")
            continue
          }
          #expect(!reason.contains("DecodingError"))
        }
      }
    }
  }

  @Test("A controller with another protocol is refused with both versions, and gets no lease")
  func controllersOfOtherVersions() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.start([AgentHost.program])
        let old = try agent.refusal(of: .hello(run: "run-1", by: nil))
        #expect(old == .protocolMismatch(controller: nil, agent: .current))
        let newer = Greeting(version: "9.0", protocol: 9)
        #expect(
          try agent.refusal(of: .hello(run: "run-1", by: newer))
            == .protocolMismatch(controller: newer, agent: .current))
        #expect(try agent.refusal(of: .watchDomains) == .noRun)
        _ = try agent.reply(to: .hello(run: "run-2"))
      }
    }
  }

  @Test("Another run's lease in doubt refuses the next run and keeps its record, though its revert is logged")
  func foreignLeaseInDoubt() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        try host.leases.write(
          Lease(
            name: "b1", run: "run-0", order: try order("firewall.lock"), undo: Data("{}".utf8), boot: "boot",
            deadline: .seconds(1), cutsControlPath: false))
        try host.leases.note(.injecting, of: "b1")
        try host.leases.note(.reverted(Revert(at: .zero, cause: .watchdog, residue: [])), of: "b1")
        let welcome = try host.start([AgentHost.program]).reply(to: .hello(run: "run-1")).welcome()
        #expect(welcome.foreignLeases.map(\.lease) == ["b1"])
        #expect(try host.leases.names() == ["b1"])
        try host.leases.note(.injectionEnded, of: "b1")
        let next = try host.start([AgentHost.program]).reply(to: .hello(run: "run-1")).welcome()
        #expect(next.foreignLeases.isEmpty)
        #expect(try host.leases.names() == [])
      }
    }
  }

  @Test("A list of leases is refused while a record or its log can't be read", arguments: ["lease", "log"])
  func unreadableRecord(kind: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        let drop = try order("link.drop")
        try agent.reply(to: .arm(lease: "a1", order: try drop.spec, begins: .zero, duration: .seconds(60)))
          .armed()
        let file = kind == "log" ? host.leases.log("a1") : host.leases.file("a1")
        let content = try? DurableFile.read(file)
        // Not even root can read a folder as a file.
        try DurableFile.remove(file)
        try checked("mkdir", file) { mkdir(file, 0o700) }
        guard case .leaseUnreadable(let reason) = try agent.refusal(of: .leases) else {
          throw NeverHappened("the list is refused")
        }
        #expect(reason.contains("/a1.\(kind)"))
        try checked("rmdir", file) { rmdir(file) }
        if let content { try DurableFile.write(content, to: file) }
        #expect(try agent.reply(to: .leases).leases().map(\.lease) == ["a1"])
        _ = try agent.reply(to: .revert(lease: "a1"))
      }
    }
  }

  @Test("The connection that sudo passes on is the control path, like SSH_CONNECTION")
  func connectionByArgument() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let words = "10.0.1.9 50000 10.0.1.1 22"
        for (arguments, environment, cuts) in [
          (["--connection", words], [:], true), ([], ["SSH_CONNECTION": words], true), ([], [:], false),
          (["--connection", "10.0.9.9 50000 10.0.9.1 22"], ["SSH_CONNECTION": words], false),
          (["--connection", ""], [:], false), (["--connection", "UNKNOWN 65535 UNKNOWN 65535"], [:], false),
        ] as [([String], [String: String], Bool)] {
          let agent = try host.start([AgentHost.program] + arguments, environment: environment)
          let reply = try agent.reply(to: .check(try order("host.unplug").spec, duration: .seconds(60)))
          guard case .checked(cuts, []) = reply else {
            Issue.record("\(arguments) \(environment): \(reply)")
            continue
          }
        }
        // If the login shell doesn't expand the variable, the control path is unknown.
        let agent = try host.start([AgentHost.program, "--connection", "$SSH_CONNECTION"])
        guard case .refused(let reason) = try agent.notice() else {
          Issue.record("not refused")
          return
        }
        #expect(reason.contains("$SSH_CONNECTION"))
        #expect(try agent.exitCode() == 3)
      }
    }
  }

  @Test("A call by a controller reports in JSON lines")
  func callsForControllers() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let greeting = String(decoding: try WireCoding.line(AgentLine.greeting), as: UTF8.self)
        for (call, report) in [("release", "released (was not held)"), ("recover", nil)]
          as [(String, String?)]
        {
          let client = try host.start([AgentHost.program, call, "--json"])
          client.hangUp()
          let lines = try report.map { try WireCoding.line(AgentLine.notice(.report($0))) } ?? []
          #expect(try client.rest() == greeting + String(decoding: lines, as: UTF8.self))
          #expect(client.reap() == 0)
        }
      }
    }
  }

  @Test("A request is read in pieces of any size, and an incomplete one is ignored")
  func linesComeInPieces() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        let line = try WireCoding.line(RequestLine(id: 100, request: .clock))
        for byte in line {
          try agent.send([byte])
          usleep(1000)
        }
        try agent.read().reply(to: 100).clock()
        try agent.send(line + line + line.prefix(5))
        for _ in 0..<2 { try agent.read().reply(to: 100).clock() }
        try agent.send(line.dropFirst(5))
        try agent.read().reply(to: 100).clock()
        // An incomplete last line is ignored.
        try agent.send(
          try WireCoding.line(
            RequestLine(
              id: 101,
              request: .arm(
                lease: "a1", order: try order("host.unplug").spec, begins: .zero, duration: .seconds(60)))
          ).dropLast(2))
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
        #expect(try host.leases.names() == [])
      }
    }
  }

  @Test("A line longer than the limit ends the session and reverts its faults")
  func aLineWithoutEndEndsTheSessionAndItsFaults() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let agent = try host.agent()
        _ = try agent.reply(
          to: .arm(lease: "a1", order: try order("host.unplug").spec, begins: .zero, duration: .seconds(600)))
        _ = try agent.reply(to: .inject(lease: "a1"))
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for _ in 0...(RequestLine.lengthLimit / part.count) { try agent.send(part) }
        let text = try agent.notice().warning()
        let revert = try agent.notice().reverted("a1")
        #expect(text.contains("\(RequestLine.lengthLimit)"))
        #expect(revert.cause == .stdin && revert.residue == [])
        #expect(try agent.exitCode() == 0)
        #expect(try network.differences(from: before) == [])
      }
    }
  }

  @Test("The agent's arguments are checked, and its exit code shows a mistake")
  func programsArgumentsAreChecked() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        for (arguments, code, text) in [
          (["--version"], 0, Greeting.current.version + "\n"), (["explode"], 2, ""), (["watch"], 2, ""),
          (["watch", "/x", "../a1", "1", "2"], 2, ""), (["watch", "/x", "a1", "1", "b"], 2, ""),
          (["watch", "/x", "a1", "1", "2"], 1, ""), (["recover"], 0, ""), (["recover", "x"], 2, ""),
          (["hold", "x"], 2, ""), (["release", "x"], 2, ""), (["release"], 0, "released (was not held)\n"),
        ] as [([String], Int32, String)] {
          let program = try host.start([AgentHost.program] + arguments)
          #expect(try program.rest() == text)
          #expect(program.reap() == code, "\(arguments)")
        }
      }
    }
  }
}

extension Tag {
  /// Needs root, and network namespaces.
  @Tag static var namespace: Self
}
