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

  @Test(
    "If murphy is killed, alone or with its agent, the account is enabled again", arguments: [false, true])
  func dies(withAgent: Bool) async throws {
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
    }
  }
}
