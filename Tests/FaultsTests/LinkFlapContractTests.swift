import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing

@testable import Faults

/// All acts of `link.flap` on real links, with the process of the lease from the built agent.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"), .tags(.namespace))
struct LinkFlapContractTests {
  private static func flap(
    _ down: Nanoseconds = .milliseconds(100), _ up: Nanoseconds = .milliseconds(100)
  ) throws(StepRefused) -> FaultOrder {
    try order("link.flap", with: ["down": .duration(down), "up": .duration(up)])
  }

  @Test("A link goes down and up until the revert, is whole each time it is up, and the other link stays")
  func contract() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      let contract = try Contract(try Self.flap(.milliseconds(100), .milliseconds(400)))
      try contract.prepare()
      #expect(try network.isUp("eth0"))
      try contract.inject()
      for _ in 0..<2 {
        try eventually("it is down") { try !network.isUp("eth0") }
        #expect(try contract.effect() == "a process of this lease sets eth0 down and up")
        #expect(try network.isUp("eth1"))
        try eventually("it is up, with its addresses and routes") {
          try network.differences(from: before) == []
        }
        #expect(try contract.effect() != nil)
      }
      #expect(try contract.residue() != [])
      try contract.revert()
      #expect(try contract.end() == "the process of this lease is gone")
      #expect(try network.differences(from: before) == [])
    }
  }

  @Test("The first effect is the link's first loss") func onset() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try Self.flap(.seconds(600)))
      try contract.prepare()
      try contract.inject()
      try eventually("the loss is seen") { try contract.onset() != nil }
      #expect(try !network.isUp("eth0"))
      try contract.revert()
      #expect(try network.isUp("eth0"))
    }
  }

  @Test(
    "If its process is killed or stopped, the fault has ended, and the revert restores the link",
    arguments: [SIGKILL, SIGSTOP])
  func processLost(signal: Int32) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      let contract = try Contract(try Self.flap(.seconds(600)))
      try contract.prepare()
      try contract.inject()
      try eventually("it is down") { try !network.isUp("eth0") }
      try eventually("it is active") { try contract.end() == nil }
      let child = try #require(contract.instruments.leaseProcesses.values.first)
      try child.signal(signal)
      try eventually("the end is seen") {
        try contract.end()?.hasSuffix(signal == SIGKILL ? "is gone" : "is stopped") == true
      }
      #expect(try !network.isUp("eth0"))
      try contract.revert()
      #expect(try network.differences(from: before) == [])
    }
  }

  @Test(
    "Without its agent, and past its time, the process restores the link by itself", arguments: [true, false])
  func endsByItself(agentDies: Bool) async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      let contract = try Contract(try Self.flap(.seconds(600)))
      try contract.prepare()
      try contract.inject(agentDies ? .seconds(600) : .milliseconds(1))
      try eventually("it is down") { try !network.isUp("eth0") }
      if agentDies { contract.instruments.leaseProcesses.values.first?.closeInput() }
      try eventually("the process is gone") { try contract.end() == "the process of this lease is gone" }
      #expect(try network.differences(from: before) == [])
      #expect(try contract.residue() == [])
      try contract.revert()
    }
  }

  @Test("A lease that ends before its injection leaves no process and the link up")
  func neverInjected() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let before = try network.snapshot()
      let contract = try Contract(try Self.flap())
      try contract.prepare()
      #expect(try contract.residue() != [])
      try contract.revert()
      #expect(try network.differences(from: before) == [])
    }
  }

  @Test("A link that goes away ends the fault") func deletedLink() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let contract = try Contract(try Self.flap())
      try contract.prepare()
      try contract.inject()
      try eventually("it is down") { try !network.isUp("eth0") }
      try network.socket.delete(.name("eth0"))
      try eventually("the end is seen") { try contract.end() != nil }
      try contract.revert()
    }
  }

  @Test("A host whose links another lease has cut is refused") func cutAlready() async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let cut = try Contract(try order("link.drop", target: .link(.named("falco"), network: "external")))
      try cut.prepare()
      try cut.inject()
      let instruments = Instruments()
      let flap = try Self.flap()
      #expect(flap.fault.missing(using: instruments) == [])
      instruments.otherFaults = { [cut.active] }
      #expect(flap.fault.missing(using: instruments).count == 1)
      try cut.revert()
    }
  }

  @Test("The plan shows the link and the times, and shorter times are refused")
  func words() throws {
    let fault = try Self.flap(.seconds(5), .milliseconds(1500)).fault
    #expect(fault.object == "eth0 (5s down, 1500ms up)")
    #expect(fault.footprint == [Resource(.link, "eth0")] && fault.reversal == .restore)
    #expect(fault.traits.cuts(ControlPath(links: ["eth0"], port: 22)))
    for (down, up) in [(99, 500), (500, 99)] as [(Int64, Int64)] {
      let refusal = try #require(throws: StepRefused.self) {
        _ = try Self.flap(.milliseconds(down), .milliseconds(up))
      }
      #expect(refusal.parameters == ["down", "up"])
    }
    #expect(throws: StepRefused.self) { try order("link.flap", target: .host(.named("falco"))) }
  }
}
