import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults

/// All acts of `link.degrade` on real links. netem is not in every kernel: `LinkDegradeSerialTests` uses the guest's.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct LinkDegradeContractTests {
  private static func degrade(_ texts: [String: String], _ times: [String: Nanoseconds] = [:])
    throws(StepRefused) -> FaultOrder
  {
    try order(
      "link.degrade",
      with: texts.mapValues { .text($0) }.merging(times.mapValues { .duration($0) }) { $1 })
  }

  /// Runs a command line of the machine; returns its exit code.
  @discardableResult
  private static func tool(_ words: [Substring]) throws -> Int32 {
    try ChildProcess.run(
      words.map(String.init), environment: ["PATH": ToolEnvironment.path], errors: .output
    ).end.shellCode
  }

  @Test("A link has the rate of the step until the revert, and frames still pass") func rate() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let cable = try Cable(0, of: network)
      let before = try network.snapshot()
      let contract = try Contract(try Self.degrade(["rate": "5mbit"]))
      try contract.prepare()
      #expect(try network.differences(from: before) == [])
      try contract.inject()
      let evidence = try #require(try contract.effect())
      #expect(evidence.hasPrefix("the kernel lists qdisc tbf 6d") && evidence.hasSuffix(" on eth0"))
      #expect(try contract.onset() == evidence)
      let shown = try run("tc", "qdisc", "show", "dev", "eth0")
      #expect(shown.contains("tbf 6d") && shown.contains("rate 5Mbit burst 16Kb"), "\(shown)")
      for way in Cable.Way.allCases { try cable.expectPasses(way) }
      #expect(try contract.residue().count == 1)
      try contract.revert()
      #expect(try contract.effect() == nil)
      #expect(try network.differences(from: before) == [])
    }
  }

  @Test(
    "A qdisc that another program deletes or changes has ended the fault, and a new one of that program stays",
    arguments: [
      ("tc qdisc delete dev eth0 root", "is gone"),
      ("tc qdisc replace dev eth0 root handle 1: pfifo", "is gone"),
      ("tc qdisc change dev eth0 root handle HANDLE tbf rate 9mbit burst 16kb latency 50ms", "was changed"),
      ("ip link delete eth0", "is gone"),
    ])
  func endedByOthers(command: String, shows: String) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try Self.degrade(["rate": "5mbit"]))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.end() == nil)
      let handle = try #require(try network.socket.qdiscs().values.joined().first { !$0.isDefault }).handle
      let major = "\(String(handle.rawValue >> 16, radix: 16)):"
      #expect(try Self.tool(command.split(separator: " ").map { $0 == "HANDLE" ? major[...] : $0 }) == 0)
      #expect(try contract.end()?.hasSuffix(shows) == true)
      try contract.revert()
      let left = try network.socket.qdiscs().values.joined().filter { !$0.isDefault }
      #expect(left.map(\.kind) == (command.hasSuffix("pfifo") ? ["pfifo"] : []))
    }
  }

  @Test("A link with a qdisc of its own is refused with its name, as is one that is down or absent")
  func refused() async throws {
    try await inNetworkNamespace {
      let fault = try Self.degrade(["rate": "5mbit"]).fault
      let instruments = Instruments()
      #expect(fault.missing(using: instruments).first?.contains("link eth0") == true)
      let network = try HostNetwork()
      #expect(fault.missing(using: instruments) == [])
      for (qdisc, named) in [("root handle 1: htb", "qdisc htb 1:0 parent root"), ("clsact", "qdisc clsact")]
      {
        #expect(try Self.tool("tc qdisc add dev eth0 \(qdisc)".split(separator: " ")) == 0)
        let missing = fault.missing(using: instruments)
        #expect(missing.count == 1 && missing[0].hasPrefix("link eth0 has \(named)"), "\(missing)")
        try run("tc", "qdisc", "delete", "dev", "eth0", qdisc == "clsact" ? "clsact" : "root")
      }
      try network.socket.setUp(false, .name("eth0"))
      #expect(
        fault.missing(using: instruments).map { $0.hasPrefix("link eth0 ") } == [true])
    }
  }

  @Test("A kernel without netem refuses a delay with the module's name")
  func netem() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let hasNetem = try Self.tool("tc qdisc add dev lo root netem delay 1ms".split(separator: " ")) == 0
      let missing = try Self.degrade([:], ["delay": .milliseconds(10)]).fault.missing(using: Instruments())
      #expect(missing.isEmpty == hasNetem, "\(missing)")
      #expect(hasNetem || missing.first?.contains("sch_netem") == true, "\(missing)")
    }
  }

  @Test("A cut that began during the fault doesn't restore its qdisc") func besideACut() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      let degrade = try Contract(try Self.degrade(["rate": "5mbit"]))
      try degrade.prepare()
      try degrade.inject()
      let cut = try Contract(try order("link.drop"), named: "a2", beside: { [degrade.active] })
      try cut.prepare()
      try cut.inject()
      try degrade.revert()
      cut.instruments.otherFaults = { [] }
      try cut.revert()
      #expect(try network.differences(from: before) == [])
    }
  }

  @Test("Only the lease's own qdisc is deleted, also if a later lease has one on the same link")
  func laterLease() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let first = try Contract(try Self.degrade(["rate": "5mbit"]))
      try first.prepare()
      try first.inject()
      try first.revert()
      let qdisc = try Qdisc.tokenBucket(
        bytesPerSecond: 1_000_000, burst: 20_000, queueMicroseconds: 50_000,
        handle: TrafficControlHandle(major: 0x6DFF))
      let link = try network.socket.link(.name("eth0"))
      try network.socket.add(qdisc, to: link.index)
      try first.revert()
      let left = try network.socket.qdiscs(of: link)
      #expect(left.map(\.handle) == [qdisc.handle] && left.map(\.settings) == [qdisc.settings])
    }
  }

  @Test("The plan shows what is degraded") func words() throws {
    let fault = try Self.degrade(
      ["rate": "10mbit", "loss": "0.5%", "corrupt": "1%"], ["delay": .milliseconds(100)]
    ).fault
    #expect(fault.object == "eth0 (rate 10000kbit, delay 100ms, loss 0.5%, corrupt 1.0%)")
    #expect(fault.footprint == [Resource(.link, "eth0")])
    let path = ControlPath(links: ["eth0"], port: 22)
    #expect(!fault.traits.cuts(path))
    #expect(try Self.degrade(["loss": "20%"]).fault.traits.cuts(path))
    #expect(try Self.degrade(["rate": "64kbit"]).fault.traits.cuts(path))
  }

  @Test(
    "A value that makes no sense is refused with the names of the parameters",
    arguments: [
      ([:], [:], ["rate", "delay", "loss", "duplicate", "corrupt"]), (["rate": "10"], [:], ["rate"]),
      (["rate": "11gbit"], [:], ["rate"]), (["rate": "4kbit"], [:], ["rate"]),
      (["rate": "99999999999999999999gbit"], [:], ["rate"]),
      (["loss": "101%"], [:], ["loss"]), (["loss": "nan%"], [:], ["loss"]),
      (["corrupt": "1"], [:], ["corrupt"]), (["duplicate": "0%"], [:], ["duplicate"]),
      (["reorder": "1%"], [:], ["reorder", "jitter"]),
      ([:], ["jitter": .seconds(1)], ["reorder", "jitter"]),
      ([:], ["delay": .seconds(1), "jitter": .seconds(2)], ["jitter"]),
      ([:], ["delay": .seconds(61)], ["delay"]),
    ] as [([String: String], [String: Nanoseconds], [String])])
  func steps(texts: [String: String], times: [String: Nanoseconds], refused: [String]) throws {
    let refusal = try #require(throws: StepRefused.self) { _ = try Self.degrade(texts, times) }
    #expect(refusal.parameters == refused, "\(refusal)")
  }
}
