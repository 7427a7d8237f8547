import AgentProtocol
import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing

@testable import Agent

/// `host.reboot` by the real agent and the real reboot(2), on a host with its own pid namespace: for a process in it the
/// kernel ends that namespace, and never reboots the machine (pid_namespaces(7)).
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct HostRebootSerialTests {
  /// Runs a body on a host whose policy names these faults under `damage`.
  private func onHost(
    damage: [String], _ body: @escaping @Sendable (AgentHost) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      try AgentHost.run { host in
        try host.write(Resource.Kind.policyAllowingAll(damage: damage), to: Policy.path)
        try body(host)
      }
    }
  }

  private static func arming() throws -> Request {
    .arm(
      lease: "a1", order: try order("host.reboot").spec, begins: .zero, duration: Extent.instantLease)
  }

  @Test("The host reports the fault, and then its PID 1 ends by SIGHUP, and all processes with it")
  func reboots() async throws {
    try await onHost(damage: ["host.reboot"]) { host in
      let agent = try host.agent()
      try agent.reply(to: Self.arming()).armed()
      let effect = try agent.reply(to: .inject(lease: "a1")).effective()
      #expect(effect.evidence == "a process of the lease reboots falco within 1s")
      #expect(try host.awaitEnd() == .signalled(SIGHUP))
    }
  }

  @Test("A policy that allows damage by a pattern doesn't allow it, and nothing is rebooted")
  func pattern() async throws {
    try await onHost(damage: ["*"]) { host in
      let refusal = try host.agent().refusal(of: Self.arming())
      #expect("\(refusal)".contains("host.reboot"))
      #expect(host.processes { $0.dropFirst().first == "perform" }.isEmpty)
      #expect(try host.recover().code == 0)
    }
  }

  @Test("An agent in a part of a host is refused: its PID 1 is that of another host")
  func partOfAHost() async throws {
    try await onHost(damage: ["host.reboot"]) { host in
      let agent = try host.start(["unshare", "--uts", AgentHost.program])
      _ = try agent.reply(to: .hello(run: "run-1"))
      let refusal = try agent.refusal(of: Self.arming())
      #expect("\(refusal)".contains("uts namespace"))
      #expect(host.processes { $0.dropFirst().first == "perform" }.isEmpty)
    }
  }
}
