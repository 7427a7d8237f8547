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

/// All acts of `host.power`, by ipmitool and OpenIPMI's simulator of a BMC.
@Suite(
  .serialized,
  .enabled(if: getuid() == 0 && TestTools.have(SimulatedBMC.programs), "needs root, ipmi_sim and ipmitool"),
  .tags(.namespace))
struct HostPowerContractSerialTests {
  /// Runs a body with a BMC in its own network namespace.
  private func withBMC(_ body: @escaping @Sendable (SimulatedBMC, _ folder: String) throws -> Void)
    async throws
  {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try SimulatedBMC(in: folder)
        defer { bmc.stop() }
        try body(bmc, folder)
      }
    }
  }

  private static func power(
    _ mode: String, _ bmc: SimulatedBMC, user: String = SimulatedBMC.user, passwordFile: String? = nil
  ) throws -> FaultOrder {
    try order(
      "host.power", ["mode": mode],
      bmc: Fleet.BMC(ipmi: bmc.address, user: user, passwordFile: passwordFile ?? bmc.passwordFile))
  }

  @Test("The power is off until the revert switches it on") func off() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc))
      try contract.prepare()
      #expect(try bmc.isOn && bmc.acts.isEmpty)
      try contract.inject()
      try eventually("the power is off") { try contract.effect() == "falco's BMC shows its power off" }
      #expect(try contract.onset() == contract.effect())
      #expect(try !bmc.isOn)
      #expect(try contract.residue() == ["falco's BMC 127.0.0.1 shows its power off"])
      try contract.revert()
      #expect(try bmc.isOn)
      // The fault is reverted twice, and the power is switched on once.
      #expect(try bmc.acts == ["power 0", "power 1"])
      #expect(try contract.end() == "falco's BMC shows its power on")
    }
  }

  @Test("A BMC that accepts a command and does nothing gives no effect") func accepted() async throws {
    try await withBMC { bmc, _ in
      try bmc.set(idle: true)
      let contract = try Contract(try Self.power("off", bmc))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.effect() == nil)
      try contract.revert()
      #expect(try bmc.isOn && bmc.acts.isEmpty)
    }
  }

  @Test("A cycle and a reset are requested once, and end with the power on", arguments: ["cycle", "reset"])
  func bootsAnew(mode: String) async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power(mode, bmc))
      #expect(contract.order.fault.confirmation == .byBoot(of: "falco"))
      try contract.inject()
      try eventually("it is carried out") { try !bmc.acts.isEmpty }
      try eventually("the power is on") { try bmc.isOn }
      try contract.revert()
      #expect(try bmc.acts.filter { $0 == "reset 1" }.count <= 1)
      #expect(try bmc.isOn)
    }
  }

  @Test("Pressing the host's power button ends the fault") func hand() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc))
      try contract.inject()
      try eventually("the power is off") { try contract.end() == nil }
      try bmc.set(on: true)
      #expect(try contract.end() == "falco's BMC shows its power on")
      try contract.revert()
      #expect(try bmc.acts == ["power 0"])
    }
  }

  @Test("A host that lost its power before the injection is not switched off") func offBefore() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc))
      try bmc.set(on: false)
      #expect(throws: PowerAlreadyOff.self) { try contract.inject() }
      #expect(try bmc.acts.isEmpty)
    }
  }

  @Test("A revert fails as long as the BMC is silent") func silentRevert() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc))
      try contract.inject()
      bmc.stop()
      #expect(throws: BMCFailure.self) { try contract.revert() }
      try bmc.start()
      try contract.revert()
      #expect(try bmc.isOn)
    }
  }

  @Test("A fault that can't work is refused with the BMC's answer") func refusals() async throws {
    try await withBMC { bmc, folder in
      func missing(_ user: String = SimulatedBMC.user, _ passwordFile: String? = nil) throws -> String {
        let order = try Self.power("off", bmc, user: user, passwordFile: passwordFile)
        let lines = order.fault.missing(using: Instruments())
        #expect(lines.count == 1)
        return lines.first ?? ""
      }
      let wrong = "\(folder)/wrong"
      try DurableFile.write(Array("wrong".utf8), to: wrong)
      let refused = try missing(SimulatedBMC.user, wrong)
      #expect(refused.hasPrefix("BMC 127.0.0.1: ipmitool raw 0 1 ended with") && !refused.contains("hunter"))
      #expect(refused.contains("RAKP 2 HMAC is invalid"))
      #expect(try missing("other").contains("unauthorized name"))
      #expect(try missing("other").hasPrefix("BMC 127.0.0.1: ipmitool raw 0 1 ended with"))
      #expect(try missing(SimulatedBMC.user, "\(folder)/none").contains("\(folder)/none"))
      try bmc.set(on: false)
      #expect(try missing() == "falco has no power according to its BMC 127.0.0.1: no power could be cut")
      bmc.stop()
      #expect(try missing().hasPrefix("BMC 127.0.0.1: "))
      #expect(try bmc.acts.isEmpty)
    }
  }
}
