import Faults
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Netlink
import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol
@testable import Nftables

/// Faults that another program ends before their lease ends. The agent reports the end when it happens, and again with
/// the revert.
@Suite(
  .serialized, .enabled(if: AgentHost.isPossible, "needs root, and unshare, nsenter and tini"),
  .tags(.namespace), .timeLimit(.minutes(5)))
struct EarlyEndSerialTests {
  /// An act of another program on a fault, and the expected observation.
  struct Hand: Sendable, CustomStringConvertible {
    var held: HeldFault
    var act: String
    var shows: String
    var description: String { "\(held): \(act)" }

    func perform() throws {
      if act.hasPrefix("nft ") {
        try NftablesContext().run(String(act.dropFirst(4)))
      } else {
        let words = act.split(separator: " ").map(String.init)
        #expect(try ChildProcess.run(words, environment: ["PATH": ToolEnvironment.path]).end.isSuccess)
      }
    }
  }

  /// The acts of other programs that end a fault, each with the expected observation.
  private static func acts(on held: HeldFault) -> KeyValuePairs<String, String> {
    switch (held.fault, held.observed) {
    case ("host.unplug", .inNamespace(.linksDown)): ["ip link set eth1 up": "link eth1 is up"]
    case ("host.unplug", _):
      [
        "nft flush ruleset": "nft table netdev murphy_a1 is gone",
        "nft flush chain netdev murphy_a1 in0": "chain in0 was changed",
        "nft add table netdev murphy_a1 { flags dormant; }": "is dormant",
      ]
    case ("link.drop", .inNamespace(.linksDown)): ["ip link set eth0 up": "link eth0 is up"]
    case ("link.drop", _): ["nft flush ruleset": "nft table netdev murphy_a1 is gone"]
    case ("link.degrade", _): ["tc qdisc delete dev eth0 root": "is gone"]
    case ("firewall.lock", _):
      [
        "nft flush ruleset": "nft table inet murphy_a1 is gone",
        "nft delete table inet murphy_a1": "nft table inet murphy_a1 is gone",
        "nft flush chain inet murphy_a1 in": "chain in was changed",
        "nft flush set inet murphy_a1 lock": "lacks ipv4, ipv6",
        "nft add table inet murphy_a1 { flags dormant; }": "is dormant",
      ]
    case ("partition", _):
      [
        "nft delete table inet murphy_a1": "nft table inet murphy_a1 is gone",
        "nft flush set inet murphy_a1 cut": "lacks ipv4, ipv6",
      ]
    case ("manager.cut", _): ["nft flush set inet murphy_a1 cut": "lacks ipv4, ipv6"]
    case ("bmc.unreachable", _): ["nft flush set inet murphy_a1 cut": "lacks ipv4"]
    // `EarlyEndTests` names it.
    default: [:]
    }
  }

  static let hands = HeldFault.all.flatMap { held in
    acts(on: held).map { Hand(held: held, act: $0, shows: $1) }
  }

  private func expect(_ end: EarlyEnd, of hand: Hand, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    #expect(end.cause == .others && end.reason.contains(hand.shows), sourceLocation: sourceLocation)
    #expect(try #require(end.lastActive) <= end.firstEnded, sourceLocation: sourceLocation)
    #expect(end.boot == (try Clock.bootIdentity()), sourceLocation: sourceLocation)
  }

  @Test("A fault that another program ends is reported at once, and again with its revert", arguments: hands)
  func observed(hand: Hand) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(hand.held) { rehearsal in
        try rehearsal.expectHolds()
        try hand.perform()
        let notice = try rehearsal.agent.notice()
        guard case .ended("a1", let end) = notice else {
          throw NeverHappened("an end is reported: \(notice)")
        }
        try expect(end, of: hand)
        // For a controller that reconnects, and for the process that reverts the fault.
        try eventually("it is noted") { try rehearsal.status().ended == end }
        guard case .leases(let statuses, true) = try rehearsal.agent.reply(to: .leases) else {
          throw NeverHappened("leases are reported")
        }
        #expect(statuses.map(\.ended) == [end])
        let reply = try rehearsal.agent.reply(to: .revert(lease: "a1"))
        guard case .reverted(let revert) = reply else { throw NeverHappened("it is reverted: \(reply)") }
        #expect(revert.lastObservation?.ended == end)
        rehearsal.agent.hangUp()
      }
    }
  }

  /// A stopped agent observes nothing, and its watchdog observes the effect before the undo.
  @Test(
    "The last observation before the undo detects an end that was not observed before",
    arguments: hands.filter { $0.act == "ip link set eth1 up" || $0.act == "nft delete table inet murphy_a1" }
  )
  func lastObservation(hand: Hand) async throws {
    try await inNetworkNamespace {
      try Rehearsal.run(hand.held) { rehearsal in
        let process = try rehearsal.host.process(of: rehearsal.agent)
        try rehearsal.host.stop(process)
        try hand.perform()
        kill(process, SIGKILL)
        let revert = try rehearsal.revert()
        #expect(revert.cause == .watchdog)
        let end = try #require(revert.lastObservation?.ended)
        try expect(end, of: hand)
        #expect(end.lastActive == (try rehearsal.status().effect?.at))
      }
    }
  }

  /// A deleted link is not restored, so this test doesn't check the host with a rehearsal's end.
  @Test(
    "The deletion of a cut link ends the fault", arguments: ["carrier", "silent"], ["delete", "move"])
  func linkTakenAway(mode: String, act: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      try AgentHost.run { host in
        let agent = try host.agent()
        _ = try agent.reply(
          to: .arm(
            lease: "a1", order: try order("host.unplug", ["mode": mode]).spec, begins: .zero,
            duration: .seconds(600)))
        _ = try agent.reply(to: .inject(lease: "a1"))
        if act == "delete" {
          try network.socket.delete(.name("eth1"))
        } else {
          try NeighbourNamespace().take("eth1")
        }
        let notice = try agent.notice()
        guard case .ended("a1", let end) = notice else {
          throw NeverHappened("an end is reported: \(notice)")
        }
        #expect(end.cause == .others && end.reason == "link eth1 is gone")
        _ = try agent.reply(to: .revert(lease: "a1"))
        #expect(try network.isUp("eth0"))
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }

  @Test("Each of many leases is observed, and the end of one doesn't end another")
  func manyLeases() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let nft = try NftablesContext()
      try AgentHost.run { host in
        let agent = try host.agent()
        let names = (1...64).map { "a\($0)" }
        for name in names {
          _ = try agent.reply(
            to: .arm(
              lease: name, order: try order("firewall.lock").spec, begins: .zero, duration: .seconds(600)))
          _ = try agent.reply(to: .inject(lease: name))
        }
        for name in ["a7", "a64"] {
          try nft.delete(Table.ID(.inet, try NftablesName("murphy_\(name)")))
          let notice = try agent.notice()
          guard case .ended(name, _) = notice else {
            throw NeverHappened("\(name)'s end is reported: \(notice)")
          }
        }
        try nft.run("flush ruleset")
        var ended: Set<String> = []
        for _ in 0..<62 {
          let notice = try agent.notice()
          guard case .ended(let name, _) = notice else {
            throw NeverHappened("an end is reported: \(notice)")
          }
          ended.insert(name)
        }
        #expect(ended == Set(names).subtracting(["a7", "a64"]))
        agent.hangUp()
        #expect(try agent.exitCode() == 0)
      }
    }
  }
}
