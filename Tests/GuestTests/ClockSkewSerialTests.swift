import AgentProtocol
import Faults
import IsolatedHost
import Journal
import Scenario
import Testing

/// `clock.skew` by the real agent. Only a virtual machine has a separate wall clock, so these tests move the guest's. No
/// other test of the guest uses it.
@Suite(.needsGuest, .serialized)
struct ClockSkewSerialTests {
  private static func spec(_ direction: String) throws -> FaultSpec {
    let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "clock.skew", target: .host(.named("falco")),
      duration: .seconds(60), parameters: ["direction": .word(direction), "by": .duration(.seconds(3600))])
    return try Catalogue.order(for: step, on: host, in: Fleet(name: "tdf", hosts: [host])).spec
  }

  /// The wall clock minus the time since boot, in seconds.
  private static func position(_ host: GuestHost) throws -> Double {
    let words = try host.run("read -r up _ < /proc/uptime; echo $up $(date +%s)").split {
      $0.isWhitespace
    }
    return try #require(Double(words[1])) - (try #require(Double(words[0])))
  }

  /// Starts an agent that injects the fault; returns the lease's name. The guest keeps the records of other tests.
  private static func inject(
    _ direction: String, on host: GuestHost
  ) throws -> (agent: AgentSession, lease: String) {
    let lease = "skew_\(UInt32.random(in: 0...UInt32.max))"
    let agent = try host.agent(run: "run-of-\(lease)")
    try agent.ask(.arm(lease: lease, order: try spec(direction), begins: .zero, duration: .seconds(60)))
    _ = try agent.effect(of: try agent.send(.inject(lease: lease)))
    return (agent, lease)
  }

  @Test(
    "The clock is an hour off while the fault is active, and right after it", arguments: ["ahead", "behind"])
  func skew(direction: String) async throws {
    try await withGuestMachine { host in
      let before = try Self.position(host)
      let (agent, lease) = try Self.inject(direction, on: host)
      let offset = try Self.position(host) - before
      #expect(abs(offset - (direction == "ahead" ? 3600 : -3600)) < 2, "\(offset)")
      try host.run("sleep 2")
      guard case .reverted(let revert) = try agent.ask(.revert(lease: lease)) else {
        throw GuestFailed("the agent did not revert the lease")
      }
      #expect(revert.residue == [])
      #expect(abs(try Self.position(host) - before) < 2)
      try agent.end()
    }
  }

  @Test("If another program sets the clock back, the fault's early end is reported, and the clock stays")
  func setBack() async throws {
    try await withGuestMachine { host in
      let before = try Self.position(host)
      let (agent, lease) = try Self.inject("ahead", on: host)
      try host.run("date -s @$(($(date +%s) - 3600)) > /dev/null")
      #expect(try agent.earlyEnd(of: lease).cause == .others)
      try agent.ask(.revert(lease: lease))
      #expect(abs(try Self.position(host) - before) < 2)
      try agent.end()
    }
  }

  @Test("If the agent dies, the watchdog restores the clock")
  func watchdog() async throws {
    try await withGuestMachine { host in
      let before = try Self.position(host)
      let (agent, _) = try Self.inject("behind", on: host)
      try host.run(
        """
        # Agents of other hosts run in other pid namespaces; a watchdog has arguments.
        for pid in $(pidof murphy-agent); do
          [ "$(readlink /proc/$pid/ns/pid)" = "$(readlink /proc/1/ns/pid)" ] || continue
          [ "$(tr '\\0' ' ' < /proc/$pid/cmdline)" = "murphy-agent " ] && kill -9 $pid
        done
        for _ in $(seq 100); do
          read -r up _ < /proc/uptime
          now=$(($(date +%s) - ${up%.*}))
          [ $((now - \(Int(before)))) -gt -60 ] && exit 0
          sleep 0.1
        done
        exit 1
        """)
      #expect(abs(try Self.position(host) - before) < 2)
      agent.kill()
    }
  }

  @Test("A container is refused, since its clock is that of the whole machine")
  func container() async throws {
    try await withGuestHost { host in
      let agent = try host.agent()
      let error = try #require(throws: AgentSessionFailed.self) {
        try agent.ask(
          .arm(lease: "lease", order: try Self.spec("ahead"), begins: .zero, duration: .seconds(60)))
      }
      #expect(error.description.contains("container"), "\(error)")
      #expect(try agent.revert(of: "lease").residue == [])
      try agent.end()
    }
  }
}
