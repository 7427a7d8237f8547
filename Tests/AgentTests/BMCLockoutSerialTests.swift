import Faults
import Glibc
import HostTesting
import IsolatedHost
import Journal
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Agent
import AgentProtocol
import ToolTesting

/// What enables a BMC's account again if the controller dies.
@Suite(
  .serialized,
  .enabled(
    if: AgentHost.isPossible && TestTools.have(SimulatedBMC.programs),
    "needs root, unshare, nsenter, tini, ipmi_sim and ipmitool"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct BMCLockoutSerialTests {
  private static let leases = "/var/lib/murphy/controller"
  private static let policyFile = "/etc/murphy/controller.json"
  private static let policy =
    #"{"faults": ["bmc.lockout"], "links": [], "domains": [], "bmc": ["127.0.0.1"], "longest-lease": "10m"}"#

  static let ended: Set = ["bmc.lockout"]

  /// Runs a body on a controller's host whose agent has disabled the account of the fencing as lease `a1`.
  private func lockedOut(
    _ body: @escaping @Sendable (SimulatedBMC, AgentHost, AgentClient) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try SimulatedBMC(in: folder)
        defer { bmc.stop() }
        try AgentHost.run { host in
          try host.write(Self.policy, to: Self.policyFile)
          let agent = try host.start([AgentHost.program, "controller", Self.leases, Self.policyFile])
          guard case .reply(_, .welcome) = try agent.ask(.hello(run: "run-1")) else {
            throw NeverHappened("the agent welcomes the run")
          }
          let order = try order(
            "bmc.lockout",
            bmc: Fleet.BMC(ipmi: bmc.address, user: SimulatedBMC.user, passwordFile: bmc.passwordFile),
            with: ["account": .count(SimulatedBMC.fencer)])
          try agent.reply(
            to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(600))
          ).armed()
          #expect(try bmc.acceptsFencer)
          try agent.reply(to: .inject(lease: "a1")).effective()
          #expect(try !bmc.acceptsFencer)
          try body(bmc, host, agent)
        }
      }
    }
  }

  @Test(
    "If murphy is killed, alone or with its agent, the account is enabled again", arguments: [false, true])
  func dies(withAgent: Bool) async throws {
    try await lockedOut { bmc, host, agent in
      if withAgent { kill(try host.process(of: agent), SIGKILL) }
      agent.hangUp()
      try eventually("the account is enabled") { try bmc.acceptsFencer }
      let leases = LeaseFolder(path: host.path(Self.leases))
      let lease = try leases.read("a1")
      try eventually("the revert is noted") {
        try leases.status(of: lease).revert?.cause == (withAgent ? .watchdog : .stdin)
      }
      try eventually("no process is left") { host.agents().isEmpty }
    }
  }

  @Test("An account that another program enables is reported, and the revert finds it enabled")
  func others() async throws {
    try await lockedOut { bmc, _, agent in
      #expect(try bmc.isAccepted(["user", "enable", "\(SimulatedBMC.fencer)"]))
      guard case .ended("a1", let end) = try agent.notice() else {
        throw NeverHappened("an end is reported")
      }
      #expect(end.cause == .others)
      guard case .reverted(let revert) = try agent.reply(to: .revert(lease: "a1")) else {
        throw NeverHappened("it is reverted")
      }
      #expect(revert.lastObservation?.ended == end)
      #expect(try bmc.acceptsFencer)
      agent.hangUp()
    }
  }
}
