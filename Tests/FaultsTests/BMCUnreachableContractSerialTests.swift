import Glibc
import HostTesting
import IsolatedHost
import NamespaceTesting
import Netlink
import Scenario
import Testing
import ToolTesting

@testable import Faults
@testable import Linux
@testable import Nftables

/// All acts of `bmc.unreachable`, with ipmitool on a host and OpenIPMI's simulator of a BMC at the end of its cable.
@Suite(
  .enabled(if: getuid() == 0 && TestTools.have(SimulatedBMC.programs), "needs root, ipmi_sim and ipmitool"),
  .tags(.namespace))
struct BMCUnreachableContractSerialTests {
  /// Runs a body on a host with a cable to a BMC at 10.0.0.2.
  private func withBMC(_ body: @escaping @Sendable (SimulatedBMC) throws -> Void) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let neighbour = try Neighbour()
      try withTemporaryFolder { folder in
        let bmc = try neighbour.bmc(in: folder)
        defer { bmc.stop() }
        try body(bmc)
      }
    }
  }

  /// A fencing attempt of the host: ipmitool's exit, after one request and without repetition.
  private func fences(_ bmc: SimulatedBMC) throws -> Bool {
    try ChildProcess.run([
      "ipmitool", "-I", "lanplus", "-C", "3", "-N", "1", "-R", "1", "-H", bmc.address, "-U",
      SimulatedBMC.user, "-f", bmc.passwordFile, "raw", "0", "2", "0",
    ]).end.isSuccess
  }

  @Test("No session with the BMC succeeds, so its host keeps its power, until the revert") func contract()
    async throws
  {
    try await withBMC { bmc in
      let contract = try Contract(try order("bmc.unreachable"))
      try contract.prepare()
      #expect(
        try BMC(Fleet.BMC(ipmi: bmc.address, user: SimulatedBMC.user, passwordFile: bmc.passwordFile)).isOn())
      try contract.inject()
      #expect(try contract.effect() == "the kernel drops what comes from falco's BMC (10.0.0.2)")
      #expect(try contract.onset() == contract.effect())
      #expect(try contract.residue() == ["nft table inet murphy_a1 is still there"])
      #expect(try !fences(bmc))
      #expect(try bmc.acts.isEmpty && bmc.isOn)
      try contract.revert()
      #expect(try contract.ruleset() == [])
      #expect(try fences(bmc))
      #expect(try bmc.acts == ["power 0"])
    }
  }

  @Test("The kernel ends it when its set elements expire") func expires() async throws {
    try await withBMC { bmc in
      let contract = try Contract(try order("bmc.unreachable"))
      try contract.prepare()
      try contract.inject(.milliseconds(100))
      try eventually("it has passed") { try contract.effect() == nil }
      #expect(try fences(bmc))
      try contract.revert()
    }
  }

  @Test(
    "Any change by another program to the table ends it",
    arguments: EffectTests.Hand.onTable("inet murphy_a1", chain: "in", set: "cut", lacks: "ipv4"))
  func hands(hand: EffectTests.Hand) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let contract = try Contract(try order("bmc.unreachable"))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.end() == nil)
      let nft = try contract.instruments.nftables()
      if hand.act.contains("jump") { try nft.run("add chain inet murphy_a1 elsewhere") }
      try nft.run(hand.act)
      let end = try #require(try contract.end(), "\(hand) was not seen")
      #expect(end.contains(hand.shows), "\(end)")
      try contract.revert()
    }
  }

  @Test("A host without a route to the BMC is refused, since it has nothing to lose") func noRoute()
    async throws
  {
    try await inNetworkNamespace {
      let missing = try order("bmc.unreachable").fault.missing(using: Instruments())
      #expect(missing.count == 1)
      #expect(
        missing.first?.contains("falco's BMC (10.0.0.2)") == true, "\(missing)")
    }
  }

  @Test("Every other host loses the BMC, and none of them is taken") func assignments() throws {
    var hosts = ["a", "b", "c"].map { Fleet.Host(name: $0, ssh: $0, links: [:]) }
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "bmc.unreachable", target: .host(.named("b")),
      duration: .seconds(60))
    func assigned() throws(StepRefused) -> [Assignment] {
      try Catalogue.builtIn.assignments(for: step, on: hosts[1], in: Fleet(name: "tdf", hosts: hosts))
    }
    #expect(
      try #require(throws: StepRefused.self) { _ = try assigned() }.reason == hosts[1].needsBMC)
    hosts[1].bmc = .init(ipmi: "bmc-b.example.org", user: "murphy", passwordFile: "/etc/murphy/bmc")
    #expect(
      try #require(throws: StepRefused.self) { _ = try assigned() }.reason.contains("'bmc-b.example.org'"))
    func redfish(_ address: String?) -> Fleet.BMC {
      let service = Fleet.Redfish("https://bmc-b.example.org:8443", address: address)
      return Fleet.BMC(.redfish(service), user: "murphy", passwordFile: "/etc/murphy/bmc")
    }
    hosts[1].bmc = redfish(nil)
    #expect(
      try #require(throws: StepRefused.self) { _ = try assigned() }.reason.contains("'bmc-b.example.org'"))
    hosts[1].bmc = redfish("10.0.3.9")
    #expect(try assigned().allSatisfy { $0.traits.object == "what comes from b's BMC (10.0.3.9)" })
    hosts[1].bmc = .init(ipmi: "10.0.3.2", user: "murphy", passwordFile: "/etc/murphy/bmc")
    let cut = try assigned()
    #expect(cut.map(\.site) == [.host("a"), .host("c")])
    #expect(cut.allSatisfy { $0.takes == [] && $0.traits.object == "what comes from b's BMC (10.0.3.2)" })
    #expect(cut.allSatisfy { $0.traits.footprint == [] && $0.traits.pathLoss == .never })
    hosts = [hosts[1]]
    let alone = try #require(throws: StepRefused.self) {
      _ = try Catalogue.builtIn.assignments(for: step, on: hosts[0], in: Fleet(name: "tdf", hosts: hosts))
    }
    #expect(alone.parameters == [] && alone.reason.contains("b's BMC"))
  }
}
