import AgentProtocol
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

/// `link.flap` by the real agent: whichever of its processes dies, the link is up afterwards and no process is left.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct LinkFlapSerialTests {
  /// What happens to the processes of a lease.
  enum Loss: CaseIterable, Sendable {
    case none, deadline, agentKilled, agentStopped, agentAndWatchdogKilled
  }

  @Test("The link is restored and no process is left after any loss", arguments: Loss.allCases)
  func losses(loss: Loss) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      try AgentHost.run { host in
        let agent = try host.agent()
        let order = try order(
          "link.flap", with: ["down": .duration(.milliseconds(300)), "up": .duration(.milliseconds(300))])
        let isShort = [.deadline, .agentStopped].contains(loss)
        try agent.reply(
          to: .arm(
            lease: "a1", order: try order.spec, begins: .zero, duration: isShort ? .seconds(3) : .seconds(600)
          )
        ).armed()
        #expect(try network.isUp("eth0"))
        try agent.reply(to: .inject(lease: "a1")).effective()
        try host.awaitEffect(of: "a1")
        for isUp in [false, true, false] {
          try eventually("eth0 is \(isUp ? "up" : "down")") { try network.isUp("eth0") == isUp }
        }
        let process = try host.process(of: agent)
        let watchdog = try host.watchdog(of: "a1")
        switch loss {
        case .none:
          guard case .reverted(let revert) = try agent.reply(to: .revert(lease: "a1")) else {
            throw NeverHappened("it is reverted")
          }
          #expect(revert.residue == [])
        case .deadline: break
        case .agentKilled: kill(process, SIGKILL)
        case .agentStopped: try host.stop(process)
        case .agentAndWatchdogKilled:
          try host.stop(watchdog)
          kill(watchdog, SIGKILL)
          kill(process, SIGKILL)
        }
        try eventually("no process of the lease is left") {
          host.processes { $0.dropFirst().first == "perform" }.isEmpty
        }
        try eventually("the link is as before") { try network.differences(from: before) == [] }
        if loss == .agentStopped { kill(process, SIGCONT) }
        if ![.agentKilled, .agentAndWatchdogKilled].contains(loss) { agent.hangUp() }
        try eventually("no process is left") { host.agents().isEmpty }
        #expect(try host.recover().code == 0)
        #expect(try network.differences(from: before) == [])
      }
    }
  }
}
