import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// `murphy-agent recover`, with different contents of a host's disk.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct RecoverySerialTests {
  /// Three faults at the same time. All processes of Murphy are killed.
  private func leaveThree(on host: AgentHost) throws {
    let agent = try host.agent()
    for (lease, fault) in [
      ("a1", try order("host.unplug")), ("a2", try order("firewall.lock")),
      ("a3", try order("firewall.lock", ["direction": "both"])),
    ] {
      _ = try agent.reply(
        to: .arm(lease: lease, order: try fault.spec, begins: .zero, duration: .seconds(600)))
      _ = try agent.reply(to: .inject(lease: lease))
    }
    let all = [try host.process(of: agent)] + (try ["a1", "a2", "a3"].map { try host.watchdog(of: $0) })
    for pid in all { try host.stop(pid) }
    for pid in all { kill(pid, SIGKILL) }
    try eventually("no process is left") { host.agents().isEmpty }
  }

  @Test("Recovery reverts all leases of dead agents, and a second recovery finds none")
  func allThatIsLeftIsReverted() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        try leaveThree(on: host)
        #expect(try !network.isUp("eth0"))
        let recovered = try host.recover()
        #expect(recovered.code == 0)
        #expect(
          recovered.results == [
            Recovery.reverted(
              fault: "host.unplug", object: "eth0, eth1 (carrier)", run: "run-1", cause: .recover),
            .reverted(
              fault: "firewall.lock", object: "in, open ports: 22, established kept", run: "run-1",
              cause: .recover),
            .reverted(
              fault: "firewall.lock", object: "both, open ports: 22, established kept", run: "run-1",
              cause: .recover),
          ])
        #expect(try network.differences(from: before) == [])
        #expect(try DurableFile.list(host.leases.path) == [])
        #expect(try host.recover() == ([], 0))
      }
    }
  }

  @Test(
    "Recovery reports and keeps an unreadable lease, and reverts the others",
    arguments: ["cut", "newer", "renamed", "empty"])
  func unreadableLeasesAreReported(how: String)
    async throws
  {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      try AgentHost.run { host in
        try leaveThree(on: host)
        let file = host.leases.file("a1")
        let text = String(decoding: try DurableFile.read(file), as: UTF8.self)
        let broken =
          switch how {
          case "cut": String(text.dropLast(1))
          case "newer": text.replacing(#""version":1"#, with: #""version":2"#)
          case "renamed": text.replacing(#""name":"a1""#, with: #""name":"a4""#)
          default: ""
          }
        #expect(broken != text)
        try DurableFile.write(Array(broken.utf8), to: file)
        for others in [2, 0] {
          let recovered = try host.recover()
          #expect(recovered.code == 5)
          let failures = recovered.results.compactMap {
            if case .failed(let reason) = $0 { reason } else { nil }
          }
          #expect(failures.count == 1 && failures[0].contains("a1.lease"), "\(failures)")
          #expect(
            recovered.results.count {
              if case .reverted("firewall.lock", _, _, _) = $0 { true } else { false }
            } == others)
          // The unreadable lease was neither reverted nor deleted.
          #expect(try !network.isUp("eth0"))
          #expect(try host.leases.names() == ["a1"])
        }
        try DurableFile.write(Array(text.utf8), to: file)
        #expect(try host.recover().code == 0)
        #expect(try network.isUp("eth0"))
      }
    }
  }

  @Test("A link that was renamed during a fault is restored under its new name")
  func aRenamedLinkIsRevertedUnderItsNewName() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        try leaveThree(on: host)
        try network.socket.rename(.name("eth1"), to: "eth9")
        let recovered = try host.recover()
        #expect(recovered.code == 0, "\(recovered.results)")
        #expect(try network.isUp("eth9"))
        #expect(try host.leases.names() == [])
        try network.socket.setUp(false, .name("eth9"))
        try network.socket.rename(.name("eth9"), to: "eth1")
        try before.restore(using: network.socket)
        #expect(try network.differences(from: before) == [])
      }
    }
  }
}
