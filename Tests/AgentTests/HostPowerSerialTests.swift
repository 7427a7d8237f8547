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

/// The agent at the controller, which cuts a host's power, and what restores it if the controller dies.
@Suite(
  .serialized,
  .enabled(
    if: AgentHost.isPossible && TestTools.have(SimulatedBMC.programs),
    "needs root, unshare, nsenter, tini, ipmi_sim and ipmitool"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct HostPowerSerialTests {
  /// The faults that these tests end as another program does.
  static let ended: Set = ["host.power"]

  private static let place = Fleet.Controller(
    policy: "/etc/murphy/controller.json", leases: "/var/lib/murphy/controller")
  private static let policy =
    #"{"faults": ["host.power"], "links": [], "domains": [], "bmc": ["127.0.0.1"], "longest-lease": "10m"}"#

  /// A host without power, its BMC, and the controller's agent that has cut it as lease `a1`.
  private struct Bench {
    let host: AgentHost
    let agent: AgentClient
    let bmc: SimulatedBMC

    func isOn() throws -> Bool { try bmc.isOn }
    var leases: LeaseFolder { LeaseFolder(path: host.path(place.leases)) }
    var processes: [Int32] { host.agents() }
    func watchdog() throws -> Int32 {
      try #require(host.agents { $0.contains("watch") && $0.contains("a1") }.first)
    }
    /// The agent itself, which nsenter started.
    func process() throws -> Int32 { try host.process(of: agent) }
    func expectGone() throws {
      try eventually("no process is left") { host.agents().isEmpty }
      let client = try host.start([AgentHost.program, "recover", "--leases", place.leases])
      let text = try client.rest()
      #expect(client.reap() == 0, "\(text)")
      #expect(try DurableFile.list(host.path(place.leases)) == [])
      #expect(try isOn())
    }
  }

  private func withoutPower(
    for duration: Nanoseconds = .seconds(600), _ body: @escaping @Sendable (Bench) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try SimulatedBMC(in: folder)
        defer { bmc.stop() }
        try AgentHost.run { host in
          try host.write(Self.policy, to: Self.place.policy)
          let agent = try host.start([AgentHost.program, "controller", Self.place.leases, Self.place.policy])
          guard case .reply(_, .welcome) = try agent.ask(.hello(run: "run-1")) else {
            throw NeverHappened("the agent welcomes the run")
          }
          let order = try order(
            "host.power",
            bmc: Fleet.BMC(ipmi: bmc.address, user: SimulatedBMC.user, passwordFile: bmc.passwordFile))
          try agent.reply(to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: duration))
            .armed()
          #expect(try bmc.isOn)
          let bench = Bench(host: host, agent: agent, bmc: bmc)
          try agent.reply(to: .inject(lease: "a1")).effective()
          #expect(try !bmc.isOn)
          try eventually("the effect is noted") {
            try bench.leases.status(of: try bench.leases.read("a1")).effect != nil
          }
          try body(bench)
          try bench.expectGone()
        }
      }
    }
  }

  @Test("If murphy is killed, the agent at the controller switches the power on") func controllerDies()
    async throws
  {
    try await withoutPower { bench in
      bench.agent.hangUp()
      try eventually("the power is on") { try bench.isOn() }
    }
  }

  @Test("If murphy and its agent are killed, the watchdog switches the power on") func bothDie()
    async throws
  {
    try await withoutPower { bench in
      kill(try bench.process(), SIGKILL)
      bench.agent.hangUp()
      try eventually("the power is on") { try bench.isOn() }
      let lease = try bench.leases.read("a1")
      try eventually("the revert is noted") {
        try bench.leases.status(of: lease).revert?.cause == .watchdog
      }
    }
  }

  @Test("If the agent is stopped, the watchdog switches the power on at the deadline") func stopped()
    async throws
  {
    try await withoutPower(for: .seconds(3)) { bench in
      let agent = try bench.process()
      try bench.host.stop(agent)
      #expect(try !bench.isOn())
      try eventually("the power is on") { try bench.isOn() }
      kill(agent, SIGKILL)
    }
  }

  @Test("If all processes of Murphy are killed, recover switches the power on") func allDie() async throws {
    try await withoutPower { bench in
      let watchdog = try bench.watchdog()
      kill(watchdog, SIGSTOP)
      kill(try bench.process(), SIGKILL)
      kill(watchdog, SIGKILL)
      try eventually("no process is left") { bench.processes.isEmpty }
      #expect(try !bench.isOn())
    }
  }

  @Test("If the controller's machine boots, recover switches the power on") func controllerBoots()
    async throws
  {
    try await withoutPower { bench in
      let watchdog = try bench.watchdog()
      kill(watchdog, SIGSTOP)
      kill(try bench.process(), SIGKILL)
      kill(watchdog, SIGKILL)
      try eventually("no process is left") { bench.processes.isEmpty }
      var lease = try bench.leases.read("a1")
      lease.boot = "the boot before"
      try bench.leases.remove("a1")
      try bench.leases.write(lease)
      #expect(try !bench.isOn())
    }
  }

  @Test("Power that another program switches on is reported, and the revert at the deadline finds it on")
  func others()
    async throws
  {
    try await withoutPower { bench in
      try bench.bmc.set(on: true)
      guard case .ended("a1", let end) = try bench.agent.notice() else {
        throw NeverHappened("an end is reported")
      }
      #expect(end.cause == .others && end.reason == "falco's BMC shows its power on")
      guard case .reverted(let revert) = try bench.agent.reply(to: .revert(lease: "a1")) else {
        throw NeverHappened("it is reverted")
      }
      #expect(revert.lastObservation?.ended == end)
      bench.agent.hangUp()
    }
  }

  @Test("A policy without the BMC's address refuses the fault, and the refusal names the policy's file")
  func policy() async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try AgentHost.run { host in
        for (text, isListed) in [
          (Self.policy.replacing(#""bmc": ["127.0.0.1"], "#, with: ""), false),
          (Self.policy.replacing("127.0.0.1", with: "10.0.0.9"), true),
        ] {
          try host.write(text, to: Self.place.policy)
          let agent = try host.start([AgentHost.program, "controller", Self.place.leases, Self.place.policy])
          _ = try agent.ask(.hello(run: "run-1"))
          let order = try order(
            "host.power", bmc: Fleet.BMC(ipmi: "127.0.0.1", user: "murphy", passwordFile: "/none"))
          let line = try agent.ask(
            .arm(lease: "a1", order: try order.spec, begins: .zero, duration: .seconds(1)))
          guard case .refusal(_, let refusal) = line else { throw NeverHappened("it is refused: \(line)") }
          let denial = Policy.Denial.resource(.bmc, "127.0.0.1", alias: nil, isListed: isListed)
          #expect(refusal.isOf(denial, by: "/etc/murphy/controller.json"), "\(refusal)")
          agent.hangUp()
        }
      }
    }
  }
}
