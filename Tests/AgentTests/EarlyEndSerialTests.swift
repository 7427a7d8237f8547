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
  private static let carrier = HeldFault(fault: "host.unplug", words: ["mode": "carrier"])
  private static let silent = HeldFault(fault: "host.unplug", words: ["mode": "silent"])
  private static let lock = HeldFault(
    fault: "firewall.lock", words: ["direction": "in", "established": "kept"])

  private static let partition = HeldFault(fault: "partition", words: ["direction": "both"])
  private static let managerCut = HeldFault(fault: "manager.cut", words: [:])
  private static let withoutBMC = HeldFault(fault: "bmc.unreachable", words: [:])

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
        try RouteSocket().setUp(true, .name("eth1"))
      }
    }
  }

  private static let hands = [
    Hand(held: carrier, act: "ip link set eth1 up", shows: "link eth1 is up"),
    Hand(held: silent, act: "nft flush ruleset", shows: "nft table netdev murphy_a1 is gone"),
    Hand(held: silent, act: "nft flush chain netdev murphy_a1 in0", shows: "chain in0 was changed"),
    Hand(held: silent, act: "nft add table netdev murphy_a1 { flags dormant; }", shows: "is dormant"),
    Hand(held: lock, act: "nft flush ruleset", shows: "nft table inet murphy_a1 is gone"),
    Hand(held: lock, act: "nft delete table inet murphy_a1", shows: "nft table inet murphy_a1 is gone"),
    Hand(held: lock, act: "nft flush chain inet murphy_a1 in", shows: "chain in was changed"),
    Hand(held: lock, act: "nft flush set inet murphy_a1 lock", shows: "lacks ipv4, ipv6"),
    Hand(held: lock, act: "nft add table inet murphy_a1 { flags dormant; }", shows: "is dormant"),
    Hand(
      held: partition, act: "nft delete table inet murphy_a1", shows: "nft table inet murphy_a1 is gone"),
    Hand(held: partition, act: "nft flush set inet murphy_a1 cut", shows: "lacks ipv4, ipv6"),
    Hand(held: managerCut, act: "nft flush set inet murphy_a1 cut", shows: "lacks ipv4, ipv6"),
    Hand(held: withoutBMC, act: "nft flush set inet murphy_a1 cut", shows: "lacks ipv4"),
  ]

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
    arguments: [hands[0], hands[4]])
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
