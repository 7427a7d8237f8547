import Faults
import Agent
import AgentProtocol
import IsolatedHost
import Journal
import Scenario
import Testing

/// Faults on stacks of links that another program ends early.
@Suite(.needsGuest)
struct EarlyEndSerialTests {
  /// A fault, and the act of another program.
  struct Interference: Sendable, CustomTestStringConvertible {
    var fault: NetworkCase.Fault
    var command: String
    var testDescription: String { command }
  }

  @Test(
    "A fault that another program ends is reported as ended",
    arguments: [
      Interference(fault: .drop("eth0"), command: "ip link set eth0 up"),
      Interference(fault: .drop("bond0"), command: "ip link set eth2 up"),
      Interference(fault: .drop("bond0"), command: "ip link set eth3 down; ip link set eth3 master bond0"),
      Interference(fault: .drop("eth0.100"), command: "ip link delete eth0.100"),
      Interference(
        fault: .drop("eth0.100", mode: "silent"),
        command: "nft add table netdev murphy_lease '{ flags dormant; }'"),
      Interference(
        fault: .drop("eth0", mode: "silent"),
        command:
          "tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress matchall action mirred egress redirect dev eth3"
      ),
      Interference(
        fault: .drop("eth0", mode: "silent"),
        command:
          "tc qdisc add dev eth3 clsact; tc filter add dev eth3 egress matchall action mirred egress redirect dev eth0"
      ),
      Interference(fault: .lock(), command: "nft add table inet murphy_lease '{ flags dormant; }'"),
      Interference(fault: .drop("eth0.100", mode: "silent"), command: "nft flush ruleset"),
      Interference(
        fault: .drop("eth0.100", mode: "silent"),
        command: "ip link set eth0.100 down; ip link set eth0.100 name data"),
    ])
  func ended(by interference: Interference) async throws {
    try await withGuestHost { host in
      try host.run(
        """
        cable eth0 eth1 eth2 eth3
        vlan eth0 100
        network eth0.100 1
        ip link add bond0 type bond mode active-backup miimon 100
        for link in eth1 eth2; do ip link set $link down; ip link set $link master bond0; done
        ip link set bond0 up
        stable
        reach 1
        """)
      let agent = try host.agent()
      let order = try interference.fault.order()
      try agent.ask(.arm(lease: "lease", order: try order.spec, begins: .zero, duration: .seconds(60)))
      _ = try agent.effect(of: try agent.send(.inject(lease: "lease")))
      try host.run("sleep 1; " + interference.command)
      let end = try agent.earlyEnd(of: "lease")
      #expect(end.cause == .others)
      try agent.ask(.revert(lease: "lease"))
      try agent.end()
    }
  }
}
