import Faults
import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// A disk that can't hold a lease, and a folder that other users can access. The host must be unchanged then.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct LeaseDiskSerialTests {
  private static let folder = LeaseFolder.standard.path

  /// The preparation of the folder, and the expected text of the refusal.
  private static let disks: [(script: String, reason: String)] = [
    ("mount -t tmpfs -o size=16k,mode=0700 tmpfs $0; cat /dev/zero > $0/fill", "errno \(ENOSPC)"),
    ("mount -t tmpfs -o ro,mode=0700 tmpfs $0", "errno \(EROFS)"),
    ("chmod 0755 $0", "\(LeaseFolderOpen.Reason.mode(0o755))"),
    ("chown 7 $0", "\(LeaseFolderOpen.Reason.owner(7))"),
    ("mv $0 $0.away; ln -s $0.away $0", "\(LeaseFolderOpen.Reason.notFolder)"),
  ]

  @Test("A lease that can't be written is refused, and its fault isn't injected", arguments: disks)
  func noLeaseNoFault(disk: (script: String, reason: String)) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        // The script is the test's own: no part of it comes from a file.
        let shell = try host.start([
          "sh", "-c", "umask 0; mkdir -p -m 0700 $0; " + disk.script + " 2> /dev/null; true", Self.folder,
        ])
        #expect(try shell.exitCode() == 0)
        let agent = try host.agent()
        for (lease, mode) in [("a1", "carrier"), ("a2", "silent")] {
          let refusal = try agent.refusal(
            of: .arm(
              lease: lease, order: try order("host.unplug", ["mode": mode]).spec, begins: .zero,
              duration: .seconds(60)))
          #expect(refusal.isOfLease(lease, with: disk.reason), "\(refusal)")
          #expect(try agent.refusal(of: .inject(lease: lease)) == .notArmed(lease: lease))
        }
        #expect(try network.differences(from: before) == [])
        #expect(try NftablesContext().ruleset() == [])
        // No incomplete file and no watchdog is left.
        let left = try DurableFile.list(host.leases.path).filter { $0 != "fill" }
        #expect(left == [])
        #expect(host.agents { $0.contains("watch") } == [])
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
        #expect(try host.recover().code == 0)
      }
    }
  }

  @Test("A fault is reverted although the disk became read-only")
  func aFaultIsRevertedThoughTheDiskTakesNoMore() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let mounted = try host.start([
          "sh", "-c", "mkdir -p $0; mount -t tmpfs -o mode=0700 tmpfs $0", Self.folder,
        ])
        #expect(try mounted.exitCode() == 0)
        let agent = try host.agent()
        let order = try order("host.unplug")
        _ = try agent.reply(
          to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(600)))
        _ = try agent.reply(to: .inject(lease: "a1"))
        try host.awaitEffect(of: "a1")
        let remounted = try host.start(["mount", "-o", "remount,ro", Self.folder])
        #expect(try remounted.exitCode() == 0)
        let revert = try agent.reply(to: .revert(lease: "a1")).reverted()
        #expect(revert.residue == [])
        #expect(try network.differences(from: before) == [])
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test(
    "The files that the agent writes are accessible to root only, with any umask",
    arguments: ["0", "0777"])
  func whatTheAgentWritesIsRootsAlone(umask: String) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.start(["sh", "-c", "umask $0; exec $1", umask, AgentHost.program])
        _ = try agent.reply(to: .hello(run: "run-1")).welcome()
        _ = try agent.reply(
          to: .arm(lease: "a1", order: try order("host.unplug").spec, begins: .zero, duration: .seconds(600)))
        _ = try agent.reply(to: .inject(lease: "a1"))
        try host.awaitEffect(of: "a1")
        _ = try agent.reply(to: .revert(lease: "a1"))
        func mode(_ path: String) throws -> mode_t {
          var status = stat()
          try checked("lstat", path) { lstat(host.path(path), &status) }
          return status.st_mode & 0o7777
        }
        #expect(try mode("/var/lib/murphy") == 0o700 && mode(Self.folder) == 0o700)
        for file in [
          "\(Self.folder)/a1.lease", "\(Self.folder)/a1.log",
          "/run/murphy-agent.lock",
        ] {
          #expect(try mode(file) == 0o600, "\(file)")
        }
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  /// A name from the controller never becomes an option of a tool or the path of another file.
  @Test("A volume name that a tool could take for an option or a path is refused")
  func namesAreNoOptions() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        for volume in ["--log-file=/etc/shadow", "-x", "a b", "", "a;b", "a/b", "vms\u{0}x"] {
          for request in [
            Request.query(.init("gluster", ["volume": .string(volume)])),
            .survey(views: [.init("gluster", ["volume": .string(volume)])]),
          ] {
            guard case .failed(let reason) = try agent.refusal(of: request) else {
              throw NeverHappened("the name is refused")
            }
            #expect(reason.contains("'\(volume)'"))
          }
        }
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test("The agent answers 2000 requests at once, and still works afterwards")
  func aFloodOfRequestsIsAnswered() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        var lines: [UInt8] = []
        for id in 0..<2000 {
          lines += try WireCoding.line(
            RequestLine(id: 1000 + id, request: id < 1000 ? .inject(lease: "n\(id)") : .state(thawing: [])))
        }
        try agent.send(lines)
        var answered = 0
        while answered < 2000 {
          switch try agent.read() {
          case .reply, .refusal: answered += 1
          case .notice, .greeting: break
          }
        }
        try agent.reply(to: .clock).clock()
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test("A line one byte longer than the limit ends the session")
  func aLineBeyondTheLimitEndsTheSession() async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        let agent = try host.agent()
        // One byte more, so that the agent must read all of it to decide.
        try agent.send([UInt8](repeating: UInt8(ascii: "["), count: RequestLine.lengthLimit + 1))
        let text = try agent.notice().warning()
        #expect(text.contains("\(RequestLine.lengthLimit)"))
        #expect(try agent.exitCode() == 0)
      }
    }
  }
}
