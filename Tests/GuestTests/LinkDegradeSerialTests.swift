import AgentProtocol
import Faults
import IsolatedHost
import Journal
import Scenario
import Testing

/// `link.degrade` by the real agent, on a kernel that has netem.
@Suite(.needsGuest)
struct LinkDegradeSerialTests {
  private static func spec(_ parameters: [String: ParameterValue]) throws -> FaultSpec {
    let host = Fleet.Host(name: "falco", ssh: "falco", links: ["net0": "eth0"])
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "link.degrade",
      target: .link(.named("falco"), network: "net0"),
      duration: .seconds(60), parameters: parameters)
    return try Catalogue.order(for: step, on: host, in: Fleet(name: "guest", hosts: [host])).spec
  }

  @Test("Delay, loss and rate are those of the step, and nothing is left after the revert")
  func everything() async throws {
    try await withGuestHost { host in
      try host.run(
        "cable eth0; ip address add 192.0.2.1/24 dev eth0; peer ip address add 192.0.2.2/24 dev eth0")
      let agent = try host.agent()
      try agent.ask(
        .arm(
          lease: "a1",
          order: try Self.spec([
            "rate": .text("10mbit"), "delay": .duration(.milliseconds(40)),
            "jitter": .duration(.milliseconds(5)), "loss": .text("2%"), "duplicate": .text("3%"),
            "reorder": .text("4%"), "corrupt": .text("1%"),
          ]), begins: .zero, duration: .seconds(60)))
      let effect = try agent.effect(of: try agent.send(.inject(lease: "a1")))
      #expect(effect.evidence.contains("netem") && effect.evidence.contains("tbf"), "\(effect.evidence)")
      let shown = try host.run("tc qdisc show dev eth0")
      for part in [
        "qdisc netem 6d", "delay 40ms", "5ms", "loss 2%", "duplicate 3%", "reorder 4%", "corrupt 1%",
        "qdisc tbf 6d", "rate 10Mbit",
      ] { #expect(shown.contains(part), "\(part) in \(shown)") }
      guard case .reverted(let revert) = try agent.ask(.revert(lease: "a1")) else {
        throw GuestFailed("the agent did not revert the lease")
      }
      #expect(revert.residue == [] && revert.lastObservation?.ended == nil)
      let left = try host.run("tc qdisc show dev eth0")
      #expect(!left.contains("netem") && !left.contains("tbf"), "\(left)")
      try agent.end()
    }
  }

  @Test("A delayed link answers later, and a loss of all packets is a loss of all packets")
  func packets() async throws {
    try await withGuestHost { host in
      try host.run(
        "cable eth0; ip address add 192.0.2.1/24 dev eth0; peer ip address add 192.0.2.2/24 dev eth0")
      let agent = try host.agent()
      let ping = "ping -q -c 3 -W 1 192.0.2.2"
      let trials: [(String, [String: ParameterValue])] = [
        ("a1", ["delay": .duration(.milliseconds(50))]), ("a2", ["loss": .text("100%")]),
      ]
      for (lease, parameters) in trials {
        try agent.ask(
          .arm(lease: lease, order: try Self.spec(parameters), begins: .zero, duration: .seconds(60)))
        _ = try agent.effect(of: try agent.send(.inject(lease: lease)))
        if lease == "a1" {
          let shortest = try host.run("\(ping) | sed -n 's,.*= *\\([0-9]*\\)\\..*,\\1,p'")
          #expect(Int(shortest.prefix { $0.isNumber }).map { $0 >= 50 } == true, "\(shortest)")
        } else {
          #expect(try host.run("\(ping) || true").contains(" 0 packets received"))
        }
        try agent.ask(.revert(lease: lease))
        try host.run(ping)
      }
      try agent.end()
    }
  }
}
