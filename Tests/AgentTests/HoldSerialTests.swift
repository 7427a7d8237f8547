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

/// What is checked before a run may have a host: holds, locks, the policy, and what faults need.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct HoldSerialTests {
  private func say(_ text: String, to arguments: [String], on host: AgentHost) throws -> (
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

  @Test func aHoldKeepsEveryRunOffUntilItIsReleased() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let words = #"{"by": "ann@console", "reason": "disks\n\u001b[2Jare replaced"}"# + "\n"
        let held = try say(words, to: ["hold"], on: host)
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

        let released = try say("", to: ["release"], on: host)
        #expect(released.code == 0 && released.text.hasPrefix("released (was held since "))
        #expect(try DurableFile.list(host.path("/var/lib/murphy")).contains("hold") == false)
        _ = try agent.reply(to: .hello(run: "run-1")).welcome()
        #expect(
          try host.start([AgentHost.program]).reply(to: .admission).admission()
            == [.hostInUse(run: "run-1")])
      }
    }
  }

  /// A run under way gets nothing more; what it holds is held on, and it may come again to end that.
  @Test func aHoldInMidRunRefusesFurtherLeases() async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(HeldFault.all[1]) { rehearsal in
        _ = try rehearsal.agent.reply(to: arm("b1"))
        _ = try say("", to: ["hold"], on: rehearsal.host)
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

  @Test func aHoldThatCanNotBeReadHolds() async throws {
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
        #expect(try say("", to: ["release"], on: host).text == "released (was held)\n")
        for words in ["nonsense\n", #"{"by": "x"}"# + "\n", "[]"] {
          #expect(try say(words, to: ["hold"], on: host).code == 2)
        }
        #expect(try say(String(repeating: "x", count: 1 << 17), to: ["hold"], on: host).code == 3)
        _ = try host.agent()
      }
    }
  }

  /// One refusal has all reasons.
  @Test func aHostTellsAllItsReasonsAtOnce() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let first = try host.agent(run: "run-1")
        _ = try say("", to: ["hold"], on: host)
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

  /// The kernel releases the lock with the process that had it, whatever ended that process. The file's text is no lock.
  @Test func aLockDoesNotOutliveItsHolder() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let first = try host.agent(run: "run-1")
        let other = try host.start([AgentHost.program])
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        let pid = try host.process(of: first)
        // Also one that is stopped has it, until it is killed.
        try host.stop(pid)
        #expect(try other.refusal(of: .hello(run: "run-2")) == .hostInUse(run: "run-1"))
        kill(pid, SIGKILL)
        try eventually("the first is gone") { !host.agents().contains(pid) }
        #expect(
          try String(decoding: DurableFile.read(host.path("/run/murphy-agent.lock")), as: UTF8.self)
            .hasPrefix("run-1 "))
        // The kernel closes a process's files after its memory, by which it was last seen.
        try eventually("the lock is free") {
          if case .reply(_, .welcome) = try other.ask(.hello(run: "run-2")) { true } else { false }
        }
        other.hangUp()
        #expect(try other.exitCode() == 0)
        // Old words, of a process that lives and never was an agent; and words that are none.
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

  @Test func rightsThatAreMissingAreNamedBeforeAnythingIsDone() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.start(["setpriv", "--bounding-set", "-net_admin", AgentHost.program])
        _ = try agent.reply(to: .hello(run: "run-1"))
        // A lease of its own each: a name is free again only when the refused lease is cleared away.
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

  @Test(arguments: [("ro", "Read-only file system"), ("size=64k", "its disk is full")])
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
