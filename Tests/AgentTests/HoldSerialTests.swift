import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// The checks before a run may use a host: holds, locks, the policy, and the requirements of faults.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct HoldSerialTests {
  private func send(_ text: String, to arguments: [String], on host: AgentHost) throws -> (
    text: String, code: Int32
  ) {
    let program = try host.start([AgentHost.program] + arguments)
    try program.send(Array(text.utf8))
    program.hangUp()
    return (try program.rest(), program.reap())
  }

  private func arm(_ lease: String, _ fault: String = "firewall.lock") throws -> Request {
    .arm(lease: lease, order: try order(fault).spec, begins: .zero, duration: .seconds(60))
  }

  @Test("A hold refuses every run until it is released")
  func aHoldBlocksRuns() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let words = #"{"by": "ann@console", "reason": "disks\n\u001b[2Jare replaced"}"# + "\n"
        let held = try send(words, to: ["hold"], on: host)
        #expect(held.code == 0 && held.text == "held\n")
        var found = stat()
        #expect(stat(host.path(HoldFile.standard.path), &found) == 0 && found.st_mode & 0o777 == 0o600)

        let agent = try host.start([AgentHost.program])
        let refusal = try agent.refusal(of: .hello(run: "run-1"))
        guard case .held(by: "ann@console", let since, reason: "disks  [2Jare replaced") = refusal else {
          throw NeverHappened("the hold refuses: \(refusal)")
        }
        #expect(since.hasPrefix("2"))
        let refusals = try agent.reply(to: .admission).admission()
        #expect(refusals == [refusal])
        #expect(try agent.refusal(of: arm("a1")) == .noRun)

        let released = try send("", to: ["release"], on: host)
        #expect(released.code == 0 && released.text.hasPrefix("released (was held since "))
        #expect(try DurableFile.list(host.path("/var/lib/murphy")).contains("hold") == false)
        _ = try agent.reply(to: .hello(run: "run-1")).welcome()
        #expect(
          try host.start([AgentHost.program]).reply(to: .admission).admission()
            == [.hostInUse(run: "run-1")])
      }
    }
  }

  @Test("A hold during a run refuses further leases and injections; active faults stay active")
  func aHoldInMidRunRefusesFurtherLeases() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault.all[1]) { rehearsal in
        _ = try rehearsal.agent.reply(to: arm("b1"))
        _ = try send("", to: ["hold"], on: rehearsal.host)
        #expect(try rehearsal.agent.refusal(of: arm("b2")).isHeld)
        #expect(try rehearsal.agent.refusal(of: .inject(lease: "b1")).isHeld)
        try rehearsal.expectHolds()
        let again = try rehearsal.host.agent()
        #expect(try again.refusal(of: arm("b3")).isHeld)
        let other = try rehearsal.host.start([AgentHost.program])
        let refusal = try other.refusal(of: .hello(run: "run-2"))
        guard case .several(let reasons) = refusal, reasons.count == 2, reasons[0].isHeld else {
          throw NeverHappened("both refuse: \(refusal)")
        }
        #expect(reasons[1] == .hostInUse(run: "run-1"))
        // The newer session of the run ended b1, which was not injected.
        _ = try rehearsal.agent.reply(to: .revert(lease: "a1"))
        try rehearsal.expectReverted()
        for client in [again, other] { client.hangUp() }
      }
    }
  }

  @Test("A hold file that can't be read refuses runs too")
  func aHoldThatCanNotBeReadHolds() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        try DurableFile.makeFolder(host.path("/var/lib/murphy"))
        for text in ["", "{", "[]", #"{"by": 7}"#] {
          try host.write(text, to: HoldFile.standard.path)
          let agent = try host.start([AgentHost.program])
          let refusal = try agent.refusal(of: .hello(run: "run-1"))
          guard case .holdUnreadable(HoldFile.standard.path, _) = refusal else {
            throw NeverHappened("an unreadable hold refuses: \(refusal)")
          }
        }
        #expect(try send("", to: ["release"], on: host).text == "released (was held)\n")
        for words in ["nonsense\n", #"{"by": "x"}"# + "\n", "[]"] {
          #expect(try send(words, to: ["hold"], on: host).code == 2)
        }
        #expect(try send(String(repeating: "x", count: 1 << 17), to: ["hold"], on: host).code == 3)
        _ = try host.agent()
      }
    }
  }

  @Test("One refusal names all reasons")
  func allReasonsInOneRefusal() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let first = try host.agent(run: "run-1")
        _ = try send("", to: ["hold"], on: host)
        try DurableFile.makeFolder(host.leases.path)
        try host.write("{", to: "/var/lib/murphy/leases/a0.lease")
        try DurableFile.remove(host.path(Policy.path))
        let refusal = try host.start([AgentHost.program]).refusal(of: .hello(run: "run-2"))
        guard case .several(let reasons) = refusal, reasons.count == 4 else {
          throw NeverHappened("all refuse: \(refusal)")
        }
        #expect(reasons[0].isOfNoPolicy && reasons[1].isHeld && reasons[2] == .hostInUse(run: "run-1"))
        #expect(reasons[3].isOfUnreadableLease("a0"))
        first.hangUp()
      }
    }
  }

  // MARK: The lock

  /// The kernel releases the lock when the process that holds it ends for any reason. The text in the file is not the
  /// lock.
  @Test("The host lock is free as soon as the process that held it is gone, with any text in its file")
  func aLockDoesNotOutliveItsHolder() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let first = try host.agent(run: "run-1")
        let other = try host.start([AgentHost.program])
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        let pid = try host.process(of: first)
        // A stopped process also holds the lock, until it is killed.
        try host.stop(pid)
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        kill(pid, SIGKILL)
        try eventually("the first is gone") { !host.agents().contains(pid) }
        #expect(
          try String(decoding: DurableFile.read(host.path("/run/murphy-agent.lock")), as: UTF8.self)
            .hasPrefix("run-1 "))
        // The kernel closes a process's files after it has removed the process from the list that this test reads.
        try eventually("the lock is free") {
          if case .reply(_, .welcome) = try other.ask(.hello(run: "run-2")) { true } else { false }
        }
        other.hangUp()
        #expect(try other.exitCode() == 0)
        // The lock file has the text of an earlier holder: of a process that exists but isn't an agent, or an invalid text.
        for words in [
          "run-9 1 1", "run-9 \(getpid()) 5", "run-9", "\u{0}\u{0}", String(repeating: "x", count: 100_000),
        ] {
          try host.write(words, to: "/run/murphy-agent.lock")
          let next = try host.agent(run: "run-3")
          next.hangUp()
          #expect(try next.exitCode() == 0)
        }
      }
    }
  }

  // MARK: Requirements

  @Test("A missing capability is named before anything is changed")
  func rightsThatAreMissingAreNamedBeforeAnythingIsDone() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.start(["setpriv", "--bounding-set", "-net_admin", AgentHost.program])
        _ = try agent.reply(to: .hello(run: "run-1"))
        // Each has its own lease, since a name is free again only when the refused lease is removed.
        for (lease, order) in [
          ("a1", try order("host.unplug")), ("a2", try order("host.unplug", ["mode": "silent"])),
          ("a3", try order("firewall.lock")),
        ] {
          let missing = try agent.reply(to: .check(try order.spec, duration: .seconds(60))).checked().missing
          #expect(missing.count == 1 && missing[0].contains("CAP_NET_ADMIN"), "\(missing)")
          #expect(
            try agent.refusal(
              of: .arm(lease: lease, order: try order.spec, begins: .zero, duration: .seconds(60))
            ).isOfLease(lease, with: "CAP_NET_ADMIN"))
        }
        #expect(try host.leases.names() == [])
      }
    }
  }

  @Test(
    "A disk that can't hold a lease is named before anything is changed",
    arguments: [("ro", "Read-only file system"), ("size=64k", "its disk is full")])
  func aDiskThatTakesNoLeaseIsNamedBeforeAnythingIsDone(_ option: String, _ words: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        try DurableFile.makeFolder(host.path("/var/lib/murphy"))
        let mount = try host.start(["mount", "-t", "tmpfs", "-o", option, "tmpfs", "/var/lib/murphy"])
        #expect(try mount.exitCode() == 0)
        let agent = try host.agent()
        let missing = try agent.reply(to: .check(try order("host.unplug").spec, duration: .seconds(60)))
          .checked()
          .missing
        #expect(missing.count == 1 && missing[0].contains(words), "\(missing)")
      }
    }
  }
}
